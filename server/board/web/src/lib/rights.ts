/** What may be handed out, and which duties exclude each other (三员分立). Pure; the server decides again. */
import type { Grant, GrantAsked, Permission, Role, ScopeCode } from '@/api/admin'
import { scopeName } from './labels'

export const SCOPES: readonly ScopeCode[] = ['own', 'division', 'court', 'below']
const rank = (scope: ScopeCode | null | undefined): number => (scope ? SCOPES.indexOf(scope) : -1)
export const within = (scope: ScopeCode, most: ScopeCode | null | undefined): boolean => rank(scope) <= rank(most)

/** Of these four, `system`, `security` and `audit` exclude each other and `case`. */
const EXCLUSIVE = ['system', 'security', 'audit', 'case'] as const

export type Codes = ReadonlyMap<string, Permission>
export const byCode = (list: readonly Permission[]): Codes => new Map(list.map((one) => [one.code, one]))

/** Two duties of these codes that nobody may hold together, by name; null when they go together. */
export function conflictOf(codes: Iterable<string>, known: Codes): [string, string] | null {
  const held = new Map<string, string>()
  for (const code of codes) {
    const one = known.get(code)
    if (one) held.set(one.duty, one.duty_label)
  }
  const found = EXCLUSIVE.filter((duty) => held.has(duty))
  const [first, second] = found
  return first && second && first !== 'case' ? [held.get(first) ?? first, held.get(second) ?? second] : null
}

export const conflictText = (pair: [string, string] | null): string =>
  pair ? `“${pair[0]}”与“${pair[1]}”的权限不能由同一人持有（三员分立）` : ''

const some = (labels: string[]): string => (labels.length > 2 ? `${labels.slice(0, 2).join('、')}等 ${labels.length} 项` : labels.join('、'))

/** Why this role cannot be handed out at this scope; empty when it can. */
export function whyNot(role: Role, scope: ScopeCode | null, known: Codes): string {
  const wanted = scope ?? role.scope
  const mine = role.permissions.filter((code) => known.get(code)?.duty !== 'common')
  const lacking = mine.filter((code) => !known.get(code)?.may_grant)
  if (lacking.length) return `您不能授予其中的：${some(lacking.map((code) => known.get(code)?.label ?? code))}`
  const narrow = mine.filter((code) => !within(wanted, known.get(code)?.up_to))
  const most = narrow.length ? known.get(narrow[0] ?? '')?.up_to : null
  return narrow.length ? `范围超出您的权限：最多到“${scopeName(most ?? 'own')}”` : ''
}

/** The widest scope this role may be handed out with; null when it may not be at all. */
export function widest(role: Role, known: Codes): ScopeCode | null {
  return [...SCOPES].reverse().find((scope) => !whyNot(role, scope, known)) ?? null
}

/** Codes of all these roles together. */
export function codesOf(grants: readonly { role: string }[], roles: readonly Role[]): Set<string> {
  const held = new Map(roles.map((role) => [role.id, role]))
  return new Set(grants.flatMap((grant) => held.get(grant.role)?.permissions ?? []))
}

/** What is sent of a grant: nothing that was left empty. */
export function asked(grants: readonly Grant[]): GrantAsked[] {
  return grants.map(({ role, scope, until_on }) => ({ role, ...(scope ? { scope } : {}), ...(until_on ? { until_on } : {}) }))
}

/** Permissions in the order of the catalogue, by menu. */
export function byMenu(list: readonly Permission[]): { group: string; duty: string; items: Permission[] }[] {
  const menus = new Map<string, { group: string; duty: string; items: Permission[] }>()
  for (const one of list) {
    const key = `${one.duty}/${one.group}`
    const menu = menus.get(key) ?? { group: one.group, duty: one.duty_label, items: [] }
    menu.items.push(one)
    menus.set(key, menu)
  }
  return [...menus.values()]
}

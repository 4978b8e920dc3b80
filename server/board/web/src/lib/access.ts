/** Which pages a person is offered. Pure: the router and the menu ask the same question. */
export type Can = (code: string) => boolean
interface Offered { name?: unknown; meta?: { menu?: boolean | undefined; needs?: string | undefined } | undefined }

export const mayOpen = (meta: Offered['meta'], can: Can): boolean => !meta?.needs || can(meta.needs)

export const offered = <P extends Offered>(pages: readonly P[], can: Can): P[] =>
  pages.filter((page) => page.meta?.menu && mayOpen(page.meta, can))

/** The page a duty is done on, the duty that says most about a person first. */
const DUTIES: readonly [string, string][] = [
  ['dispatch.plan', 'day'], ['overview.view', 'overview'], ['dispatch.view', 'day'], ['tasks.view', 'tasks'],
  ['audit.view', 'audit'], ['alerts.view', 'alerts'], ['courts.edit', 'courts'],
]

/** Where somebody lands after signing in; null when no page of the board is theirs. */
export function landing<P extends Offered>(pages: readonly P[], can: Can): P | null {
  const mine = offered(pages, can)
  for (const [code, name] of DUTIES) {
    const page = can(code) ? mine.find((one) => one.name === name) : undefined
    if (page) return page
  }
  return mine[0] ?? null
}

/** What the rules know of a recipient, as the server describes it; words and changes. Pure. */
import type { Described, Fact } from '@/api/service'

export interface Consent { form: string; covers: string[]; withdrawn: boolean }
export type FactValue = string | boolean | Consent

export const consentOf = (value: unknown): Consent => {
  const { form, covers, withdrawn } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Consent>
  return { form: form ?? '', covers: [...(covers ?? [])], withdrawn: withdrawn === true }
}
export const valueOf = ({ choices, value }: Fact): FactValue => {
  if (typeof value === 'object') return consentOf(value)
  return choices.length ? String(value ?? '') : value === true
}
const same = (a: FactValue, b: FactValue): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Only what a person changed goes on record. */
export function changesOf(facts: readonly Fact[], draft: Readonly<Record<string, FactValue>>): Record<string, FactValue> {
  return Object.fromEntries(facts.flatMap((fact) => {
    const value = draft[fact.code]
    return value === undefined || same(value, valueOf(fact)) ? [] : [[fact.code, value]]
  }))
}

function wordOf(fact: Fact): string {
  const value = valueOf(fact)
  if (typeof value === 'boolean') return value ? fact.label : ''
  const code = typeof value === 'string' ? value : value.form
  if (!code) return ''
  const word = fact.choices.find((one) => one.code === code)?.label ?? code
  return `${fact.label}：${word}${typeof value === 'object' && value.withdrawn ? '（已撤回）' : ''}`
}

/** What is known, as short words: on record first, then what attempts made true. */
export function factWords({ facts, derived }: Pick<Described, 'facts' | 'derived'>): string[] {
  return [...facts.map(wordOf), ...derived.map((one) => (one.value ? one.label : ''))].filter(Boolean)
}

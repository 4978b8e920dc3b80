/** What a set of rules differs in from the national one, and which of its faults belongs to which field. Pure. */
import type { RuleDefaults, Threshold } from '@/api/rules'

export const rangeText = ({ at_least, at_most, unit }: Pick<Threshold, 'at_least' | 'at_most' | 'unit'>): string => {
  if (at_least !== null && at_most !== null) return `${at_least}–${at_most} ${unit}`
  if (at_least !== null) return `不少于 ${at_least} ${unit}`
  if (at_most !== null) return `不多于 ${at_most} ${unit}`
  return '不限'
}

/** Only what differs: a set holds nothing else. */
export function differing<V>(chosen: Readonly<Record<string, V>>, defaults: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(chosen).filter(([code, value]) => value !== defaults[code]))
}

/** The server's sentences begin with the label of what they refuse; what names no field stays for the whole set. */
export function faultsByField(faults: readonly string[], { thresholds, disputed }: Pick<RuleDefaults, 'thresholds' | 'disputed'>): { fields: Record<string, string>; rest: string[] } {
  const named = [...thresholds.map(({ code, label }) => ({ code, label })), ...disputed.map(({ code, question }) => ({ code, label: question }))]
    .sort((a, b) => b.label.length - a.label.length)
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const fault of faults) {
    const field = named.find(({ label }) => fault.startsWith(label))
    if (field) fields[field.code] = fault
    else rest.push(fault)
  }
  return { fields, rest }
}

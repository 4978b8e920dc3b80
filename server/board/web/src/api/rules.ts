/** Rules of service of the court: thresholds and readings, drafted by one and approved by another. */
import { send } from './client'

export interface Threshold { code: string; label: string; unit: string; default: number; source: string; at_least: number | null; at_most: number | null; binding: boolean }
export interface Reading { code: string; text: string; source: string }
export interface Disputed { code: string; question: string; default: string; readings: Reading[] }
export interface RuleDefaults { version: string; thresholds: Threshold[]; disputed: Disputed[] }
export interface RuleSet {
  id: string
  version: string
  dated: string
  note: string | null
  thresholds: Record<string, number>
  readings: Record<string, string>
  state: 'draft' | 'approved' | 'dropped'
  in_force: boolean
  drafted_by_name: string
  drafted_at: string
  approved_by_name: string | null
  approved_at: string | null
  edits: number
  faults: string[]
}
export interface RulesAsked { dated: string; thresholds: Record<string, number>; readings: Record<string, string>; note: string }

const BASE = '/api/board/rule-sets'
const one = (id: string, rest = '') => `${BASE}/${encodeURIComponent(id)}${rest}`
export const rules = {
  list: () => send<{ items: RuleSet[] }>('GET', BASE).then((list) => list.items),
  defaults: () => send<RuleDefaults>('GET', `${BASE}/defaults`),
  draft: (body: RulesAsked) => send<RuleSet>('POST', BASE, { body }),
  change: (id: string, body: RulesAsked & { edits: number }) => send<RuleSet>('PUT', one(id), { body }),
  approve: (id: string, edits: number) => send<RuleSet>('POST', one(id, '/approve'), { body: { edits } }),
  drop: (id: string, edits: number) => send<RuleSet>('POST', one(id, '/drop'), { body: { edits } }),
}

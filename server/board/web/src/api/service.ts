/**
 * Service of one task: attempts, effects, things to do, tracking. Times are ISO 8601 with offset; `…_on` are days of the
 * court (Asia/Shanghai).
 */
import { fetchFile, formOf, send } from './client'
import type { Paged } from './types'

export interface Tried { id: string; channel: string; state: string; opened_at: string; closed_at: string | null; outcome: string | null; text: string | null }
/** One service of a document: as decided where somebody decided, as proposed otherwise. */
export interface Cell {
  effect_id: string
  task_id: string
  recipient_id: string
  state: string
  status: string
  served: boolean
  served_on: string | null
  ends_on: string | null
  article: string | null
  confirm_by: string[]
  again_reason: string | null
  live: boolean
  attempts: Tried[]
}
export interface MatrixRow { party_id: string; name: string; cells: { document: string; items: Cell[] }[] }
export interface Matrix { documents: string[]; rows: MatrixRow[] }

export interface Verdict { channel: string; label: string; verdict: 'allowed' | 'needs_confirmation' | 'barred'; text: string; article: string; document: string }
export interface Choice { code: string; label: string }
export interface Fact { code: string; label: string; choices: Choice[]; value: unknown; recorded: boolean }
export interface Described { facts: Fact[]; derived: { code: string; label: string; value: unknown }[]; document_classes: Choice[] }
export interface Channels { items: Verdict[]; rule_version: string }

export interface Exhibit { id: string; attempt_id: string; kind: string; label: string; filename: string | null; media_type: string; size: number; sha256: string; received_at: string; by_name: string }
export interface Wanting { code: string; text: string; article: string }
export interface AttemptRow {
  id: string
  recipient_id: string
  channel: string
  rule: string
  state: string
  opened_at: string
  closed_at: string | null
  outcome: string | null
  outcome_label: string | null
  visit_id: string | null
}
export interface AttemptDetail extends Omit<AttemptRow, 'visit_id'> {
  task_id: string
  reason: string | null
  lawful: { verdict: string; article: string; text: string; confirmed: boolean } | null
  contact_point_id: string | null
  opened_by_name: string | null
  closed_by_name: string | null
  happened_at: string | null
  text: string | null
  record: Record<string, unknown>
  /** What may be entered for this way. */
  results: { code: string; label: string }[]
  exhibits: Exhibit[]
  missing: Wanting[]
  version: number
}
export interface OpenAsked { channel: string; reason: string; contact_point_id?: string; confirmed?: boolean }
export interface SplitAsked { name?: string; kind?: string; standing?: string; address?: string; address_basis?: string; documents?: string[]; reason: string }
export interface CloseAsked { result: string; happened_at: string; record: Record<string, unknown>; note?: string }

export interface EffectRow {
  id: string
  case_number: string
  task_id: string
  recipient_id: string
  recipient_name: string
  document: string
  state: string
  status: string
  served_on: string | null
  ends_on: string | null
  article: string | null
  text: string | null
  confidence: string | null
  confirm_by: string[]
  rule_version: string | null
  judged_at: string | null
  live: boolean
  version: number
}
export interface Finding { attempt_id: string; channel: string; state: string; text: string; article: string; served_on: string | null; flags: string[] }
export interface DecisionRow { id: string; at: string; by_name: string; acting_as: string; what: string; reason: string | null; state: string; served_on: string | null; article: string | null; rule_version: string }
export interface EffectDetail extends EffectRow {
  working: string[]
  missing: Wanting[]
  proposals: string[]
  alternatives: Record<string, unknown>[]
  findings: Finding[]
  statistics_on: string | null
  provisional: boolean | null
  rebuttable: boolean | null
  decisions: DecisionRow[]
}

/** One way of service with the law's word on it; an empty channel: people must find a way on. */
export interface Way { channel: string; label: string; verdict: string; article: string; text: string }
export interface Todo {
  id: string
  version: number
  kind: string
  kind_label: string
  task_id: string
  recipient_id: string | null
  recipient_name: string | null
  attempt_id: string | null
  effect_id: string | null
  case_number: string
  meant_for: string
  text: string
  rule: string
  article: string | null
  proposal: (Way & { others: Way[] }) | null
  opened_at: string
  due_at: string
  overdue: boolean
  state: string
  taken_by: string | null
  taken_by_name: string | null
  result: string | null
  closed_at: string | null
  closed_by_name: string | null
}
export interface LedgerLine { what: string; label: string; state: string; state_label: string; text: string; tries: string[]; evidence: string[] }
export interface Ledger { lines: LedgerLine[]; complete: boolean; unlocked: boolean; article: string; text: string; approval: { by_name: string; at: string; reason: string; article: string } | null }
export interface Clock { code: string; label: string; state: string; due_on: string; due_at: string | null; text: string; article: string; recipient_id: string | null; recipient_name: string | null }
/** How things stood after one step; `recipients`: id → state. */
export interface Frame { step_id: string; at: string; by_name: string; what: string; text: string; recipient_id: string | null; task_state: string; recipients: Record<string, string> }

export interface TrackedRecipient {
  task_id: string
  recipient_id: string
  case_id: string
  case_number: string
  cause: string | null
  due_on: string
  task_state: string
  name: string
  kind: string
  state: string
  served: boolean
  served_at: string | null
  channel: string | null
  /** The last step about this one. */
  node: string | null
  node_at: string | null
  documents: number
  documents_served: number
  attempts: Tried[]
}
export interface TrackedCase {
  case_id: string
  case_number: string
  cause: string | null
  due_on: string
  tasks: number
  served: number
  withdrawn: number
  attempts: number
  node: string | null
  node_at: string | null
  recipients: TrackedRecipient[]
}
interface TrackingAsked { q?: string; state?: string; page?: number }

const at = (...parts: string[]): string => parts.map(encodeURIComponent).join('/')
const BOARD = '/api/board'
const items = <T>(list: { items: T[] }): T[] => list.items
const task = (id: string, rest = '') => `${BOARD}/tasks/${at(id)}${rest}`
const recipient = (taskId: string, id: string, rest = '') => task(taskId, `/recipients/${at(id)}${rest}`)

export const service = {
  matrix: (taskId: string) => send<Matrix>('GET', task(taskId, '/matrix')),
  caseMatrix: (caseId: string) => send<Matrix>('GET', `${BOARD}/cases/${at(caseId)}/matrix`),
  replay: (taskId: string) => send<{ frames: Frame[]; agrees: boolean }>('GET', task(taskId, '/replay')),
  clocks: (taskId: string) => send<{ items: Clock[] }>('GET', task(taskId, '/clocks')).then(items),
  channels: (taskId: string, id: string) => send<Channels>('GET', recipient(taskId, id, '/channels')),
  situation: (taskId: string, id: string) => send<Described>('GET', recipient(taskId, id, '/situation')),
  setSituation: (taskId: string, id: string, body: { facts: Record<string, unknown>; reason: string }) => send<Described>('PUT', recipient(taskId, id, '/situation'), { body }),
  open: (taskId: string, id: string, body: OpenAsked) => send<unknown>('POST', recipient(taskId, id, '/attempts'), { body }),
  change: (taskId: string, id: string, body: OpenAsked) => send<unknown>('POST', recipient(taskId, id, '/switch'), { body }),
  withdrawTask: (taskId: string, reason: string) => send<unknown>('POST', task(taskId, '/withdraw'), { body: { reason } }),
  withdrawRecipient: (taskId: string, id: string, reason: string) => send<unknown>('POST', recipient(taskId, id, '/withdraw'), { body: { reason } }),
  merge: (taskId: string, body: { keep: string; drop: string; reason: string }) => send<unknown>('POST', task(taskId, '/recipients/merge'), { body }),
  split: (taskId: string, id: string, body: SplitAsked) => send<unknown>('POST', recipient(taskId, id, '/split'), { body }),
  ledger: (taskId: string, id: string) => send<Ledger>('GET', recipient(taskId, id, '/ledger')),
  excuse: (taskId: string, id: string, body: { what: string; reason: string; evidence: string[] }) => send<unknown>('POST', recipient(taskId, id, '/ledger/excuses'), { body }),
}

const attempt = (id: string, rest = '') => `${BOARD}/attempts/${at(id)}${rest}`
export const attempts = {
  /** With a result: what it would still want in the file. */
  get: (id: string, result = '') => send<AttemptDetail>('GET', attempt(id), { query: { result } }),
  upload: (id: string, file: File, kind: string) => send<Exhibit>('POST', attempt(id, '/exhibits'), { body: formOf(file, { kind }) }),
  close: (id: string, body: CloseAsked) => send<AttemptDetail>('POST', attempt(id, '/close'), { body }),
  withdraw: (id: string, reason: string) => send<unknown>('POST', attempt(id, '/withdraw'), { body: { reason } }),
  exhibit: (id: string) => fetchFile(`${BOARD}/exhibits/${at(id)}/file`),
}

export const effects = {
  list: (query: { status?: string; task_id?: string; page?: number }) => send<Paged<EffectRow>>('GET', `${BOARD}/effects`, { query }),
  get: (id: string) => send<EffectDetail>('GET', `${BOARD}/effects/${at(id)}`),
  decide: (id: string, body: { what: string; reason: string; version: number; acting_as?: string }) => send<unknown>('POST', `${BOARD}/effects/${at(id)}/decide`, { body }),
}

export interface TodosAsked { mine?: boolean; state?: string; overdue?: boolean; kind?: string; task_id?: string; page?: number }
export interface TakeAsked { channel?: string; reason?: string; confirmed?: boolean; version?: number }
export const todos = {
  list: (query: TodosAsked) => send<Paged<Todo> & { overdue: number }>('GET', `${BOARD}/todos`, { query: { ...query } }),
  take: (id: string, body: TakeAsked) => send<unknown>('POST', `${BOARD}/todos/${at(id)}/take`, { body }),
  putBack: (id: string) => send<unknown>('POST', `${BOARD}/todos/${at(id)}/put-back`),
  close: (id: string, result: string) => send<unknown>('POST', `${BOARD}/todos/${at(id)}/close`, { body: { result } }),
}

type Followed = Omit<Paged<never>, 'items'> & { recipients: TrackedRecipient[]; cases: TrackedCase[] }
const followed = (by: 'recipient' | 'case', query: TrackingAsked) => send<Followed>('GET', `${BOARD}/tracking`, { query: { by, ...query } })
export const tracking = {
  recipients: (query: TrackingAsked): Promise<Paged<TrackedRecipient>> => followed('recipient', query).then(({ recipients, ...rest }) => ({ ...rest, items: recipients })),
  cases: (query: TrackingAsked): Promise<Paged<TrackedCase>> => followed('case', query).then(({ cases, ...rest }) => ({ ...rest, items: cases })),
}

/** Evidence on its way: the ledger of a day, second looks from the door, late items, rescue imports. */
import { formOf, send } from './client'
import type { Paged } from './types'

export interface ItemProblem { code: string; title: string }
/** `total` is announced + held + refused; `text` such as 11/12. */
export interface Counts { announced: number; held: number; refused: number; withdrawn: number; total: number; complete: boolean; text: string }
/** One item that is missing, refused or was taken back; an empty `visit_id`: captured without a visit. */
export interface LedgerItem {
  item_id: string
  server_id: string
  visit_id: string
  case_number: string | null
  recipient_name: string | null
  client_id: string
  kind: string
  label: string
  sha256: string
  size: number
  state: string
  state_label: string
  source: string
  captured_at: string
  announced_at: string
  settled_at: string | null
  evidence_id: string | null
  problem: ItemProblem | null
  reason: string | null
  late: string | null
  late_label: string | null
  broken: boolean
}
export interface ServerLedger { server_id: string; name: string; counts: Counts; missing: LedgerItem[]; refused: LedgerItem[]; withdrawn: LedgerItem[]; unlinked: number; late: number }
/** `cut`: more items are out of order than are listed; the counts are of all. */
export interface DayLedger { date: string; counts: Counts; servers: ServerLedger[]; cut: boolean }

export interface Look {
  look_id: string
  visit_id: string
  server_id: string
  server_name: string
  client_id: string
  code: string
  label: string
  note: string
  items: string[]
  missing: { code: string; text: string; article?: string | undefined; client_id?: string | undefined }[]
  state: string
  state_label: string
  asked_at: string
  expires_at: string
  answered_at: string | null
  by_name: string | null
  reason: string | null
  version: number
}

export interface LateItem {
  evidence_id: string
  visit_id: string
  task_id: string
  case_number: string | null
  recipient_name: string | null
  date: string | null
  review_state: string
  server_id: string
  server_name: string
  now_with: string | null
  kind: string
  label: string
  sha256: string
  size: number
  media_type: string
  captured_at: string
  received_at: string
  source: string
  why: string
  why_label: string
  state: string
  state_label: string
  by_name: string | null
  at: string | null
  reason: string | null
  version: number
}
export interface LateCounts { waiting: number; taken: number; left: number }

/** What became of one item of a rescue export: held (now), already_held, refused, or not_taken (see `problem`). */
export interface RescuedItem { visit_id: string; client_id: string; kind: string; label: string; state: string; state_label: string; evidence_id: string | null; late: boolean; capture: string | null; problem: ItemProblem | null }
export interface Rescue {
  server_id: string
  server_name: string
  staff_no: string
  made_at: string
  /** Entries of the file that belong to no item. */
  strange: number
  counts: { total: number; held: number; already_held: number; refused: number; not_taken: number }
  items: RescuedItem[]
}

interface Said { code: string; title?: string; text?: string; weight?: string | number }
/** All that is known of one item; `capture`, `place`, `log`, `late` as their verdicts stand. */
export interface KnownItem {
  id: string
  visit_id: string
  task_id: string
  date: string | null
  case_number: string | null
  recipient_name: string | null
  server_id: string
  server_name: string | null
  client_id: string
  kind: string
  label: string
  sha256: string
  size: number
  media_type: string
  captured_at: string
  received_at: string
  source: string
  sealed: boolean
  manifest_sha256: string | null
  warnings: { code: string; text: string }[]
  capture: { verdict?: string; reasons?: Said[]; seq?: number; from?: string } | null
  analysis: {
    state: string
    label: string
    media: Record<string, unknown>
    quality: Record<string, unknown>
    concerns: { code: string; text: string }[]
    phash: string | null
    problem: Record<string, unknown> | null
    done_at: string | null
  }
  place: { verdict?: string; reasons?: Said[]; distance_m?: number | null } | null
  log: { state?: string; entry_id?: string; seq?: number } | null
  late: { state?: string; why?: string } | null
  copies: { name: string; media_type: string; size: number; sha256: string; width: number; height: number; url: string | null }[]
  url: string
}
export interface SimilarItem { evidence_id: string; visit_id: string; server_id: string; kind: string; label: string; captured_at: string; received_at: string; bits: number; fine_bits: number | null; same_bytes: boolean; likely: boolean; same_visit: boolean; thumb_url: string }

const BOARD = '/api/board'
const at = encodeURIComponent

export const custody = {
  ledger: (day: string) => send<DayLedger>('GET', `${BOARD}/days/${at(day)}/ledger`),
  rescue: (file: File) => send<Rescue>('POST', `${BOARD}/rescue`, { body: formOf(file) }),
}

export const evidence = {
  known: (id: string) => send<KnownItem>('GET', `${BOARD}/evidence/${at(id)}`),
  similar: (id: string) => send<Paged<SimilarItem> & { hidden: number }>('GET', `${BOARD}/evidence/${at(id)}/similar`),
}

export const looks = {
  list: (query: { state?: string; page?: number }) => send<Paged<Look>>('GET', `${BOARD}/looks`, { query }),
  answer: (id: string, body: { decision: 'fine' | 'more'; reason?: string }) => send<Look>('POST', `${BOARD}/looks/${at(id)}/answer`, { body }),
}

export const late = {
  list: (query: { state?: string; page?: number }) => send<Paged<LateItem> & { counts: LateCounts }>('GET', `${BOARD}/evidence-late`, { query }),
  decide: (id: string, body: { decision: 'take' | 'leave'; reason: string }) => send<LateItem>('POST', `${BOARD}/evidence/${at(id)}/late`, { body }),
  url: (id: string, size: 'thumb' | 'display' | 'original') => `${BOARD}/evidence/${at(id)}/file?size=${size}`,
}

/** A package anybody can check without us: `python -m evidence verify`, or /verify in a browser. */
export interface Bundle {
  id: string
  scope: string
  object_id: string
  title: string
  state: 'queued' | 'running' | 'done' | 'failed'
  files_total: number
  files_done: number
  bytes_done: number
  size: number | null
  sha256: string | null
  counts: Record<string, unknown> | null
  problem: ItemProblem | null
  asked_by_name: string
  asked_at: string
  finished_at: string | null
}
export type BundleScope = 'visit' | 'case' | 'day'

export const bundles = {
  of: (scope: BundleScope, id: string) => send<Paged<Bundle>>('GET', `${BOARD}/bundles`, { query: { scope, id } }).then((list) => list.items),
  make: (scope: BundleScope, id: string) => send<Bundle>('POST', `${BOARD}/bundles`, { body: { scope, id } }),
  get: (id: string) => send<Bundle>('GET', `${BOARD}/bundles/${at(id)}`),
  /** Followed by the browser itself: a day's evidence is too much for a page to hold. */
  url: (id: string) => `${BOARD}/bundles/${at(id)}/file`,
}

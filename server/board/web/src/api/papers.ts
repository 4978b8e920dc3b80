/** Papers: what can be made, batches, archives, proving a file, wordings of the court. */
import { fetchFile, formOf, makeFile, send } from './client'
import type { Paged } from './types'

export interface PaperField { name: string; label: string; kind: string; required: boolean; hint: string; choices: { code: string; label: string }[] }
/** `about`: task, recipient, or attempt of a recipient. */
export interface PaperKind { kind: string; title: string; about: string; needs_seal: boolean; template_version: string; fields: PaperField[] }
export interface MadePaper { id: string; kind: string; label: string; number: string; version: number; pages: number; made_at: string; url: string; sealed_at: string | null }
export interface PaperOrder { id: string; kind: string; title: string; recipient_id: string | null; state: string; problem: { code: string; title: string } | null; paper_id: string | null; asked_by_name: string; asked_at: string; done_at: string | null }
export interface TaskPapers { papers: MadePaper[]; orders: PaperOrder[] }
export interface PaperAsked { kind: string; recipient_id?: string; fields: Record<string, unknown>; seal?: boolean }
export interface Batch {
  id: string
  kind: string
  title: string
  state: 'running' | 'finishing' | 'done' | 'stopped'
  total: number
  done: number
  failed: number
  elapsed_s: number
  wants_seal: boolean
  pages: number | null
  has_file: boolean
  asked_by_name: string
  asked_at: string
  finished_at: string | null
}
export interface BatchRow { number: number; visit_id: string | null; task_id: string | null; recipient_id: string | null; state: string; paper_id: string | null; problem: { code: string; title: string } | null }
export interface BatchDetail extends Batch { rows: BatchRow[] }
export interface BatchAsked { kind: string; task_ids?: string[]; visit_ids?: string[]; day?: string; fields?: Record<string, unknown>; seal?: boolean }
export interface SealReport {
  state: 'valid' | 'altered' | 'untrusted' | 'unsealed'
  title: string
  sha256: string
  changes: string[]
  problems: string[]
  signer: string
  court_name: string
  reason: string
  sealed_at: string | null
  time_stamped_by: string
  expired: boolean
  chain: { subject: string; issuer: string; serial: string; from_at: string; until_at: string }[]
  /** The paper of this court that has exactly these bytes. */
  known: { id: string; kind: string; number: string; version: number; sealed: boolean } | null
}
export interface Wording {
  id: string
  kind: string
  title: string
  version: string
  state: string
  in_force: boolean
  texts: Record<string, string>
  note: string
  drafted_by_name: string
  drafted_at: string
  approved_by_name: string | null
  approved_at: string | null
}
export interface WordingBlock { name: string; label: string; text: string; most: number; placeholders: string[]; required_placeholders: string[]; must_say: string[] }
/** The shipped blocks of one kind, and the names that may stand in braces. */
export interface WordingDefaults { kind: string; title: string; version: string; placeholders: { name: string; text: string }[]; blocks: WordingBlock[] }

/** One archive package of a case; `number`: the case's first, second … */
export interface Archive {
  id: string
  case_id: string
  case_number: string
  number: number
  state: 'queued' | 'running' | 'done' | 'failed'
  files_total: number
  files_done: number
  bytes_done: number
  size: number | null
  sha256: string | null
  problem: { code: string; title: string } | null
  asked_by_name: string
  asked_at: string
  finished_at: string | null
}

const at = (...parts: string[]): string => parts.map(encodeURIComponent).join('/')
const BOARD = '/api/board'

export const papers = {
  kinds: () => send<{ items: PaperKind[] }>('GET', `${BOARD}/paper-kinds`).then((list) => list.items),
  ofTask: (taskId: string) => send<TaskPapers>('GET', `${BOARD}/tasks/${at(taskId)}/papers`),
  make: (taskId: string, body: PaperAsked) => send<PaperOrder>('POST', `${BOARD}/tasks/${at(taskId)}/papers`, { body }),
  preview: (taskId: string, body: PaperAsked) => makeFile(`${BOARD}/tasks/${at(taskId)}/papers/preview`, body),
  seal: (id: string) => send<unknown>('POST', `${BOARD}/papers/${at(id)}/seal`, { body: {} }),
  verify: (file: File) => send<SealReport>('POST', `${BOARD}/papers/verify`, { body: formOf(file) }),
  sealedUrl: (id: string) => `${BOARD}/papers/${at(id)}/sealed`,
}

export const batches = {
  list: (query: { page?: number }) => send<Paged<Batch>>('GET', `${BOARD}/paper-batches`, { query }),
  get: (id: string) => send<BatchDetail>('GET', `${BOARD}/paper-batches/${at(id)}`),
  start: (body: BatchAsked) => send<Batch>('POST', `${BOARD}/paper-batches`, { body }),
  stop: (id: string) => send<unknown>('POST', `${BOARD}/paper-batches/${at(id)}/stop`),
  file: (id: string, as: 'pdf' | 'zip') => fetchFile(`${BOARD}/paper-batches/${at(id)}/file`, { as }),
}

export const wordings = {
  list: (kind: string) => send<{ items: Wording[] }>('GET', `${BOARD}/wordings`, { query: { kind } }).then((list) => list.items),
  defaults: () => send<{ items: WordingDefaults[] }>('GET', `${BOARD}/wordings/defaults`).then((list) => list.items),
  draft: (body: { kind: string; texts: Record<string, string>; note: string }) => send<Wording>('POST', `${BOARD}/wordings`, { body }),
  approve: (id: string) => send<unknown>('POST', `${BOARD}/wordings/${at(id)}/approve`),
  drop: (id: string) => send<unknown>('POST', `${BOARD}/wordings/${at(id)}/drop`),
  preview: (body: { kind: string; texts: Record<string, string> }) => makeFile(`${BOARD}/wordings/preview`, body),
}

export const archives = {
  ofCase: (caseId: string) => send<{ items: Archive[] }>('GET', `${BOARD}/cases/${at(caseId)}/archive`).then((list) => list.items),
  make: (caseId: string) => send<Archive>('POST', `${BOARD}/cases/${at(caseId)}/archive`),
  get: (id: string) => send<Archive>('GET', `${BOARD}/archives/${at(id)}`),
  file: (id: string) => fetchFile(`${BOARD}/archives/${at(id)}/file`),
}

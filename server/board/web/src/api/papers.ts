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
  label: string
  state: string
  total: number
  done: number
  failed: number
  created_at: string
  by_name: string
  failures: { id: string; label: string; title: string }[]
}
export interface Verified { ok: boolean; title: string; lines: string[] }
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

const at = (...parts: string[]): string => parts.map(encodeURIComponent).join('/')
const BOARD = '/api/board'

export const papers = {
  kinds: () => send<{ items: PaperKind[] }>('GET', `${BOARD}/paper-kinds`).then((list) => list.items),
  ofTask: (taskId: string) => send<TaskPapers>('GET', `${BOARD}/tasks/${at(taskId)}/papers`),
  make: (taskId: string, body: PaperAsked) => send<PaperOrder>('POST', `${BOARD}/tasks/${at(taskId)}/papers`, { body }),
  preview: (taskId: string, body: PaperAsked) => makeFile(`${BOARD}/tasks/${at(taskId)}/papers/preview`, body),
  seal: (id: string) => send<unknown>('POST', `${BOARD}/papers/${at(id)}/seal`),
  verify: (file: File) => send<Verified>('POST', `${BOARD}/papers/verify`, { body: formOf(file) }),
  file: (id: string) => fetchFile(`${BOARD}/papers/${at(id)}/file`),
}

export const batches = {
  list: (query: { page?: number }) => send<Paged<Batch>>('GET', `${BOARD}/paper-batches`, { query }),
  get: (id: string) => send<Batch>('GET', `${BOARD}/paper-batches/${at(id)}`),
  start: (body: { kind: string; task_ids?: string[]; visit_ids?: string[] }) => send<Batch>('POST', `${BOARD}/paper-batches`, { body }),
  stop: (id: string) => send<unknown>('POST', `${BOARD}/paper-batches/${at(id)}/stop`),
  file: (id: string) => fetchFile(`${BOARD}/paper-batches/${at(id)}/file`),
}

export const wordings = {
  list: (kind: string) => send<{ items: Wording[] }>('GET', `${BOARD}/wordings`, { query: { kind } }).then((list) => list.items),
  defaults: () => send<{ items: WordingDefaults[] }>('GET', `${BOARD}/wordings/defaults`).then((list) => list.items),
  draft: (body: { kind: string; texts: Record<string, string>; note: string }) => send<Wording>('POST', `${BOARD}/wordings`, { body }),
  approve: (id: string) => send<unknown>('POST', `${BOARD}/wordings/${at(id)}/approve`),
  drop: (id: string) => send<unknown>('POST', `${BOARD}/wordings/${at(id)}/drop`),
  preview: (body: { kind: string; texts: Record<string, string> }) => makeFile(`${BOARD}/wordings/preview`, body),
}

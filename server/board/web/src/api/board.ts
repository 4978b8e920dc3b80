/** Every call the board makes, by name. Paths and bodies are checked against the generated document. */
import { answer, client } from './client'
import type {
  Batch,
  BindCode,
  DaySummary,
  DayView,
  ImportKind,
  ImportRun,
  Me,
  Mileage,
  Paged,
  Person,
  Plan,
  Position,
  Price,
  RosterEntry,
  Selection,
  TaskDetail,
  TaskState,
  TaskSummary,
  Visit,
  VisitDetail,
} from './types'

type ListOf<T> = T[] | Paged<T>

/** Some lists come paged, some bare: pages that show all want an array. */
export function itemsOf<T>(list: ListOf<T>): T[] {
  return Array.isArray(list) ? list : list.items
}

export const session = {
  signIn: (username: string, password: string) =>
    answer<{ csrf: string; me: Me }>(client.POST('/api/session', { body: { username, password } })),
  signOut: () => answer<void>(client.DELETE('/api/session')),
  me: () => answer<Me>(client.GET('/api/me')),
}

export const imports = {
  list: () => answer<ListOf<ImportRun>>(client.GET('/api/board/imports')).then(itemsOf),
  get: (id: string) => answer<ImportRun>(client.GET('/api/board/imports/{run_id}', { params: { path: { run_id: id } } })),
  create: (file: File, kind: ImportKind, day: string | null) => {
    const form = new FormData()
    form.append('file', file, file.name)
    form.append('kind', kind)
    if (day) form.append('day', day)
    return answer<ImportRun>(client.POST('/api/board/imports', { body: form as never, bodySerializer: (body) => body as never }))
  },
  reportUrl: (id: string) => `/api/board/imports/${encodeURIComponent(id)}/report.xlsx`,
}

export const tasks = {
  list: (query: { state?: TaskState; q?: string; page?: number }) =>
    answer<Paged<TaskSummary>>(client.GET('/api/board/tasks', { params: { query } })),
  get: (id: string) => answer<TaskDetail>(client.GET('/api/board/tasks/{task_id}', { params: { path: { task_id: id } } })),
  review: (id: string, body: { decision: 'approve' | 'return'; reason?: string; version: number }) =>
    answer<TaskDetail>(client.POST('/api/board/tasks/{task_id}/review', { params: { path: { task_id: id } }, body })),
  reviewBatch: (body: { task_ids: string[] } | { all_pending: true }) =>
    answer<{ approved?: number; refused?: unknown[] }>(client.POST('/api/board/tasks/review-batch', { body })),
}

export const days = {
  list: () => answer<ListOf<DaySummary>>(client.GET('/api/board/days')).then(itemsOf),
  get: (date: string) => answer<DayView>(client.GET('/api/board/days/{date}', { params: { path: { date } } })),
  roster: (date: string) =>
    answer<{ entries: RosterEntry[] } | RosterEntry[]>(
      client.GET('/api/board/days/{date}/roster', { params: { path: { date } } }),
    ),
  select: (date: string) =>
    answer<Selection>(client.POST('/api/board/days/{date}/selection', { params: { path: { date } }, body: {} })),
  plan: (date: string, body: { seconds: number; seed: number }) =>
    answer<Plan>(client.POST('/api/board/days/{date}/plans', { params: { path: { date } }, body })),
  plans: (date: string) =>
    answer<ListOf<Plan>>(client.GET('/api/board/days/{date}/plans', { params: { path: { date } } })).then(itemsOf),
  positions: (date: string) =>
    answer<ListOf<Position>>(client.GET('/api/board/days/{date}/positions', { params: { path: { date } } })).then(itemsOf),
  mileage: (date: string) =>
    answer<ListOf<Mileage>>(client.GET('/api/board/days/{date}/mileage', { params: { path: { date } } })).then(itemsOf),
}

const plan = (id: string) => ({ params: { path: { plan_id: id } } })
export const plans = {
  get: (id: string) => answer<Plan>(client.GET('/api/board/plans/{plan_id}', plan(id))),
  stop: (id: string) => answer<Plan>(client.POST('/api/board/plans/{plan_id}/stop', plan(id))),
  publish: (id: string) => answer<Plan>(client.POST('/api/board/plans/{plan_id}/publish', plan(id))),
}

const visit = (id: string) => ({ params: { path: { visit_id: id } } })
export const visits = {
  get: (id: string) => answer<VisitDetail>(client.GET('/api/board/visits/{visit_id}', visit(id))),
  price: (id: string, body: { server_id: string; position?: number }) =>
    answer<Price>(client.POST('/api/board/visits/{visit_id}/price', { ...visit(id), body })),
  assign: (id: string, body: { server_id: string; position?: number; version: number }) =>
    answer<Visit>(client.POST('/api/board/visits/{visit_id}/assign', { ...visit(id), body })),
  unassign: (id: string, body: { version: number; reason: string }) =>
    answer<Visit>(client.POST('/api/board/visits/{visit_id}/unassign', { ...visit(id), body })),
  assignBatch: (body: { visit_ids: string[]; server_id: string }) =>
    answer<Batch>(client.POST('/api/board/visits/assign-batch', { body })),
  undo: (batchId: string) =>
    answer<unknown>(client.POST('/api/board/move-batches/{batch_id}/undo', { params: { path: { batch_id: batchId } } })),
  review: (id: string, body: { decision: 'accept' | 'send_back'; reason?: string; version: number }) =>
    answer<unknown>(client.POST('/api/board/visits/{visit_id}/review', { ...visit(id), body })),
  makePapers: (id: string) => answer<unknown>(client.POST('/api/board/visits/{visit_id}/papers', visit(id))),
}

export const reviews = {
  list: (query: { state?: 'pending' | 'accepted' | 'sent_back'; date?: string; page?: number }) =>
    answer<Paged<Visit>>(client.GET('/api/board/reviews', { params: { query } })),
}

export const people = {
  list: () => answer<ListOf<Person>>(client.GET('/api/board/people')).then(itemsOf),
  bindCode: (id: string) =>
    answer<BindCode>(client.POST('/api/board/people/{person_id}/bind-code', { params: { path: { person_id: id } } })),
}

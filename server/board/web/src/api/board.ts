/** Every call the board makes, by name. Paths, bodies and answers are those of the generated document. */
import { answer, client } from './client'
import type { ImportKind, ReplanAsked, RosterAsked, TaskState } from './types'

export const session = {
  signOut: () => answer(client.DELETE('/api/session')),
  me: () => answer(client.GET('/api/me')),
}

export const imports = {
  list: () => answer(client.GET('/api/board/imports')).then((list) => list.items),
  get: (id: string) => answer(client.GET('/api/board/imports/{run_id}', { params: { path: { run_id: id } } })),
  create: (file: File, kind: ImportKind, day: string | null) => {
    const form = new FormData()
    form.append('file', file, file.name)
    form.append('kind', kind)
    if (day) form.append('day', day)
    return answer(client.POST('/api/board/imports', { body: form as never, bodySerializer: (body) => body as never }))
  },
  reportUrl: (id: string) => `/api/board/imports/${encodeURIComponent(id)}/report.xlsx`,
}

export const tasks = {
  list: (query: { state?: TaskState; q?: string; page?: number }) =>
    answer(client.GET('/api/board/tasks', { params: { query } })),
  get: (id: string) => answer(client.GET('/api/board/tasks/{task_id}', { params: { path: { task_id: id } } })),
  review: (id: string, body: { decision: 'approve' | 'return'; reason?: string; version: number }) =>
    answer(client.POST('/api/board/tasks/{task_id}/review', { params: { path: { task_id: id } }, body })),
  reviewBatch: (body: { task_ids: string[] } | { all_pending: true }) =>
    answer(client.POST('/api/board/tasks/review-batch', { body })),
}

export const days = {
  list: () => answer(client.GET('/api/board/days')).then((list) => list.items),
  get: (date: string) => answer(client.GET('/api/board/days/{date}', { params: { path: { date } } })),
  roster: (date: string) =>
    answer(client.GET('/api/board/days/{date}/roster', { params: { path: { date } } })),
  putRoster: (date: string, body: RosterAsked) =>
    answer(client.PUT('/api/board/days/{date}/roster', { params: { path: { date } }, body })),
  carryOver: (date: string) =>
    answer(client.POST('/api/board/days/{date}/carry-over', { params: { path: { date } }, body: {} })),
  select: (date: string) =>
    answer(client.POST('/api/board/days/{date}/selection', { params: { path: { date } }, body: {} })),
  plan: (date: string, body: { seconds: number; seed: number }) =>
    answer(client.POST('/api/board/days/{date}/plans', { params: { path: { date } }, body })),
  replan: (date: string, body: ReplanAsked) =>
    answer(client.POST('/api/board/days/{date}/replans', { params: { path: { date } }, body })),
  plans: (date: string) =>
    answer(client.GET('/api/board/days/{date}/plans', { params: { path: { date } } })).then((list) => list.items),
  positions: (date: string) =>
    answer(client.GET('/api/board/days/{date}/positions', { params: { path: { date } } })).then((list) => list.items),
  mileage: (date: string) =>
    answer(client.GET('/api/board/days/{date}/mileage', { params: { path: { date } } })).then((list) => list.items),
}

const plan = (id: string) => ({ params: { path: { plan_id: id } } })
export const plans = {
  get: (id: string) => answer(client.GET('/api/board/plans/{plan_id}', plan(id))),
  stop: (id: string) => answer(client.POST('/api/board/plans/{plan_id}/stop', plan(id))),
  publish: (id: string, revision: number | null = null) =>
    answer(client.POST('/api/board/plans/{plan_id}/publish', { ...plan(id), body: { revision } })),
  changes: (id: string) => answer(client.GET('/api/board/plans/{plan_id}/changes', plan(id))),
  reject: (id: string) => answer(client.POST('/api/board/plans/{plan_id}/reject', { ...plan(id), body: {} })),
}

const visit = (id: string) => ({ params: { path: { visit_id: id } } })
export const visits = {
  get: (id: string) => answer(client.GET('/api/board/visits/{visit_id}', visit(id))),
  price: (id: string, body: { server_id: string; position?: number }) =>
    answer(client.POST('/api/board/visits/{visit_id}/price', { ...visit(id), body })),
  why: (id: string) => answer(client.GET('/api/board/visits/{visit_id}/why', visit(id))),
  assign: (id: string, body: { server_id: string; position?: number; version: number }) =>
    answer(client.POST('/api/board/visits/{visit_id}/assign', { ...visit(id), body })),
  unassign: (id: string, body: { version: number; reason: string }) =>
    answer(client.POST('/api/board/visits/{visit_id}/unassign', { ...visit(id), body })),
  assignBatch: (body: { visit_ids: string[]; server_id: string }) =>
    answer(client.POST('/api/board/visits/assign-batch', { body })),
  undo: (batchId: string) =>
    answer(client.POST('/api/board/move-batches/{batch_id}/undo', { params: { path: { batch_id: batchId } } })),
  review: (id: string, body: { decision: 'accept' | 'send_back'; reason?: string; version: number }) =>
    answer(client.POST('/api/board/visits/{visit_id}/review', { ...visit(id), body })),
  makePapers: (id: string) => answer(client.POST('/api/board/visits/{visit_id}/papers', visit(id))),
}

export const reviews = {
  list: (query: { state?: 'pending' | 'accepted' | 'sent_back'; date?: string; page?: number }) =>
    answer(client.GET('/api/board/reviews', { params: { query } })),
}

export const people = {
  bindCode: (id: string) =>
    answer(client.POST('/api/board/people/{person_id}/bind-code', { params: { path: { person_id: id } } })),
}

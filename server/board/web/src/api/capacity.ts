/** 人力测算: what to assume, studies asked for, followed, stopped. */
import { answer, client, fetchFile } from './client'
import type { StudyAsked } from './types'

const study = (id: string) => ({ params: { path: { study_id: id } } })
export const capacity = {
  suggested: () => answer(client.GET('/api/board/capacity/assumptions')),
  list: () => answer(client.GET('/api/board/capacity/studies')).then((list) => list.items),
  ask: (body: StudyAsked) => answer(client.POST('/api/board/capacity/studies', { body })),
  get: (id: string) => answer(client.GET('/api/board/capacity/studies/{study_id}', study(id))),
  stop: (id: string) => answer(client.POST('/api/board/capacity/studies/{study_id}/stop', { ...study(id), body: {} })),
  table: (id: string) => fetchFile(`/api/board/capacity/studies/${encodeURIComponent(id)}/table.csv`),
}

/** What looks wrong across records: findings of the nightly watch, and what a leader decides about them. */
import { answer, client } from './client'
import type { Finding, FindingState } from './types'

export const findings = {
  list: (query: { state?: FindingState; kind?: Finding['kind']; date?: string; page?: number; page_size?: number }) =>
    answer(client.GET('/api/board/findings', { params: { query } })),
  decide: (id: string, body: { state: 'explained' | 'confirmed'; reason: string }) =>
    answer(client.POST('/api/board/findings/{finding_id}/decide', { params: { path: { finding_id: id } }, body })),
  run: (date: string) => answer(client.POST('/api/board/findings/run', { body: { date } })),
}

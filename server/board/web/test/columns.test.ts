import { describe, expect, it } from 'vitest'
import type { DayView, Plan, Visit } from '@/api/types'
import { boardOf, flags, keepUnchanged } from '@/lib/columns'

const visit = (id: string, more: Partial<Visit> = {}): Visit => ({
  id, state: 'open', version: 1, date: '2026-11-24', task_id: `t${id}`, case_number: '（2026）京0102民初1号', case_kind: '民事', cause: null,
  recipient_name: id, recipient_kind: '自然人', address: '某处', wgs84: [116.37, 39.93], windows: [], minutes: 8, crew: 1, skills: [],
  priority: 0, due_on: '2026-11-30', hearing_at: null, remarks: [], server_id: null, second_server_id: null, position: null,
  second_position: null, planned_arrive_at: null, planned_leave_at: null, outcome: null, rule: 'judge_asked_direct', rule_text: '',
  review: { state: 'none', reason: null, round: 0, by_name: null, at: null }, building: null, address_masked: false, witness_windows: [], recused: [], ...more,
})
const entry = (id: string): DayView['roster'][number] => ({
  server_id: id, staff_no: id, name: id, mode: 'car', shift: [30_600, 63_000], break: null, second_break: null, areas: [], max_km: null, max_stops: 2, skills: [], status: 'on_duty',
  start: { point: { lng: 116, lat: 39, datum: 'WGS-84' }, wgs84: [116, 39] },
})
const day = (visits: Visit[], routes: DayView['routes'] = []): DayView => ({
  date: '2026-11-24', roster_version: 1, roster: [entry('a'), entry('b')], visits, routes, plan: null,
  totals: { visits: 0, open: 0, assigned: 0, done: 0, km_planned: 0, km_tracked: 0 },
})
const ids = (cards: { visit: Visit }[]) => cards.map((card) => card.visit.id)

describe('the board of a day', () => {
  it('puts each visit under its server in order, and the rest into the pool', () => {
    const board = boardOf(day([
      visit('2', { server_id: 'a', position: 2, state: 'assigned' }), visit('1', { server_id: 'a', position: 1, state: 'assigned' }), visit('3'),
    ]), null, null)
    expect(ids(board.columns[0]?.cards ?? [])).toEqual(['1', '2'])
    expect(board.pool.map((one) => one.id)).toEqual(['3'])
  })
  it('shows a visit of two under both, and lets only the first be dragged', () => {
    const board = boardOf(day([visit('1', { server_id: 'a', second_server_id: 'b', position: 1, second_position: 1, state: 'assigned' })]), null, null)
    expect(board.columns.map((column) => column.cards.map((card) => [card.second, card.free]))).toEqual([[[false, true]], [[true, false]]])
  })
  it('holds what has begun at the door', () => {
    const board = boardOf(day([visit('1', { server_id: 'a', position: 1, state: 'arrived' })]), null, null)
    expect(board.columns[0]?.cards[0]?.free).toBe(false)
  })
  it('warns of a day longer than the shift and of too many stops', () => {
    const three = ['1', '2', '3'].map((id, i) => visit(id, { server_id: 'a', position: i + 1, state: 'assigned' }))
    const route = { server_id: 'a', stops: 3, distance_m: 41_000, planned_m: 41_000, travel_s: 1, depart_s: 30_600, back_s: 63_600, breaks: [] }
    const load = boardOf(day(three, [route]), null, null).columns[0]?.load
    expect(load).toMatchObject({ stops: 3, metres: 41_000, overS: 600, tooMany: true })
  })
  it('shows a plan before it is published, with why some were left out', () => {
    const plan = {
      routes: [{ server_id: 'b', stops: [{ visit_id: '1', role: 'lead', arrive_s: 32_000, start_s: 32_400, leave_s: 33_000, travel_s: 1, travel_m: 1 }], breaks: [], distance_m: 9, back_s: 40_000, depart_s: 0, travel_s: 0 }],
      unplanned: [{ visit_id: '2', reasons: [{ code: 'window', text: '赶不上' }] }],
    } as unknown as Plan
    const board = boardOf(day([visit('1'), visit('2')]), plan, null)
    expect(board.columns[1]?.cards[0]).toMatchObject({ arriveS: 32_400, free: false })
    expect(board.reasons.get('2')?.[0]?.text).toBe('赶不上')
  })
})

describe('cards', () => {
  it('keep their object while nothing changed, so that they are not drawn again', () => {
    const before = [visit('1'), visit('2')]
    const after = keepUnchanged(before, [visit('1'), visit('2', { version: 2 })])
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
  })
  it('flag what must be seen at a glance', () => {
    const texts = flags(visit('1', { due_on: '2026-11-24', crew: 2, skills: ['行政执行'], remarks: ['家中有犬', '门禁，需联系物业'] }), '2026-11-24').map((one) => one.text)
    expect(texts).toEqual(['今日到期', '双人', '行政执行', '有犬', '门禁'])
    expect(flags(visit('1', { due_on: '2026-11-20' }), '2026-11-24')[0]?.text).toBe('逾期')
  })
})

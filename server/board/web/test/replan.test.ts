import { describe, expect, it } from 'vitest'
import type { PlanChange, StudyRow, Suggested } from '@/api/types'
import { bodyOf, chanceOf, linesOf, oneMore, PARTS, problemOf, spread, withChance } from '@/lib/capacity'
import { askedOf, formOf, grouped, spansOf } from '@/lib/replan'

describe('something that comes up', () => {
  it('reads windows as people type them, and refuses halves', () => {
    expect(spansOf('09：00-11:30，14:00至16:00')).toEqual([[32_400, 41_400], [50_400, 57_600]])
    expect(spansOf('')).toEqual([])
    expect(spansOf('11:00-09:00')).toBeNull()
    expect(spansOf('上午')).toBeNull()
  })
  it('begins with what was clicked', () => {
    expect(formOf({ serverId: 's1' })).toMatchObject({ kind: 'absent', serverId: 's1' })
    expect(formOf({ visitId: 'v1' })).toMatchObject({ kind: 'window', visitId: 'v1' })
    expect(formOf({}).kind).toBe('urgent')
  })
  it('says what is missing before it asks', () => {
    expect(askedOf(formOf({}))).toBe('请选择上门任务')
    expect(askedOf({ ...formOf({ visitId: 'v1' }), kind: 'withdrawn' })).toBe('请填写取消的原因')
    expect(askedOf({ ...formOf({ visitId: 'v1' }), kind: 'recused' })).toBe('请选择送达员')
    expect(askedOf(formOf({ visitId: 'v1' }))).toContain('时段')
    expect(askedOf({ ...formOf({ serverId: 's1' }), kind: 'late', from: '十点' })).toContain('最早')
  })
  it('sends only what the kind of thing is about', () => {
    expect(askedOf({ ...formOf({ visitId: 'v1', serverId: 's1' }), kind: 'urgent' })).toEqual({ kind: 'urgent', visit_id: 'v1', server_id: null, reason: null })
    expect(askedOf({ ...formOf({ serverId: 's1' }), kind: 'late', from: '10：30' })).toMatchObject({ from_s: 37_800, visit_id: null })
    expect(askedOf({ ...formOf({ visitId: 'v1' }), windows: '14:00-15:00' })).toMatchObject({ windows: [[50_400, 54_000]], witness_windows: [] })
  })
  it('folds away what only shifts', () => {
    const line = (what: PlanChange['what']) => ({ what, visit_id: what }) as PlanChange
    const { moves, shifts } = grouped([line('dropped'), line('retimed'), line('reassigned')])
    expect(moves.map((one) => one.what)).toEqual(['dropped', 'reassigned'])
    expect(shifts).toHaveLength(1)
  })
})

const group = { name: '外勤', count: 3, mode: 'ebike' as const, shift: [30_600, 63_000], break: null, max_visits: 28, max_km: null, overtime_minutes: 0, cost: 0 }
const suggested = {
  assumptions: { areas: [{ name: '东', lng: 116, lat: 39, radius_m: 1, per_day: 10 }], kinds: [{ name: '自然人', share: 1 }] },
  staffings: [{ name: '3 人', groups: [group] }], target: {}, seen: { visits: 0, from: null, to: null },
} as unknown as Suggested

describe('a capacity study', () => {
  it('shows chances by part of the day and takes them back', () => {
    const success = Array.from({ length: 24 }, () => 0.5)
    expect(chanceOf(success, PARTS[0])).toBe(50)
    const evening = withChance(success, PARTS[2], 80)
    expect([chanceOf(evening, PARTS[1]), chanceOf(evening, PARTS[2])]).toEqual([50, 80])
    expect(Math.max(...withChance(success, PARTS[1], 900))).toBe(1)
  })
  it('adds a staffing of one more, and leaves the others alone', () => {
    const body = bodyOf(suggested)
    expect(oneMore(body.staffings)).toMatchObject({ name: '4 人', groups: [{ count: 4 }] })
    expect(body.staffings[0]?.groups[0]?.count).toBe(3)
    expect(oneMore([])).toBeNull()
  })
  it('writes into a copy of what was suggested', () => {
    const body = bodyOf(suggested)
    const [area] = body.assumptions.areas
    if (area) area.per_day = 0
    expect(suggested.assumptions.areas[0]?.per_day).toBe(10)
    expect(problemOf(body)).toContain('不能全为零')
    expect(problemOf({ ...bodyOf(suggested), seeds: 20, days: 66, staffings: Array(12).fill(bodyOf(suggested).staffings[0]) })).toContain('2000')
    expect(problemOf(bodyOf(suggested))).toBe('')
  })
  it('draws one line per staffing, highest at the top', () => {
    const row = (name: string, open: number[]) => ({ name, open_by_day: open }) as StudyRow
    const [few, many] = linesOf([row('少', [0, 5, 10]), row('多', [0, 0, 0])], 1, 100, 50, 10)
    expect(few?.points).toBe('0.0,50.0 50.0,25.0 100.0,0.0')
    expect(many).toMatchObject({ chosen: true, last: { x: 100, y: 50 } })
    expect(linesOf([row('一日', [3])], null, 100, 50, 10)[0]?.points).toBe('0.0,35.0')
  })
  it('tells a spread only where there is one', () => {
    expect(spread([1, 2, 3], String)).toEqual({ median: '2', range: '1 ~ 3' })
    expect(spread([2, 2, 2], String)).toEqual({ median: '2', range: '' })
  })
})

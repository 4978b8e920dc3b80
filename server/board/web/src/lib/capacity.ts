/** Shapes behind the page 人力测算: the form as people fill it in, and the lines of the chart. Pure. */
import type { StudyAsked, StudyRow, Suggested } from '@/api/types'
import { routeColour } from './colours'

export type Assumed = StudyAsked['assumptions']
export type Staffing = StudyAsked['staffings'][number]
export type Group = Staffing['groups'][number]
export type Target = NonNullable<StudyAsked['target']>

/** The hours in which people are met at their doors, as the form asks for them: morning, afternoon, evening. */
export const PARTS = [{ name: '上午', from: 0, to: 12 }, { name: '下午', from: 12, to: 18 }, { name: '晚间', from: 18, to: 24 }] as const

/** Mean chance of a part of the day over the hours somebody may work. */
export function chanceOf(success: readonly number[], part: (typeof PARTS)[number]): number {
  const hours = success.slice(Math.max(part.from, 8), Math.min(part.to, 21))
  return hours.length ? Math.round((100 * hours.reduce((sum, one) => sum + one, 0)) / hours.length) : 0
}

/** The hours with one part of the day set to a chance in percent. */
export const withChance = (success: readonly number[], part: (typeof PARTS)[number], percent: number): number[] =>
  success.map((chance, hour) => (hour >= part.from && hour < part.to ? Math.min(100, Math.max(0, percent)) / 100 : chance))

export const headcount = (staffing: Staffing): number => staffing.groups.reduce((sum, group) => sum + group.count, 0)

/** Another staffing like the last one, with one more of its first group. */
export function oneMore(staffings: readonly Staffing[]): Staffing | null {
  const last = staffings.at(-1)
  if (!last) return null
  const groups = last.groups.map((group, i) => ({ ...group, count: group.count + (i === 0 ? 1 : 0) }))
  return { name: `${headcount({ name: '', groups })} 人`, groups }
}

/** Everything that is to be sent, from what was suggested; a copy, since the form writes into it. */
export function bodyOf(suggested: Suggested): StudyAsked {
  const { assumptions, staffings, target } = JSON.parse(JSON.stringify(suggested)) as Suggested
  return { assumptions: assumptions as Assumed, staffings: staffings as Staffing[], target: target as Target, days: 22, seeds: 3 }
}

/** What the form cannot send yet, in words; empty when it can. */
export function problemOf(body: StudyAsked): string {
  if (!body.staffings.length) return '请至少保留一个人员方案'
  if (body.assumptions.areas.every((area) => !area.per_day)) return '日均新增件数不能全为零'
  if (body.assumptions.kinds.every((kind) => !kind.share)) return '各类任务的占比不能全为零'
  const days = body.staffings.length * (body.seeds ?? 3) * (body.days ?? 22)
  return days > 2000 ? `方案 × 次数 × 天数共 ${days}，不能超过 2000` : ''
}

export interface Line { name: string; colour: string; points: string; chosen: boolean; last: { x: number; y: number } }

/** Backlog in the evening of each day, one line per staffing, in a box of `width` × `height`. */
export function linesOf(rows: readonly StudyRow[], chosen: number | null, width: number, height: number, top: number): Line[] {
  return rows.map((row, i) => {
    const step = row.open_by_day.length > 1 ? width / (row.open_by_day.length - 1) : 0
    const at = row.open_by_day.map((open, day) => ({ x: day * step, y: height * (1 - Math.min(1, open / top)) }))
    return {
      name: row.name, colour: routeColour(i), chosen: i === chosen, last: at.at(-1) ?? { x: 0, y: height },
      points: at.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
    }
  })
}

export const percent = (value: number): string => `${Math.round(100 * value)}%`
/** The median, and from least to most where they differ. */
export function spread(values: readonly number[], show: (value: number) => string): { median: string; range: string } {
  const [least = 0, median = 0, most = 0] = values
  const range = show(least) === show(most) ? '' : `${show(least)} ~ ${show(most)}`
  return { median: show(median), range }
}

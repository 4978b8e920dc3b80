/** The day as the board shows it: one column per server in the order of the day, and what nobody has. Pure. */
import type { DayView, Plan, RosterEntry, Unplanned, Visit } from '@/api/types'
import { routeColour } from './colours'
import { secondsSince } from './time'

export interface Card {
  visit: Visit
  position: number
  /** When service is meant to begin: after waiting for a window or for the second of a crew. */
  arriveS: number | null
  leaveS: number | null
  /** This server goes along as the second of a crew. */
  second: boolean
  /** May be dragged: not begun at the door, and the server's own. */
  free: boolean
}

export interface Load {
  stops: number
  metres: number
  finishS: number | null
  overS: number
  tooMany: boolean
}

export interface Column {
  entry: RosterEntry
  index: number
  colour: string
  cards: Card[]
  load: Load
}

export interface Board {
  columns: Column[]
  pool: Visit[]
  reasons: Map<string, Unplanned['reasons']>
}

const DONE = new Set(['ended', 'withdrawn'])
const AT_THE_DOOR = new Set(['arrived', 'ended', 'withdrawn'])

const byPosition = (a: Card, b: Card) => a.position - b.position || (a.arriveS ?? 1e9) - (b.arriveS ?? 1e9)

function currentCards(visit: Visit): [string, Card][] {
  const arriveS = visit.planned_arrive_at ? secondsSince(visit.date, visit.planned_arrive_at) : null
  const leaveS = visit.planned_leave_at ? secondsSince(visit.date, visit.planned_leave_at) : null
  const found: [string, Card][] = []
  if (visit.server_id) {
    const free = !AT_THE_DOOR.has(visit.state)
    found.push([visit.server_id, { visit, position: visit.position ?? 999, arriveS, leaveS, second: false, free }])
  }
  if (visit.second_server_id) {
    const position = visit.second_position ?? 999
    found.push([visit.second_server_id, { visit, position, arriveS, leaveS, second: true, free: false }])
  }
  return found
}

function cardsNow(visits: Visit[]): Map<string, Card[]> {
  const cards = new Map<string, Card[]>()
  for (const [serverId, card] of visits.flatMap(currentCards)) push(cards, serverId, card)
  return cards
}

function cardsOfPlan(visits: Visit[], plan: Plan): Map<string, Card[]> {
  const known = new Map(visits.map((visit) => [visit.id, visit]))
  const cards = new Map<string, Card[]>()
  for (const route of plan.routes) {
    route.stops.forEach((stop, i) => {
      const visit = known.get(stop.visit_id)
      if (!visit) return
      const second = stop.role === 'second'
      push(cards, route.server_id, {
        visit, position: i + 1, arriveS: stop.start_s, leaveS: stop.leave_s, second, free: false,
      })
    })
  }
  return cards
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function loadOf(entry: RosterEntry, cards: Card[], route: { distance_m: number; planned_m?: number; back_s: number } | undefined): Load {
  const finishS = cards.length && route ? route.back_s : null
  return {
    stops: cards.length,
    metres: route?.planned_m ?? route?.distance_m ?? 0,
    finishS,
    overS: finishS === null ? 0 : Math.max(0, finishS - entry.shift[1]),
    tooMany: cards.length > entry.max_stops,
  }
}

/**
 * `shown`: a plan to look at before it is published; null shows who has what now, by plan or by hand. `latest` says why
 * a visit was left out.
 */
export function boardOf(day: DayView, shown: Plan | null, latest: Plan | null): Board {
  const cards = shown ? cardsOfPlan(day.visits, shown) : cardsNow(day.visits)
  const routes = new Map((shown ?? day).routes.map((route) => [route.server_id, route]))
  const columns = day.roster.map((entry, index) => {
    const own = (cards.get(entry.server_id) ?? []).sort(byPosition)
    return { entry, index, colour: routeColour(index), cards: own, load: loadOf(entry, own, routes.get(entry.server_id)) }
  })
  const placed = new Set([...cards.values()].flat().map((card) => card.visit.id))
  const pool = day.visits.filter((visit) => !placed.has(visit.id) && !DONE.has(visit.state))
  const plan = shown ?? latest
  return { columns, pool, reasons: new Map((plan?.unplanned ?? []).map((one) => [one.visit_id, one.reasons])) }
}

/** Keeps the old object of every visit that has not changed, so that its card is not drawn again. */
export function keepUnchanged(before: readonly Visit[], after: Visit[]): Visit[] {
  const old = new Map(before.map((visit) => [visit.id, visit]))
  return after.map((visit) => {
    const known = old.get(visit.id)
    return known && JSON.stringify(known) === JSON.stringify(visit) ? known : visit
  })
}

/** What a person should see on a card at a glance, short. */
export function flags(visit: Visit, today: string): { text: string; tone: string; title: string }[] {
  const found: { text: string; tone: string; title: string }[] = []
  if (visit.due_on < today) found.push({ text: '逾期', tone: 'red', title: `要求 ${visit.due_on} 前完成` })
  else if (visit.due_on === today) found.push({ text: '今日到期', tone: 'red', title: '要求今日完成' })
  if (visit.crew > 1) found.push({ text: '双人', tone: 'blue', title: '须两人同往' })
  for (const skill of visit.skills) found.push({ text: skill, tone: 'blue', title: `需要：${skill}` })
  const remarks = visit.remarks.join('；')
  for (const [pattern, text] of REMARK_FLAGS) if (pattern.test(remarks)) found.push({ text, tone: 'amber', title: remarks })
  return found
}

const REMARK_FLAGS: [RegExp, string][] = [[/犬|狗/, '有犬'], [/门禁/, '门禁'], [/见证/, '见证']]

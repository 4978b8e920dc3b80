/** What the API sends, derived from docs/openapi.json: `npm run api` writes schema.d.ts, this file gives it names. */
import type { components } from './schema'

/** [longitude, latitude] */
export type LngLat = [number, number]
/** [start, end], seconds of the day */
export type Span = [number, number]

/** The document cannot say "exactly two numbers"; these fields are always pairs. */
interface Pairs {
  wgs84: LngLat
  shift: Span
  break: Span
  second_break: Span
  witness_windows: Span[]
  windows: Span[]
  breaks: Span[]
  track: LngLat[]
}

/** A generated type with its pairs as pairs, and without the empty object that stands for "or nothing" beside null. */
export type Shape<T> = T extends Record<string, never>
  ? never
  : T extends readonly (infer U)[]
    ? Shape<U>[]
    : T extends object
      ? { [K in keyof T]: K extends keyof Pairs ? Pairs[K] | Extract<T[K], null | undefined> : Shape<T[K]> }
      : T

type Schemas = components['schemas']
type Of<K extends keyof Schemas> = Shape<Schemas[K]>

export type Me = Of<'Me'>
export type ImportRun = Of<'BoardImportRun'>
export type ImportKind = 'cases' | 'servers'
export type TaskSummary = Of<'BoardTask'>
export type TaskDetail = Of<'BoardTaskDetail'>
export type TaskState = TaskSummary['state']
export type DaySummary = Of<'BoardDay'>
export type DayView = Of<'BoardDayView'>
export type RosterEntry = Of<'BoardRosterEntry'>
export type RosterAsked = Schemas['BoardRosterAsked']
export type RouteSummary = Of<'BoardRouteSummary'>
export type Visit = Of<'BoardVisit'>
export type VisitState = Visit['state']
export type ReviewRow = Of<'BoardReview'>
export type Finding = Of<'BoardFinding'>
export type FindingState = Finding['state']
export type ReviewState = Visit['review']['state']
export type PlanSummary = Of<'BoardPlanSummary'>
export type Plan = Of<'BoardPlan'>
export type PlanRoute = Plan['routes'][number]
export type Unplanned = Plan['unplanned'][number]
export type Selection = Of<'BoardSelection'>
export type SelectionRow = Selection['candidates'][number]
export type Price = Of<'BoardPrice'>
export type Batch = Of<'BoardBatch'>
export type Replan = Of<'BoardReplan'>
export type ReplanAsked = Schemas['BoardReplanAsked']
export type HappeningKind = ReplanAsked['kind']
export type PlanChange = Replan['changes'][number]
export type VisitWhy = Of<'BoardVisitWhy'>
export type Study = Of<'BoardStudy'>
export type StudyRow = Study['rows'][number]
export type StudySummary = Of<'BoardStudySummary'>
export type StudyAsked = Schemas['BoardStudyAsked']
export type Suggested = Of<'BoardSuggested'>
export type Fix = NonNullable<VisitDetail['evidence'][number]['fix']>
export type EvidenceItem = VisitDetail['evidence'][number]
export type Paper = VisitDetail['papers'][number]
export type VisitDetail = Of<'BoardVisitDetail'>
export type Position = Of<'BoardPosition'>
export type Mileage = Of<'BoardMileage'>
export type Person = Of<'BoardPerson'>
export type BindCode = Of<'BoardBindCode'>
export interface Paged<T> {
  items: T[]
  total: number
  page: number
  page_size: number
}

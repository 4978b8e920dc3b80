/** What the API answers, as the pages use it. Field names and shapes are those of docs/openapi.json. */

export type LngLat = [number, number]

export interface Paged<T> {
  items: T[]
  total: number
  page: number
  page_size: number
}

export interface Court {
  code: string
  name: string
}

export interface Me {
  person: { id: string; name: string; staff_no: string; roles: string[]; court: Court }
  permissions: string[]
  csrf: string
  live_url: string
  today: string
  map: { provider: 'tianditu' | 'amap' | null; key?: string | null }
}

export interface ImportProblem {
  row: number
  column: string
  code: string
  reason: string
  value: string | null
}

export type ImportKind = 'cases' | 'servers'

export interface ImportRun {
  id: string
  kind: ImportKind
  filename: string
  day?: string | null
  state: 'queued' | 'running' | 'done' | 'failed'
  rows_total: number
  rows_done: number
  counts: Partial<Record<'rows' | 'created' | 'updated' | 'unchanged' | 'bad', number>>
  problems: ImportProblem[]
  failure: { title?: string; code?: string } | null
  created_at?: string
  finished_at?: string | null
}

export type TaskState = 'pending_review' | 'in_progress' | 'completed' | 'returned' | 'withdrawn'

export interface TaskRecipient {
  id: string
  name: string
  kind: string
  standing?: string | null
  id_mask?: string | null
  phone_mask?: string | null
  address: string
  address_basis?: string | null
  state: string
  lock?: { channel: string; rule: string; at?: string } | null
  served_at?: string | null
}

export interface TaskAttempt {
  id: string
  recipient_id: string
  channel: string
  rule: string
  state: string
  opened_at: string
  closed_at?: string | null
  outcome?: string | null
}

export interface TaskStep {
  id?: string
  at: string
  by_name: string
  what: string
  text: string
  recipient_id?: string | null
  receipt?: string | null
}

export interface TaskSummary {
  id: string
  case_number: string
  case_kind?: string
  cause?: string | null
  procedure?: string | null
  judge_name?: string | null
  clerk_name?: string | null
  channel: string
  state: TaskState
  return_reason?: string | null
  due_on: string
  hearing_at?: string | null
  version: number
  recipients: TaskRecipient[]
  documents: { name: string; copies: number }[]
  remarks?: string[]
  windows?: [number, number][]
  updated_at?: string
}

export interface TaskDetail extends TaskSummary {
  attempts: TaskAttempt[]
  steps: TaskStep[]
}

export interface DaySummary {
  date: string
  visits: number
  servers: number
  plan_state: string | null
  done: number
}

export interface RosterEntry {
  server_id: string
  staff_no: string
  name: string
  mode: string
  shift: [number, number]
  break: [number, number] | null
  max_stops: number
  skills: string[]
  start: { point?: { lng: number; lat: number; datum: string }; wgs84: LngLat }
  status: 'on_duty' | 'off'
}

export type VisitState = 'open' | 'assigned' | 'accepted' | 'departed' | 'arrived' | 'ended' | 'withdrawn'
export type ReviewState = 'none' | 'pending' | 'accepted' | 'sent_back'

export interface Visit {
  id: string
  state: VisitState
  version: number
  date?: string
  task_id?: string
  case_number: string
  cause: string | null
  recipient_name: string
  recipient_kind: string
  address: string
  wgs84: LngLat | null
  windows: [number, number][]
  minutes: number
  crew: number
  skills: string[]
  due_on: string
  hearing_at: string | null
  remarks: string[]
  server_id: string | null
  second_server_id: string | null
  position: number | null
  second_position?: number | null
  planned_arrive_at: string | null
  planned_leave_at: string | null
  review: { state: ReviewState; reason: string | null; round?: number }
  outcome: { code: string; label: string; happened_at?: string } | null
  rule: string
  rule_text?: string
  building: string | null
}

export interface PlanStop {
  visit_id: string
  role: string
  arrive_s: number
  start_s: number
  leave_s: number
  travel_s: number
  travel_m: number
}

export interface PlanRoute {
  server_id: string
  stops: PlanStop[]
  breaks: [number, number][]
  distance_m: number
  back_s: number
}

export type PlanState = 'queued' | 'running' | 'stopping' | 'done' | 'failed' | 'published' | 'superseded'

export interface PlanProgress {
  elapsed_s?: number
  objective?: number
  planned?: number
  unplanned?: number
  distance_m?: number
}

export interface Unplanned {
  visit_id: string
  reasons: { code: string; text: string }[]
}

export interface Plan {
  id: string
  number: number
  state: PlanState
  seconds: number
  seed: number
  progress: PlanProgress
  routes: PlanRoute[]
  unplanned: Unplanned[]
  totals: { planned?: number; unplanned?: number; distance_m?: number; travel_s?: number; servers_used?: number }
  failure?: { title?: string } | null
  queued_at?: string
  finished_at?: string | null
  published_at?: string | null
}

export interface DayView {
  date: string
  roster: RosterEntry[]
  visits: Visit[]
  plan: Plan | null
  totals: { visits: number; open: number; assigned: number; done: number; km_planned: number; km_tracked: number }
}

export interface SelectionRow {
  task_id: string
  recipient_id: string
  rule: string
  rule_text: string
  case_number?: string
  recipient_name?: string
  address?: string
}

export interface Selection {
  created: number
  candidates: SelectionRow[]
  skipped: SelectionRow[]
}

export interface Price {
  minutes: number
  km: number
  broken: { visit_id: string; code: string; text: string }[]
}

export interface Batch {
  batch_id: string
  moved: number | string[]
  refused: { visit_id: string; code?: string; title?: string }[]
}

export interface Fix {
  point?: { lng: number; lat: number; datum: string }
  wgs84?: LngLat | null
  accuracy_m: number
  provider: string
  at: string
}

export interface EvidenceItem {
  id: string
  kind: string
  label: string
  sha256: string
  size: number
  media_type: string
  captured_at: string
  received_at?: string
  fix: Fix | null
  distance_m: number | null
  url: string
  thumb_url: string | null
  warnings?: string[]
}

export interface Paper {
  id: string
  kind: 'proof' | 'report'
  version: number
  number: string
  pages: number
  made_at: string
  url: string
}

export interface VisitProgress {
  kind: string
  happened_at: string
  received_at: string
  by?: string
  by_name?: string
  fix: Fix | null
  distance_m?: number | null
}

export interface VisitChange {
  at: string
  by_name: string
  what: string
  from_server?: string | null
  to_server?: string | null
  reason?: string | null
}

export interface VisitDetail extends Omit<Visit, 'outcome'> {
  server_name?: string | null
  standing?: string | null
  id_mask?: string | null
  documents?: { name: string; copies: number }[]
  address_basis?: string
  progress: VisitProgress[]
  outcome: {
    code: string
    label: string
    happened_at: string
    received_at?: string
    refusal_reason?: string | null
    left_at_place?: string | null
    note?: string | null
  } | null
  signer: { name: string; relation?: string | null; id_mask?: string | null } | null
  witness: { name: string; unit: string; title?: string | null; phone_mask?: string | null } | null
  evidence: EvidenceItem[]
  papers: Paper[]
  changes: VisitChange[]
  track: LngLat[]
  missing?: { code: string; text: string }[]
}

export interface Position {
  server_id: string
  wgs84: LngLat
  at: string
  accuracy_m: number
}

export interface Mileage {
  server_id: string
  name: string
  planned_m: number
  tracked_m: number
  visits_done: number
}

export interface Person {
  id: string
  name: string
  staff_no: string
  username?: string
  roles: string[]
  bound?: boolean
  active?: boolean
  device?: string | null
}

export interface BindCode {
  bind_code: string
  expires_at: string
}

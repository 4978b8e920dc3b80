/**
 * Accounts, rights, audit and what is shown on request: the calls of the administration pages, with their types.
 * Times are ISO 8601 with offset; `…_on` are dates of the court (Asia/Shanghai).
 */
import { fetchFile, send } from './client'
import type { Me, Paged } from './types'

export type ScopeCode = 'own' | 'division' | 'court' | 'below'
export type Next = 'done' | 'second_factor' | 'enrol' | 'password'
export type Duty = 'case' | 'people' | 'system' | 'security' | 'audit' | 'common'

/** The answer of every step of signing in. */
export interface Stepped { csrf: string; me: Me; next: Next }
export interface Ways { password: boolean; oidc: { provider: string; label: string }[]; ldap: boolean }
export interface Scan { challenge: string; qr_svg: string; expires_at: string }
export interface ScanState { state: 'waiting' | 'confirmed' | 'expired'; next?: Next; csrf?: string; me?: Me }
export interface Totp { enrolled: boolean; confirmed_at: string | null; recovery_left: number }
export interface NewTotp { secret: string; uri: string; qr_svg: string }
export interface Confirmed extends Stepped { recovery_codes: string[] }
export interface SessionRow {
  id: string
  kind: 'web' | 'phone'
  how: string
  device: string | null
  agent: string | null
  remote: string | null
  created_at: string
  last_seen_at: string | null
  expires_at: string
  this?: boolean
}

export interface Named { id: string; name: string }
export interface CourtName { code: string; name: string }
export interface Grant { role: string; role_name?: string; scope: ScopeCode | null; until_on: string | null; from_group?: string | null }
export interface GrantAsked { role: string; scope?: ScopeCode; until_on?: string }
export interface Secondment {
  id: string
  court: CourtName
  division: Named | string | null
  grants: Grant[]
  from_on: string
  until_on: string
}
export interface Agreement { signed_on: string; until_on: string | null }
export interface Person {
  id: string
  version: number
  court: CourtName
  division: Named | null
  username: string
  name: string
  staff_no: string
  roles: string[]
  role_names: string[]
  grants: Grant[]
  groups: Named[]
  secondments: Secondment[]
  agreement: Agreement | null
  joined_on: string | null
  left_on: string | null
  leave_reason: string | null
  active: boolean
  bound: boolean
  second_factor: boolean
  must_change_password: boolean
  last_seen_at: string | null
}
export interface Right { code: string; label: string; scope: ScopeCode; seat: string }
export type PersonDetail = Person & { permissions: Right[] }
export interface PeopleAsked {
  q?: string
  role?: string
  group?: string
  division?: string
  state?: 'active' | 'left' | 'all'
  page?: number
  page_size?: number
}
export interface NewPerson { username: string; name: string; staff_no: string; division?: string; joined_on?: string; password?: string | null }
export interface Turnover { from: string; to: string; at_start: number; joined: number; left: number; at_end: number; rate: number | null; definition: string }

export interface Group { id: string; name: string; grants: Grant[]; version: number; members?: (Named & { staff_no: string })[] }
export interface Role {
  id: string
  court: string | null
  seeded: boolean
  name: string
  permissions: string[]
  grants: string[]
  scope: ScopeCode
  privileged: boolean
  holders: number
  version: number
  editable: boolean
}
export interface Permission {
  code: string
  label: string
  duty: Duty
  duty_label: string
  group: string
  may_grant: boolean
  up_to: ScopeCode | null
}
export interface CourtRow { code: string; name: string; level: number; parent: string | null; version: number }
export interface Division { id: string; name: string; active: boolean; version: number; people: number }

export type AuditResult = 'done' | 'refused' | 'failed' | 'unknown'
export interface AuditRow {
  id: string
  seq: number
  court: string
  at: string
  action: string
  action_label: string
  result: AuditResult
  result_label: string
  /** Empty id: nobody was signed in, or the system itself. */
  person: { id: string; name: string; court: string }
  roles: string[]
  kind: string
  /** Empty type: no object. */
  object: { type: string; id: string; label: string }
  remote: string
  request_id: string
  code: string
  before: Record<string, unknown>
  after: Record<string, unknown>
  detail: Record<string, unknown>
}
/** `from` ≤ at < `to`: instants with their offset. */
export interface AuditAsked {
  person_id?: string
  object_type?: string
  object_id?: string
  action?: string
  result?: string
  value?: string
  text?: string
  from?: string
  to?: string
  page?: number
}
export interface AuditStatistics {
  total: number
  refused: number
  days: { date: string; total: number; refused: number }[]
  /** By the first word of the action. */
  actions: { action: string; label: string; total: number; refused: number }[]
  people: { id: string; name: string; total: number; refused: number }[]
}
export interface Checkpoint { court: string; size: number; root: string; at: string; stamped_at: string | null }
export interface AuditReport {
  court: string
  entries: number
  archived: number
  checkpoints: number
  stamped: number
  stamps_checked: number
  ok: boolean
  first_bad: { where: string; what: string; seq: number | null; id: string } | null
}
export interface Verification { job: string; state: string; entries_total: number; entries_done: number; ok: boolean | null; reports: AuditReport[] }
export interface Alert {
  id: string
  court: string
  kind: string
  kind_label: string
  person: { id: string; name: string | null }
  at: string
  count: number
  /** The hour it was counted in, ISO 8601. */
  window: string
  state: 'open' | 'settled'
  settled_by: string | null
  settled_at: string | null
  note: string | null
  version: number
}
export interface FoundParty { party_id: string; name: string; id_mask: string | null; phone_mask: string | null; case_number: string; task_ids: string[] }
export type PersonalField = 'id_number' | 'phone' | 'address'
export interface CourtFigures {
  code: string
  name: string
  level: number
  tasks: number
  open: number
  overdue: number
  completed: number
  visits: number
  visits_done: number
}
export interface Overview { from: string; to: string; courts: CourtFigures[] }
/** A target counted under one reading of its words; `value` is a share of 1, or days. */
export interface TargetReading { code: string; text: string; numerator: number; denominator: number; value: number | null; met: boolean | null }
export interface Target {
  check: string
  code: string
  text: string
  numerator: string
  denominator: string
  excluded: string
  threshold: number
  sense: 'at_least' | 'above' | 'at_most' | 'below'
  unit: string
  /** The reading that counts. */
  chosen: string
  met: boolean | null
  /** What is not recorded yet, so that nothing can be counted. */
  lacking: string
  readings: TargetReading[]
}
export interface Targets {
  from: string
  to: string
  tasks: number
  measures: Target[]
  volumes: { check: string; code: string; text: string; foreseen: number; done: number; left: number }[]
  prices: { code: string; text: string; fen: number }[]
}

const items = <T>(list: { items: T[] }): T[] => list.items
const at = (...parts: string[]): string => parts.map(encodeURIComponent).join('/')

export const door = {
  signIn: (username: string, password: string) => send<Stepped>('POST', '/api/session', { body: { username, password } }),
  ways: () => send<Ways>('GET', '/api/session/ways'),
  code: (code: string) => send<Stepped>('POST', '/api/session/second-factor', { body: { code } }),
  scan: () => send<Scan>('POST', '/api/session/scan'),
  scanned: () => send<ScanState>('GET', '/api/session/scan'),
  oidcUrl: (provider: string) => `/api/session/oidc/${at(provider)}/start`,
}

export const mine = {
  changePassword: (old: string, now: string) => send<Stepped>('PUT', '/api/me/password', { body: { old, new: now } }),
  totp: () => send<Totp>('GET', '/api/me/totp'),
  newTotp: () => send<NewTotp>('POST', '/api/me/totp'),
  confirmTotp: (code: string) => send<Confirmed>('POST', '/api/me/totp/confirm', { body: { code } }),
  dropTotp: (code: string) => send<void>('DELETE', '/api/me/totp', { body: { code } }),
  sessions: () => send<{ items: SessionRow[] }>('GET', '/api/me/sessions').then(items),
  endSession: (id: string) => send<void>('DELETE', `/api/me/sessions/${at(id)}`),
}

const BOARD = '/api/board'
const person = (id: string, rest = '') => `${BOARD}/people/${at(id)}${rest}`
export const people = {
  list: (query: PeopleAsked) => send<Paged<Person>>('GET', `${BOARD}/people`, { query: { ...query } }),
  get: (id: string) => send<PersonDetail>('GET', person(id)),
  create: (body: NewPerson) => send<{ person: Person; one_time_password: string | null }>('POST', `${BOARD}/people`, { body }),
  change: (id: string, body: { version: number; name?: string; staff_no?: string; division?: string | null; joined_on?: string | null }) =>
    send<PersonDetail>('PATCH', person(id), { body }),
  agree: (id: string, body: { version: number; signed_on: string; until_on?: string }) => send<PersonDetail>('PUT', person(id, '/agreement'), { body }),
  leave: (id: string, body: { version: number; left_on: string; reason: string; force?: boolean }) => send<PersonDetail>('POST', person(id, '/leave'), { body }),
  comeBack: (id: string, body: { version: number; joined_on: string }) => send<PersonDetail>('POST', person(id, '/return'), { body }),
  grant: (id: string, body: { version: number; grants: GrantAsked[]; groups: string[] }) => send<PersonDetail>('PUT', person(id, '/grants'), { body }),
  second: (id: string, body: { version: number; court: string; division?: string; grants: GrantAsked[]; from_on: string; until_on: string }) =>
    send<PersonDetail>('POST', person(id, '/secondments'), { body }),
  endSecondment: (id: string, which: string, version: number) => send<unknown>('DELETE', person(id, `/secondments/${at(which)}`), { query: { version } }),
  resetPassword: (id: string, version: number) => send<{ one_time_password: string }>('POST', person(id, '/password-reset'), { body: { version } }),
  dropSecondFactor: (id: string, version: number) => send<unknown>('DELETE', person(id, '/second-factor'), { query: { version } }),
  sessions: (id: string) => send<{ items: SessionRow[] }>('GET', person(id, '/sessions')).then(items),
  endSession: (id: string, which: string) => send<void>('DELETE', person(id, `/sessions/${at(which)}`)),
  endSessions: (id: string) => send<{ ended: number }>('DELETE', person(id, '/sessions')),
  lostPhone: (id: string, version: number) => send<{ ended: number }>('POST', person(id, '/lost-phone'), { body: { version } }),
  turnover: (from: string, to: string) => send<Turnover>('GET', `${BOARD}/people/turnover`, { query: { from, to } }),
}

export const groups = {
  list: () => send<{ items: Group[] }>('GET', `${BOARD}/groups`).then(items),
  get: (id: string) => send<Group>('GET', `${BOARD}/groups/${at(id)}`),
  create: (body: { name: string; grants: GrantAsked[] }) => send<Group>('POST', `${BOARD}/groups`, { body }),
  change: (id: string, body: { version: number; name?: string; grants?: GrantAsked[] }) => send<Group>('PATCH', `${BOARD}/groups/${at(id)}`, { body }),
  remove: (id: string, version: number) => send<void>('DELETE', `${BOARD}/groups/${at(id)}`, { query: { version } }),
}

export const roles = {
  list: () => send<{ items: Role[] }>('GET', `${BOARD}/roles`).then(items),
  permissions: () => send<{ items: Permission[] }>('GET', `${BOARD}/permissions`).then(items),
  create: (body: { name: string; permissions: string[]; grants: string[]; scope: ScopeCode; privileged?: boolean; copy_of?: string }) => send<Role>('POST', `${BOARD}/roles`, { body }),
  change: (id: string, body: { version: number; name?: string; permissions?: string[]; scope?: ScopeCode; privileged?: boolean }) =>
    send<Role>('PATCH', `${BOARD}/roles/${at(id)}`, { body }),
  remove: (id: string, version: number) => send<void>('DELETE', `${BOARD}/roles/${at(id)}`, { query: { version } }),
}

export const courts = {
  list: (below?: string) => send<{ items: CourtRow[] }>('GET', `${BOARD}/courts`, { query: { below } }).then(items),
  create: (body: { code: string; name: string; level: number; parent: string }) => send<CourtRow>('POST', `${BOARD}/courts`, { body }),
  change: (code: string, body: { version: number; name: string }) => send<CourtRow>('PATCH', `${BOARD}/courts/${at(code)}`, { body }),
  divisions: () => send<{ items: Division[] }>('GET', `${BOARD}/divisions`).then(items),
  addDivision: (name: string) => send<Division>('POST', `${BOARD}/divisions`, { body: { name } }),
  changeDivision: (id: string, body: { version: number; name?: string; active?: boolean }) => send<Division>('PATCH', `${BOARD}/divisions/${at(id)}`, { body }),
}

export const audit = {
  list: (query: AuditAsked) => send<Paged<AuditRow> & { capped: boolean }>('GET', `${BOARD}/audit`, { query: { ...query } }),
  statistics: (from: string, to: string) => send<AuditStatistics>('GET', `${BOARD}/audit/statistics`, { query: { from, to } }),
  file: (query: AuditAsked) => fetchFile(`${BOARD}/audit/export.csv`, { ...query }),
  checkpoints: () => send<{ items: Checkpoint[] }>('GET', `${BOARD}/audit/checkpoints`).then(items),
  verify: () => send<Verification>('POST', `${BOARD}/audit/verify`),
  verified: (job: string) => send<Verification>('GET', `${BOARD}/audit/verify/${at(job)}`),
}

export const alerts = {
  list: (query: { state?: 'open' | 'settled'; page?: number }) => send<Paged<Alert>>('GET', `${BOARD}/alerts`, { query }),
  settle: (id: string, body: { version: number; note: string }) => send<Alert>('POST', `${BOARD}/alerts/${at(id)}/settle`, { body }),
}

export const parties = {
  search: (body: { phone: string } | { id_number: string }) => send<{ items: FoundParty[] }>('POST', `${BOARD}/parties/search`, { body }).then(items),
  unmask: (taskId: string, body: { recipient_id: string; field: PersonalField; reason: string }) =>
    send<{ field: string; value: string }>('POST', `${BOARD}/tasks/${at(taskId)}/unmask`, { body }),
}

export const overview = {
  get: (from: string, to: string) => send<Overview>('GET', `${BOARD}/overview`, { query: { from, to } }),
  targets: (from: string, to: string) => send<Targets>('GET', `${BOARD}/targets`, { query: { from, to } }),
}

/** `npm run dev`: made-up people, roles and log rows for the administration pages. Never part of a build. */
import type * as api from '../src/api/admin.ts'

const CODES: [string, string, api.Duty, string, string][] = [
  ['session.finish', '完成登录', 'common', '通用', '账号'],
  ['me.view', '查看和管理本人账号', 'common', '通用', '账号'],
  ['imports.view', '查看导入记录', 'case', '送达业务', '导入'],
  ['imports.create', '导入任务和人员清单', 'case', '送达业务', '导入'],
  ['tasks.view', '查看送达任务', 'case', '送达业务', '任务'],
  ['tasks.review', '审核送达任务', 'case', '送达业务', '任务'],
  ['parties.search', '按证件号或电话查找当事人', 'case', '送达业务', '任务'],
  ['personal.unmask', '查看完整的证件号、电话和地址', 'case', '送达业务', '任务'],
  ['privacy.shred', '销毁当事人个人信息', 'case', '送达业务', '任务'],
  ['dispatch.view', '查看派单日程', 'case', '送达业务', '派单'],
  ['dispatch.plan', '筛选和规划派单', 'case', '送达业务', '派单'],
  ['dispatch.publish', '发布派单方案', 'case', '送达业务', '派单'],
  ['dispatch.assign', '调整派单', 'case', '送达业务', '派单'],
  ['roster.view', '查看排班', 'case', '送达业务', '派单'],
  ['roster.edit', '编辑排班', 'case', '送达业务', '派单'],
  ['reviews.view', '查看送达结果审核', 'case', '送达业务', '审核'],
  ['reviews.decide', '审核送达结果', 'case', '送达业务', '审核'],
  ['evidence.view', '查看证据材料', 'case', '送达业务', '审核'],
  ['papers.view', '查看和下载文书', 'case', '送达业务', '审核'],
  ['papers.make', '重新生成文书', 'case', '送达业务', '审核'],
  ['overview.view', '查看辖区送达概况', 'case', '送达业务', '概况'],
  ['phone.work', '使用送达小程序', 'case', '送达业务', '小程序'],
  ['judge.view', '查看本人案件的送达进度', 'case', '送达业务', '法官端'],
  ['people.view', '查看人员', 'people', '人员管理', '人员'],
  ['people.edit', '登记、修改、停用人员和保密协议', 'people', '人员管理', '人员'],
  ['people.bind', '发放小程序绑定码', 'people', '人员管理', '人员'],
  ['people.grant', '授予和收回角色、用户组、借调', 'people', '人员管理', '人员'],
  ['sessions.end', '结束他人的登录、挂失手机', 'people', '人员管理', '人员'],
  ['groups.view', '查看用户组', 'people', '人员管理', '用户组'],
  ['groups.edit', '编辑用户组', 'people', '人员管理', '用户组'],
  ['roles.view', '查看角色和权限', 'people', '人员管理', '角色'],
  ['roles.edit', '编辑本院角色', 'people', '人员管理', '角色'],
  ['courts.view', '查看法院和庭室', 'people', '人员管理', '法院'],
  ['divisions.edit', '编辑庭室', 'people', '人员管理', '法院'],
  ['courts.edit', '编辑法院目录', 'system', '系统管理', '法院'],
  ['keys.view', '查看加密密钥状态', 'system', '系统管理', '密钥'],
  ['keys.rotate', '轮换加密密钥', 'system', '系统管理', '密钥'],
  ['alerts.view', '查看安全告警', 'security', '安全管理', '告警'],
  ['alerts.settle', '处理安全告警', 'security', '安全管理', '告警'],
  ['audit.view', '检索操作日志', 'audit', '安全审计', '日志'],
  ['audit.export', '导出操作日志', 'audit', '安全审计', '日志'],
  ['audit.verify', '校验操作日志', 'audit', '安全审计', '日志'],
]
const SEEDED: [string, string, api.ScopeCode, boolean, string][] = [
  ['court_admin', '法院管理员', 'court', true, 'courts.view dispatch.assign dispatch.plan dispatch.publish dispatch.view divisions.edit evidence.view groups.edit groups.view imports.create imports.view me.view overview.view papers.make papers.view parties.search people.bind people.edit people.grant people.view personal.unmask privacy.shred reviews.decide reviews.view roles.edit roles.view roster.edit roster.view session.finish sessions.end tasks.review tasks.view'],
  ['manager', '送达管理员', 'court', false, 'courts.view dispatch.assign dispatch.plan dispatch.publish dispatch.view evidence.view imports.create imports.view me.view papers.view parties.search people.bind people.view personal.unmask reviews.view roster.edit roster.view session.finish tasks.view'],
  ['specialist', '送达专员', 'court', false, 'dispatch.view evidence.view imports.create imports.view me.view papers.make papers.view parties.search personal.unmask reviews.decide reviews.view roster.view session.finish tasks.review tasks.view'],
  ['process_server', '外出送达员', 'own', false, 'me.view phone.work session.finish'],
  ['onsite', '驻场人员', 'division', false, 'imports.create imports.view me.view papers.view parties.search session.finish tasks.review tasks.view'],
  ['call_agent', '电话送达坐席', 'court', false, 'me.view session.finish tasks.view'],
  ['judge', '承办法官', 'own', false, 'judge.view me.view session.finish'],
  ['clerk', '书记员', 'own', false, 'judge.view me.view session.finish'],
  ['leader', '院领导', 'below', false, 'courts.view dispatch.view me.view overview.view papers.view reviews.view session.finish tasks.view'],
  ['supervisor', '安全管理员', 'below', true, 'alerts.settle alerts.view courts.view groups.edit groups.view me.view people.grant people.view roles.edit roles.view session.finish sessions.end'],
  ['security_auditor', '安全审计员', 'below', true, 'audit.export audit.verify audit.view courts.view me.view session.finish'],
  ['system_admin', '系统管理员', 'below', true, 'courts.edit courts.view divisions.edit keys.rotate keys.view me.view people.bind people.edit people.view session.finish'],
]
/** The permissions of one role; of every role together when it is not named. */
export const everyCode = (role: string): string[] => SEEDED.find(([id]) => id === role)?.[4].split(' ') ?? CODES.map(([code]) => code)

type Body = Record<string, unknown>
interface Call { query: URLSearchParams; body: Body; id: string }
type Route = [string, RegExp, (call: Call) => unknown]

const HOME = { code: '京0102', name: '北京市西城区人民法院' }
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10)
const whole = <T>(items: T[]) => ({ items, total: items.length, page: 1, page_size: 50 })
const SECURITY = ['system', 'security', 'audit']

const permissions: api.Permission[] = CODES.map(([code, label, duty, duty_label, group]) => ({
  code, label, duty, duty_label, group, may_grant: !SECURITY.includes(duty), up_to: SECURITY.includes(duty) ? null : 'court',
}))
const roles: api.Role[] = [
  ...SEEDED.map(([id, name, scope, privileged, codes], i) => ({
    id, court: null, seeded: true, name, permissions: codes.split(' '), grants: [], scope, privileged, holders: (i * 7) % 23, version: 1, editable: false,
  })),
  { id: 'own1', court: '京0102', seeded: false, name: '送达组长', permissions: ['session.finish', 'me.view', 'tasks.view', 'tasks.review', 'dispatch.view', 'dispatch.assign', 'reviews.view'], grants: [], scope: 'division', privileged: false, holders: 2, version: 3, editable: true },
]
const divisions: api.Division[] = ['立案庭', '民事审判第一庭', '民事审判第二庭', '送达中心'].map((name, i) => ({ id: `d${i + 1}`, name, active: i !== 2, version: 1, people: 4 + i }))
const groups: api.Group[] = [
  { id: 'g1', name: '城区外勤一组', grants: [{ role: 'process_server', role_name: '外出送达员', scope: null, until_on: null }], version: 1, members: [{ id: 'p3', name: '外勤人员03', staff_no: 'WQ003' }] },
  { id: 'g2', name: '年底清理专班', grants: [{ role: 'specialist', role_name: '送达专员', scope: 'division', until_on: day(-40) }, { role: 'own1', role_name: '送达组长', scope: null, until_on: null }], version: 2, members: [] },
]

const NAMES = ['送达管理员01', '送达专员02', '外勤人员03', '外勤人员04', '驻场人员05', '院领导06', '书记员07', '承办法官08', '外勤人员09', '安全审计员10']
const ROLE_OF = ['manager', 'specialist', 'process_server', 'process_server', 'onsite', 'leader', 'clerk', 'judge', 'process_server', 'security_auditor']
const roleName = (code: string) => roles.find((role) => role.id === code)?.name ?? code
const heldBy = (i: number, role: string): api.Grant[] => {
  const own: api.Grant = { role, role_name: roleName(role), scope: null, until_on: i === 1 ? day(-60) : null, from_group: null }
  return i === 2 ? [own, { ...own, from_group: 'g1' }] : [own]
}
const signed = (i: number) => (i % 4 === 3 ? null : { signed_on: day(300), until_on: i % 5 === 2 ? day(3) : day(-430) })
const left = (i: number) => (i === 8 ? { left_on: day(12), leave_reason: '合同到期' } : { left_on: null, leave_reason: null })
const LENT: api.Secondment = { id: 's1', court: { code: '京02', name: '北京市第二中级人民法院' }, division: null, grants: [{ role: 'specialist', role_name: '送达专员', scope: 'court', until_on: null }], from_on: day(20), until_on: day(-40) }
const people: api.PersonDetail[] = NAMES.map((name, i) => {
  const role = ROLE_OF[i] ?? 'manager'
  return {
    id: `p${i + 1}`, version: 4, court: HOME, division: i % 3 ? { id: 'd4', name: '送达中心' } : null, username: `user${i + 1}`, name, staff_no: `GH${100 + i}`,
    roles: [role], role_names: [roleName(role)],
    grants: heldBy(i, role),
    groups: i === 2 ? [{ id: 'g1', name: '城区外勤一组' }] : [],
    secondments: i === 1 ? [LENT] : [],
    agreement: signed(i), joined_on: day(500 - i * 30), ...left(i),
    active: i !== 8, bound: i === 2, second_factor: i < 2, must_change_password: i === 3, last_seen_at: i === 3 ? null : ago(i * 37 + 3),
    permissions: permissions.filter((one) => roles.find((r) => r.id === role)?.permissions.includes(one.code)).map((one) => ({ code: one.code, label: one.label, scope: 'court', seat: '北京市西城区人民法院' })),
  }
})
const EMPTY: Omit<api.PersonDetail, 'id' | 'name' | 'username' | 'staff_no'> = {
  version: 1, court: HOME, division: null, roles: [], role_names: [], grants: [], groups: [], secondments: [], agreement: null, joined_on: day(0), left_on: null, leave_reason: null, active: true, bound: false, second_factor: false, must_change_password: true, last_seen_at: null, permissions: [],
}
const person = (id: string) => people.find((one) => one.id === id) ?? people[0]
const sessions = (): api.SessionRow[] => [
  { id: 's1', kind: 'web', how: 'password', device: null, agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0', remote: '10.2.3.4', created_at: ago(180), last_seen_at: ago(1), expires_at: ago(-600), this: true },
  { id: 's2', kind: 'phone', how: 'wechat', device: 'HUAWEI Mate 60', agent: null, remote: '10.2.9.8', created_at: ago(3000), last_seen_at: ago(30), expires_at: ago(-6000) },
]
const QR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path fill="#fff" d="M0 0h21v21H0z"/><path d="M1 1h6v6H1zm13 0h6v6h-6zM1 14h6v6H1zM3 9h2v2H3zm6 0h4v1H9zm2 3h3v2h-3zm4 3h2v4h-2zm-6 2h3v2H9z"/></svg>'

const courts: api.CourtRow[] = [
  { code: '最高法', name: '最高人民法院', level: 1, parent: null, version: 1 }, { code: '京', name: '北京市高级人民法院', level: 2, parent: '最高法', version: 1 },
  { code: '京02', name: '北京市第二中级人民法院', level: 3, parent: '京', version: 1 }, { code: '京0101', name: '北京市东城区人民法院', level: 4, parent: '京02', version: 1 },
  { code: '京0102', name: '北京市西城区人民法院', level: 4, parent: '京02', version: 1 }, { code: '京0106', name: '北京市丰台区人民法院', level: 4, parent: '京02', version: 1 },
]

const DEEDS: [string, string, string, string][] = [
  ['personal.unmask', '查看完整个人信息', 'task', '（2026）京0102民初10265号'], ['people.grant', '授予角色', 'person', '外勤人员03'], ['session.open', '登录', 'session', '网页'],
  ['visit.assign', '分派上门', 'visit', '受送达人甲'], ['paper.file', '下载文书', 'paper', '送达回证'], ['tasks.review', '审核任务', 'task', '（2026）京0102民初10301号'],
]
const resultOf = (i: number): api.AuditResult => (i % 11 === 4 ? 'refused' : i % 17 === 9 ? 'failed' : 'done')
const GRANTED = {
  before: { grants: [{ role: 'specialist', scope: 'division' }], groups: [] },
  after: { grants: [{ role: 'specialist', scope: 'court' }, { role: 'manager' }], groups: ['城区外勤一组'] },
}
const someone = (i: number) => (i % 13 === 7 ? { kind: 'public', person: { id: '', name: '', court: '' }, roles: [] } : { kind: 'web', person: { id: `p${(i % 8) + 1}`, name: NAMES[i % 8] ?? '', court: '京0102' }, roles: [ROLE_OF[i % 8] ?? ''] })
const rows: api.AuditRow[] = Array.from({ length: 64 }, (_, i) => {
  const [action, action_label, type, label] = DEEDS[i % DEEDS.length]!
  const result = resultOf(i)
  return {
    id: `a${i}`, seq: 9200 - i, court: '京0102', at: ago(i * 23 + 2), action, action_label, result, result_label: '', ...someone(i), object: { type, id: `6b1f0c9e${i}`, label: '' },
    remote: '10.2.3.4', request_id: `r${1000 + i}`, code: result === 'refused' ? 'auth.forbidden' : '', ...(action === 'people.grant' ? GRANTED : { before: {}, after: {} }),
    detail: action === 'personal.unmask' ? { field: 'phone', reason: '电话联系受送达人', case_number: label } : {},
  }
})
const ALERTS: api.Alert[] = ['短时间内查看大量个人信息', '短时间内多次越权访问被拒', '短时间内多次登录失败'].map((kind_label, i) => ({
  id: `al${i}`, court: '京0102', kind: 'unmask', kind_label, person: { id: `p${i + 1}`, name: NAMES[i] ?? null }, at: ago(i * 400 + 12), count: 34 - i * 9, window: ago(60), state: i === 2 ? 'settled' : 'open', settled_by: i === 2 ? '安全管理员11' : null, settled_at: i === 2 ? ago(90) : null, note: i === 2 ? '本人忘记密码，已核实并重置' : null, version: 1,
}))
let job = 0

const verification = (): api.Verification => ({
  job: 'j', state: job < 9200 ? 'running' : 'done', entries_total: 9200, entries_done: Math.min(job, 9200), ok: job < 9200 ? null : true,
  reports: job < 9200 ? [] : [{ court: '京0102', entries: 9200, archived: 0, checkpoints: 12, stamped: 11, stamps_checked: 11, ok: true, first_bad: null }],
})

export const adminRoutes = (me: () => Record<string, unknown>): Route[] => [
  ['GET', /^\/api\/session\/ways$/, () => ({ password: true, oidc: [{ provider: 'court', label: '法院统一身份认证' }], ldap: false })],
  ['POST', /^\/api\/session\/second-factor$/, ({ body }) => {
    if (body['code'] === '000000') throw Object.assign(new Error('动态口令不正确或已使用过'), { status: 401, code: 'auth.wrong_code' })
    return { csrf: 'c', me: me(), next: 'done' }
  }],
  ['POST', /^\/api\/session\/scan$/, () => ({ challenge: 'x', qr_svg: QR, expires_at: ago(-2) })],
  ['GET', /^\/api\/session\/scan$/, () => ({ state: 'waiting', next: 'second_factor' })],
  ['PUT', /^\/api\/me\/password$/, () => ({ csrf: 'c', me: me(), next: 'done' })],
  ['GET', /^\/api\/me\/totp$/, () => ({ enrolled: true, confirmed_at: ago(90_000), recovery_left: 7 })],
  ['POST', /^\/api\/me\/totp$/, () => ({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x', qr_svg: QR })],
  ['POST', /^\/api\/me\/totp\/confirm$/, () => ({ recovery_codes: Array.from({ length: 10 }, (_, i) => `k7q${i}-9xm${i}-ab3d-x2y${i}`), csrf: 'c', me: me(), next: 'done' })],
  ['DELETE', /^\/api\/me\/totp$/, () => null],
  ['GET', /^\/api\/me\/sessions$/, () => whole(sessions())],
  ['DELETE', /^\/api\/me\/sessions\/([^/]+)$/, () => null],
  ['GET', /^\/api\/board\/people$/, ({ query }) => whole(people.filter((one) => (query.get('state') === 'all' || one.active === (query.get('state') !== 'left')) && `${one.name}${one.staff_no}`.includes(query.get('q') ?? '') && one.roles.join().includes(query.get('role') ?? '')))],
  ['GET', /^\/api\/board\/people\/turnover$/, () => ({ from: day(320), to: day(0), at_start: 24, joined: 5, left: 3, at_end: 26, rate: 0.12, definition: '流动率 = 期间离职人数 ÷ 期初期末平均人数' })],
  ['GET', /^\/api\/board\/people\/([^/]+)$/, ({ id }) => person(id)],
  ['POST', /^\/api\/board\/people$/, ({ body }) => {
    const made: api.PersonDetail = { ...EMPTY, id: `p${people.length + 1}`, name: String(body['name']), username: String(body['username']), staff_no: String(body['staff_no']) }
    people.push(made)
    return { person: made, one_time_password: 'mV7k-Qx2p-Lr9d' }
  }],
  ['PUT', /^\/api\/board\/people\/([^/]+)\/grants$/, ({ id, body }) => Object.assign(person(id) ?? {}, { grants: (body['grants'] as api.Grant[]).map((grant) => ({ ...grant, role_name: roleName(grant.role), from_group: null })), version: 9 })],
  ['PATCH', /^\/api\/board\/people\/([^/]+)$/, ({ id, body }) => Object.assign(person(id) ?? {}, { name: body['name'] })],
  ['POST', /^\/api\/board\/people\/([^/]+)\/password-reset$/, () => ({ one_time_password: 'mV7k-Qx2p-Lr9d' })],
  ['GET', /^\/api\/board\/people\/([^/]+)\/sessions$/, () => whole(sessions().map((one) => ({ ...one, this: false })))],
  ['GET', /^\/api\/board\/groups$/, () => whole(groups)],
  ['GET', /^\/api\/board\/groups\/([^/]+)$/, ({ id }) => groups.find((one) => one.id === id)],
  ['GET', /^\/api\/board\/roles$/, () => whole(roles)],
  ['GET', /^\/api\/board\/permissions$/, () => whole(permissions)],
  ['GET', /^\/api\/board\/courts$/, () => whole(courts)],
  ['GET', /^\/api\/board\/divisions$/, () => whole(divisions)],
  ['GET', /^\/api\/board\/audit$/, ({ query }) => {
    const found = rows.filter((row) => (!query.get('person_id') || row.person?.id === query.get('person_id')) && (!query.get('result') || row.result === query.get('result')) && (!query.get('action') || row.action === query.get('action')))
    const at = Number(query.get('page') ?? 1)
    return { items: found.slice((at - 1) * 50, at * 50), total: found.length, page: at, page_size: 50 }
  }],
  ['GET', /^\/api\/board\/audit\/statistics$/, () => ({
    days: Array.from({ length: 26 }, (_, i) => ({ date: day(i), total: 40 + ((i * 37) % 160), refused: (i * 5) % 13 })),
    actions: DEEDS.map(([action, label], i) => ({ action, label, total: 420 - i * 61, refused: i })), people: NAMES.slice(0, 8).map((name, i) => ({ id: `p${i + 1}`, name, total: 300 - i * 33, refused: 0 })), total: 2985, refused: 156,
  })],
  ['GET', /^\/api\/board\/audit\/checkpoints$/, () => whole([{ court: '京0102', size: 9200, root: 'a3f9'.repeat(16), at: ago(40), stamped_at: ago(39) }, { court: '京0102', size: 8100, root: 'b1c2'.repeat(16), at: ago(1480), stamped_at: null }])],
  ['POST', /^\/api\/board\/audit\/verify$/, () => { job = 0; return verification() }],
  ['GET', /^\/api\/board\/audit\/verify\/([^/]+)$/, () => { job += 3200; return verification() }],
  ['GET', /^\/api\/board\/alerts$/, ({ query }) => whole(ALERTS.filter((one) => one.state === (query.get('state') ?? 'open')))],
  ['POST', /^\/api\/board\/alerts\/([^/]+)\/settle$/, ({ id, body }) => Object.assign(ALERTS.find((one) => one.id === id) ?? {}, { state: 'settled', note: body['note'], settled_by: '我', settled_at: ago(0) })],
  ['POST', /^\/api\/board\/parties\/search$/, () => whole([{ party_id: 'x1', name: '受送达人甲', id_mask: '110***********1234', phone_mask: '138****1234', case_number: '（2026）京0102民初10265号', task_ids: ['t1', 't2'] }])],
  ['POST', /^\/api\/board\/tasks\/([^/]+)\/unmask$/, ({ body }) => ({ field: body['field'], value: '13800001234' })],
  ['GET', /^\/api\/board\/overview$/, () => ({ from: day(30), to: day(0), courts: courts.slice(2).map((one, i) => ({ code: one.code, name: one.name, level: one.level, tasks: 420 - i * 70, open: 130 - i * 22, overdue: i ? i * 4 : 0, completed: 290 - i * 48, visits: 300 - i * 30, visits_done: 260 - i * 31 })) })],
]

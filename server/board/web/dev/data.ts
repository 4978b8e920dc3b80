/** Made-up data for working on the pages without a server. Names are invented; places are random points in Beijing. */

let seed = 7
export const random = (): number => {
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed / 2147483648
}
export const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

export const TODAY = '2026-11-24'
const SIZE = process.env.MOCK_LARGE ? { visits: 600, servers: 24 } : { visits: 160, servers: 10 }
const DEPOT: [number, number] = [116.3681, 39.9283]
const CAUSES = ['民间借贷纠纷', '物业服务合同纠纷', '买卖合同纠纷', '机动车交通事故责任纠纷', '继承纠纷', '劳动争议']
const SURNAMES = ['赵', '钱', '孙', '李', '周', '吴', '郑', '王', '冯', '陈']
const REMARKS = ['门禁，需联系物业', '须两人同往', '家中有犬', '需社区人员见证', '白天无人，下班后在家']
const RULES = ['指定直接送达', '电子送达未确认，改为上门', '邮寄被退回，改为上门']

const at = (date: string, seconds: number) => new Date(Date.parse(`${date}T00:00:00+08:00`) + seconds * 1000).toISOString()

export const roster = Array.from({ length: SIZE.servers }, (_, i) => ({
  server_id: `s${i + 1}`, staff_no: `WC${String(i + 1).padStart(3, '0')}`,
  name: `外出送达员${String(i + 1).padStart(2, '0')}`, mode: pick(['car', 'ebike', 'transit']),
  shift: [30600, 63000] as [number, number], break: [43200, 46800] as [number, number], max_stops: 30,
  skills: i % 3 ? ['执法记录仪'] : ['行政执行'], start: { wgs84: DEPOT }, status: i === 9 ? 'off' : 'on_duty',
}))

type Row = Record<string, unknown> & {
  id: string; state: string; version: number; server_id: string | null; second_server_id: string | null; position: number | null
  wgs84: [number, number]; minutes: number; planned_arrive_at: string | null; planned_leave_at: string | null
  review: { state: string; reason: string | null; round: number }; outcome: { code: string; label: string; serves: boolean; happened_at: string } | null
}

export function makeVisit(i: number): Row {
  const organisation = random() < 0.3
  const remarks = random() < 0.25 ? [pick(REMARKS)] : []
  return {
    id: `v${i}`, state: 'open', version: 1, date: TODAY, task_id: `t${i}`,
    case_number: `（2026）京0102民初${10400 + i}号`, cause: pick(CAUSES),
    recipient_name: organisation ? `盛达${pick(SURNAMES)}北京商贸有限公司` : `${pick(SURNAMES)}某${pick(['甲', '乙', '丙', '丁'])}`,
    recipient_kind: organisation ? '法人' : '自然人',
    address: `北京市${pick(['西城区', '海淀区', '朝阳区', '丰台区'])}${pick(['展览路', '花园桥', '红莲', '广外'])}${1 + (i % 40)}号院${1 + (i % 9)}号楼${1 + (i % 20)}0${1 + (i % 4)}室`,
    wgs84: [DEPOT[0] + (random() - 0.5) * 0.24, DEPOT[1] + (random() - 0.5) * 0.16], windows: random() < 0.3 ? [[32400, 43200]] : [],
    minutes: organisation ? 12 : 9, crew: remarks[0] === '须两人同往' ? 2 : 1, skills: random() < 0.1 ? ['行政执行'] : [],
    due_on: random() < 0.15 ? TODAY : '2026-11-28', hearing_at: random() < 0.3 ? '2026-12-08T01:30:00Z' : null, remarks,
    server_id: null, second_server_id: null, position: null, planned_arrive_at: null, planned_leave_at: null,
    review: { state: 'none', reason: null, round: 0 }, outcome: null, rule: 'ordered_direct', rule_text: pick(RULES),
    building: null,
  }
}

export const visits: Row[] = Array.from({ length: SIZE.visits }, (_, i) => makeVisit(i + 1))

/** A plan by angle around the depot: enough to look like routes. */
export function makePlan(number: number) {
  const on = roster.filter((entry) => entry.status === 'on_duty')
  const sorted = [...visits].sort((a, b) => angle(a) - angle(b))
  const left = sorted.filter((_, i) => i % 29 === 28)
  const taken = sorted.filter((_, i) => i % 29 !== 28)
  const size = Math.ceil(taken.length / on.length)
  const routes = on.map((entry, i) => {
    let now = 30600
    const stops = taken.slice(i * size, (i + 1) * size).sort((a, b) => a.wgs84[0] - b.wgs84[0]).map((visit) => {
      const arrive = (now += 900)
      now += visit.minutes * 60
      return { visit_id: visit.id, role: 'lead', arrive_s: arrive, start_s: arrive, leave_s: now, travel_s: 900, travel_m: 3100 }
    })
    return { server_id: entry.server_id, stops, breaks: [[43200, 46800]], distance_m: stops.length * 3100, back_s: now + 1200, depart_s: 30600, travel_s: 900 * stops.length }
  })
  return {
    id: `p${number}`, number, state: 'running', seconds: 6, seed: 1, progress: {} as Record<string, number>, routes,
    unplanned: left.map((visit) => ({
      visit_id: visit.id,
      reasons: [pick([
        { code: 'window', text: '可上门时段 09:00–12:00 内没有空闲人员能赶到，最近的还差 14 分钟' },
        { code: 'skill', text: '需要“行政执行”，当日具备的 3 人工时已满' },
        { code: 'shift', text: '加入任一路线都会超出下班时间，最少超 21 分钟' },
      ])],
    })),
    publication: null, failure: null,
    totals: { planned: taken.length, unplanned: left.length, distance_m: routes.reduce((s, r) => s + r.distance_m, 0), travel_s: 90000, servers_used: on.length },
    queued_at: new Date().toISOString(),
  }
}
const angle = (visit: Row) => Math.atan2(visit.wgs84[1] - DEPOT[1], visit.wgs84[0] - DEPOT[0])

export const routes: object[] = []

export function publish(plan: ReturnType<typeof makePlan>): void {
  routes.splice(0, routes.length, ...plan.routes.map((route) => ({ ...route, stops: route.stops.length })))
  for (const route of plan.routes) {
    route.stops.forEach((stop, i) => {
      const visit = visits.find((one) => one.id === stop.visit_id)
      if (!visit) return
      Object.assign(visit, {
        state: 'assigned', server_id: route.server_id, position: i + 1, version: visit.version + 1,
        planned_arrive_at: at(TODAY, stop.arrive_s), planned_leave_at: at(TODAY, stop.leave_s),
      })
    })
  }
}

const OUTCOMES = [['signed_recipient', '受送达人签收'], ['nobody_home', '家中无人'], ['refused_witness', '拒收，见证人留置'], ['signed_family', '同住成年家属签收']] as const

/** Lets the field day go on: the first stops of each route end and wait for review. */
export function play(): void {
  for (const visit of visits) {
    if (!visit.server_id || (visit.position ?? 99) > 6) continue
    const n = visit.position ?? 0
    visit.version += 1
    if (n <= 4) end(visit, n)
    else visit.state = n === 5 ? 'arrived' : 'departed'
  }
}

function end(visit: Row, n: number): void {
  const [code, label] = pick(OUTCOMES)
  visit.state = 'ended'
  visit.outcome = { code, label, serves: code !== 'nobody_home', happened_at: visit.planned_leave_at ?? '' }
  visit.review = { state: n <= 2 ? 'accepted' : n === 3 ? 'pending' : 'sent_back', reason: n === 4 ? '门牌照片看不清' : null, round: 1 }
}

export const tasks = visits.map((visit, i) => ({
  id: `t${i + 1}`, case_number: visit.case_number, case_kind: '民事', cause: visit.cause, procedure: '简易程序',
  judge_name: `法官${String((i % 12) + 1).padStart(2, '0')}`, clerk_name: `书记员${String((i % 12) + 1).padStart(2, '0')}`,
  channel: 'direct', state: i < 24 ? 'pending_review' : i < 130 ? 'in_progress' : i < 150 ? 'completed' : 'returned',
  return_reason: i >= 150 ? '受送达人证件号码有误，请核对' : null, due_on: visit.due_on, hearing_at: visit.hearing_at, version: 1,
  recipients: [{
    id: `r${i}`, name: visit.recipient_name, kind: visit.recipient_kind, standing: '被告', id_mask: '1101**********123X',
    phone_mask: '199****1547', address: visit.address, address_basis: '户籍地址', state: i >= 130 && i < 150 ? 'served' : 'pending',
    lock: i >= 24 && i < 130 ? { channel: 'direct', rule: '指定直接送达' } : null, served_at: null,
  }],
  documents: [{ name: '起诉状副本', copies: 1 }, { name: '传票', copies: 1 }], remarks: visit.remarks, windows: visit.windows,
  updated_at: '2026-11-23T09:00:00Z',
  attempts: [{ id: `a${i}`, recipient_id: `r${i}`, channel: 'direct', rule: '指定直接送达', state: 'open', opened_at: '2026-11-23T09:10:00Z' }],
  steps: [
    { id: `x${i}`, at: '2026-11-23T08:58:00Z', by_name: '系统', what: 'task.created', text: '由文件“送达任务.xlsx”第 2 行导入' },
    { id: `y${i}`, at: '2026-11-23T09:05:00Z', by_name: '送达专员01', what: 'task.approved', text: '审核通过，进入送达中' },
  ],
}))

export const imports = [{
  id: 'i1', kind: 'cases', filename: '送达任务-11月24日.xlsx', day: TODAY, state: 'done', rows_total: 164, rows_done: 164,
  counts: { rows: 164, created: 158, updated: 2, unchanged: 0, bad: 4, warnings: 0 },
  problems: [
    { row: 17, column: '证件号码', code: 'id.checksum', reason: '身份证号校验位不对，应为 X', value: '1101**********1231' },
    { row: 40, column: '案号', code: 'case_number.form', reason: '案号格式不符合规定：缺少法院代字', value: '（2026）民初10号' },
    { row: 71, column: '坐标系', code: 'datum.unknown', reason: '坐标系只能是 GCJ-02、WGS-84 或 CGCS2000', value: 'BD-09' },
    { row: 102, column: '可上门时段', code: 'window.order', reason: '结束时间早于开始时间', value: '14:00-09:00' },
  ],
  problems_total: 4, failure: null, created_at: '2026-11-23T08:58:00Z', finished_at: '2026-11-23T08:58:03Z',
}] as Record<string, unknown>[]

export const people = roster.map((entry, i) => ({
  id: entry.server_id, name: entry.name, staff_no: entry.staff_no, username: entry.staff_no.toLowerCase(),
  roles: ['process_server'], role_names: ['外出送达员'], bound: i % 3 !== 0, active: true,
}))

const photo = (text: string, hue: number) =>
  `data:image/svg+xml;utf8,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="100%" height="100%" fill="hsl(${hue},30%,70%)"/><text x="50%" y="50%" font-size="40" text-anchor="middle" fill="#fff">${text}</text></svg>`)}`

export function detail(visit: Row) {
  const [lng, lat] = visit.wgs84
  const fix = (dx: number, accuracy: number) => ({ point: { lng, lat, datum: 'WGS-84' }, wgs84: [lng + dx, lat + dx / 2] as [number, number], accuracy_m: accuracy, provider: 'gps', at: `${TODAY}T02:20:00Z` })
  const kinds = [['photo_door', '门牌照片', 150], ['photo_documents', '文书照片', 200], ['photo_recipient', '签收照片', 90], ['signature_recipient', '受送达人签名', 30]] as const
  const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
  return {
    ...visit, server_name: '外出送达员01', standing: '被告', id_mask: '1101**********123X', address_basis: '户籍地址',
    documents: [{ name: '起诉状副本', copies: 1 }, { name: '传票', copies: 1 }],
    progress: ['accept', 'depart', 'arrive', 'outcome'].map((kind, i) => ({ kind, happened_at: `${TODAY}T02:0${i * 3}:00Z`, received_at: `${TODAY}T02:0${i * 3}:04Z`, by_name: '外出送达员01', fix: fix(0.0003 * (3 - i), 18 + i * 20) })),
    outcome: visit.outcome && { ...visit.outcome, refusal_reason: visit.outcome.code === 'refused_witness' ? '称与原告已和解，拒绝签收' : null, left_at_place: null, note: '本人在家' },
    signer: { name: visit.recipient_name, relation: '本人', id_mask: '1101**********123X' },
    witness: visit.outcome?.code === 'refused_witness' ? { name: '刘某', unit: '红莲社区居民委员会', title: '网格员', phone_mask: '138****0000' } : null,
    evidence: kinds.map(([kind, label, hue], i) => ({ id: `e${i}`, kind, label, sha256: hash, size: 812_345, media_type: 'image/jpeg', captured_at: `${TODAY}T02:1${i}:00Z`, received_at: `${TODAY}T02:12:00Z`, fix: fix(0.0002 * (i + 1), 12 + 9 * i), distance_m: 20 + i * 31, url: photo(label, hue), thumb_url: photo(label, hue), warnings: i === 2 ? ['拍摄时间与手机时间相差 6 分钟'] : [] })),
    papers: visit.review.state === 'accepted' ? [{ id: 'd1', kind: 'proof', version: 1, number: 'HZ20261124-0001', label: '送达回证', sha256: hash, pages: 1, made_at: `${TODAY}T03:00:00Z`, url: '/board/favicon.svg' }] : [],
    changes: [{ at: `${TODAY}T00:10:00Z`, by_name: '送达管理员01', what: 'published', text: '按规划分派', reason: null, from_server: null, to_server: visit.server_id }],
    track: Array.from({ length: 12 }, (_, i) => [lng - 0.004 + i * 0.00035, lat - 0.002 + i * 0.00018]),
    papers_problem: null,
  }
}

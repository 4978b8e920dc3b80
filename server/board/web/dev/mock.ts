/** `npm run dev`: answers the board's API from dev/data.ts, in memory. Never part of a build. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { adminRoutes, everyCode } from './admin.ts'
import * as data from './data.ts'

interface Call {
  query: URLSearchParams
  body: Record<string, unknown>
  id: string
}
class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, title: string) {
    super(title)
  }
}

/** MOCK_ROLE=security_auditor shows the board as that role sees it; MOCK_NEXT=enrol stops signing in at that step. */
const ALL = everyCode(process.env.MOCK_ROLE ?? '')
const NEXT = process.env.MOCK_NEXT ?? 'done'
const streams = new Set<ServerResponse>()
const plans: ReturnType<typeof data.makePlan>[] = []

const tell = (name: string, body: object) => streams.forEach((s) => s.write(`event: ${name}\ndata: ${JSON.stringify({ name, data: body })}\n\n`))
const page = <T>(items: T[], query: URLSearchParams) => {
  const at = Number(query.get('page') ?? 1)
  return { items: items.slice((at - 1) * 20, at * 20), total: items.length, page: at, page_size: 20 }
}
const whole = <T>(items: T[]) => ({ items, total: items.length, page: 1, page_size: items.length })
const me = () => ({
  person: { id: 'm1', name: '送达管理员01', staff_no: 'GL001', roles: ['manager'], role_names: ['送达管理员'], court: { code: '京0102', name: '北京市西城区人民法院' } },
  permissions: ALL, csrf: 'c', second_factor: true, password_expires_on: '2027-02-19', next: 'done',
  courts: [{ code: '京0102', name: '北京市西城区人民法院' }, { code: '京02', name: '北京市第二中级人民法院' }], live_url: '', today: data.TODAY, map: { provider: process.env.MOCK_TILES ?? null, key: 'k' },
})
const visitOf = (id: string) => {
  const found = data.visits.find((one) => one.id === id)
  if (!found) throw new Refusal(404, 'visit.unknown', '没有这件上门任务')
  return found
}
const planOf = (id: string) => plans.find((one) => one.id === id) ?? (() => { throw new Refusal(404, 'plan.unknown', '没有这个计划') })()

function totals() {
  const count = (test: (v: (typeof data.visits)[number]) => boolean) => data.visits.filter(test).length
  return { visits: data.visits.length, open: count((v) => !v.server_id), assigned: count((v) => !!v.server_id), done: count((v) => v.state === 'ended'), km_planned: 412.6, km_tracked: 96.3 }
}

function startPlan(): unknown {
  const plan = data.makePlan(plans.length + 1)
  plans.unshift(plan)
  let elapsed = 0
  const timer = setInterval(() => {
    elapsed += 1
    plan.progress = { elapsed_s: elapsed, planned: 100 + elapsed * 9, unplanned: 60 - elapsed * 9, distance_m: 520_000 - elapsed * 12_000 }
    const over = elapsed >= 6 || plan.state === 'stopping'
    if (over) {
      clearInterval(timer)
      plan.state = 'done'
    }
    tell(over ? 'plan.finished' : 'plan.progress', { plan_id: plan.id, date: data.TODAY, state: plan.state })
  }, 1000)
  return plan
}

function assign({ id, body }: Call): unknown {
  const visit = visitOf(id)
  if (body.version !== visit.version) throw new Refusal(409, 'visit.changed', '这件任务刚刚被他人改动，已为您刷新')
  const target = data.visits.filter((v) => v.server_id === body.server_id && v.id !== id).sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
  target.splice(Number(body.position ?? target.length + 1) - 1, 0, visit)
  Object.assign(visit, { server_id: body.server_id, state: 'assigned', version: visit.version + 1 })
  target.forEach((one, i) => (one.position = i + 1))
  tell('visit.assigned', { visit_id: id, date: data.TODAY })
  return visit
}

const routes: [string, RegExp, (call: Call) => unknown][] = [
  ['POST', /^\/api\/session$/, ({ body }) => {
    if (body.password === 'wrong') throw new Refusal(401, 'auth.wrong', '用户名或密码不正确')
    if (body.password === 'slow') throw Object.assign(new Refusal(429, 'auth.slow_down', '密码错误次数过多'), { extra: { retry_after_s: 75 } })
    return { csrf: 'c', me: me(), next: NEXT }
  }],
  ['DELETE', /^\/api\/session$/, () => null],
  ['GET', /^\/api\/me$/, me],
  ['GET', /^\/api\/board\/imports$/, () => ({ items: data.imports, total: data.imports.length, page: 1, page_size: 20 })],
  ['POST', /^\/api\/board\/imports$/, () => {
    const run = { ...data.imports[0], id: `i${data.imports.length + 1}`, state: 'running', rows_done: 0, filename: '刚上传的名单.xlsx' } as Record<string, unknown>
    data.imports.unshift(run)
    const timer = setInterval(() => {
      run.rows_done = Math.min(164, Number(run.rows_done) + 40)
      if (run.rows_done === 164) { run.state = 'done'; clearInterval(timer) }
      tell(run.state === 'done' ? 'import.finished' : 'import.progress', { run_id: run.id })
    }, 700)
    return run
  }],
  ['GET', /^\/api\/board\/imports\/([^/]+)$/, ({ id }) => data.imports.find((one) => one.id === id)],
  ['GET', /^\/api\/board\/tasks$/, ({ query }) => page(data.tasks.filter((t) => (!query.get('state') || t.state === query.get('state')) && (!query.get('q') || JSON.stringify(t).includes(query.get('q') ?? ''))), query)],
  ['POST', /^\/api\/board\/tasks\/review-batch$/, ({ body }) => {
    const ids = body.task_ids as string[] | undefined
    const hit = data.tasks.filter((t) => t.state === 'pending_review' && (!ids || ids.includes(t.id)))
    hit.forEach((t) => (t.state = 'in_progress'))
    return { approved: hit.length, refused: [] }
  }],
  ['GET', /^\/api\/board\/tasks\/([^/]+)$/, ({ id }) => data.tasks.find((one) => one.id === id)],
  ['POST', /^\/api\/board\/tasks\/([^/]+)\/review$/, ({ id, body }) => {
    const task = data.tasks.find((one) => one.id === id)
    if (task) Object.assign(task, { state: body.decision === 'approve' ? 'in_progress' : 'returned', return_reason: body.reason ?? null, version: task.version + 1 })
    return task
  }],
  ['GET', /^\/api\/board\/days$/, () => whole([{ date: data.TODAY, visits: data.visits.length, servers: data.roster.length, plan_state: plans[0]?.state ?? null, done: 0 }])],
  ['GET', /^\/api\/board\/days\/([^/]+)$/, ({ id }) => id === data.TODAY
    ? { date: id, roster_version: 1, roster: data.roster, visits: data.visits, routes: data.routes, plan: plans[0] ?? null, totals: totals() }
    : { date: id, roster_version: 0, roster: [], visits: [], routes: [], plan: null, totals: { visits: 0, open: 0, assigned: 0, done: 0, km_planned: 0, km_tracked: 0 } }],
  ['POST', /^\/api\/board\/days\/[^/]+\/selection$/, () => ({
    created: 3, candidates: data.visits.slice(0, 30).map((v, i) => ({ task_id: `t${i + 1}`, recipient_id: `r${i}`, rule: 'ordered_direct', rule_text: v.rule_text, case_number: v.case_number, recipient_name: v.recipient_name })),
    skipped: [{ task_id: 't99', recipient_id: 'r99', rule: 'locked_other', rule_text: '已被邮寄送达锁定' }],
  })],
  ['POST', /^\/api\/board\/days\/[^/]+\/plans$/, startPlan],
  ['GET', /^\/api\/board\/days\/[^/]+\/plans$/, () => whole(plans)],
  ['GET', /^\/api\/board\/days\/[^/]+\/positions$/, () => whole(data.roster.slice(0, 6).map((r, i) => ({ server_id: r.server_id, wgs84: [116.34 + i * 0.015, 39.9 + i * 0.012], at: new Date(Date.now() - i * 240_000).toISOString(), accuracy_m: 20 })))],
  ['GET', /^\/api\/board\/days\/[^/]+\/mileage$/, () => whole(data.roster.map((r, i) => ({ server_id: r.server_id, name: r.name, planned_m: 38_000 + i * 1900, tracked_m: i === 4 ? 0 : 33_000 + i * 2300, visits_done: 12 + i })))],
  ['GET', /^\/api\/board\/days\/([^/]+)\/roster$/, ({ id }) => ({ date: id, version: 1, entries: data.roster })],
  ['PUT', /^\/api\/board\/days\/([^/]+)\/roster$/, ({ id }) => ({ date: id, version: 2, entries: data.roster })],
  ['POST', /^\/api\/board\/days\/[^/]+\/carry-over$/, () => ({ moved: 0 })],
  ['GET', /^\/api\/board\/plans\/([^/]+)$/, ({ id }) => planOf(id)],
  ['POST', /^\/api\/board\/plans\/([^/]+)\/stop$/, ({ id }) => Object.assign(planOf(id), { state: 'stopping' })],
  ['POST', /^\/api\/board\/plans\/([^/]+)\/publish$/, ({ id }) => {
    const plan = planOf(id)
    data.publish(plan)
    plan.state = 'published'
    tell('plan.published', { plan_id: id, date: data.TODAY })
    setTimeout(() => { data.play(); tell('visit.progress', { date: data.TODAY }) }, 4000)
    return plan
  }],
  ['POST', /^\/api\/board\/visits\/([^/]+)\/price$/, ({ id }) => ({ minutes: 14, km: 3.2, broken: Number(id.slice(1)) % 2 ? [{ visit_id: 'v3', code: 'late', text: `${visitOf('v3').recipient_name} 将晚到 11 分钟，超出可上门时段` }] : [] })],
  ['POST', /^\/api\/board\/visits\/([^/]+)\/assign$/, assign],
  ['POST', /^\/api\/board\/visits\/([^/]+)\/unassign$/, ({ id }) => Object.assign(visitOf(id), { server_id: null, position: null, state: 'open', version: visitOf(id).version + 1 })],
  ['POST', /^\/api\/board\/visits\/assign-batch$/, ({ body }) => {
    (body.visit_ids as string[]).forEach((id) => assign({ id, query: new URLSearchParams(), body: { version: visitOf(id).version, server_id: body.server_id } }))
    return { batch_id: 'b1', moved: (body.visit_ids as string[]).length, refused: [], late: [] }
  }],
  ['POST', /^\/api\/board\/move-batches\/[^/]+\/undo$/, () => ({})],
  ['GET', /^\/api\/board\/reviews$/, ({ query }) => page(data.visits.filter((v) => v.review.state === (query.get('state') ?? 'pending')), query)],
  ['GET', /^\/api\/board\/visits\/([^/]+)$/, ({ id }) => data.detail(visitOf(id))],
  ['POST', /^\/api\/board\/visits\/([^/]+)\/review$/, ({ id, body }) => Object.assign(visitOf(id), { review: { state: body.decision === 'accept' ? 'accepted' : 'sent_back', reason: body.reason ?? null, round: 1 } })],
  ['POST', /^\/api\/board\/visits\/([^/]+)\/papers$/, () => ({})],
  ['POST', /^\/api\/board\/people\/([^/]+)\/bind-code$/, () => ({ bind_code: '48301726', expires_at: new Date(Date.now() + 600_000).toISOString() })],
  ...adminRoutes(me),
]

function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(parts).toString() || '{}') as Record<string, unknown>)
      } catch {
        resolve({})
      }
    })
  })
}

function refusalOf(error: unknown): Refusal & { extra?: object } {
  if (error instanceof Error && 'status' in error) return error as Refusal
  throw error
}

async function handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const send = (status: number, body: unknown) => {
    const cookie = url.pathname !== '/api/session' || status >= 300 ? {} : { 'Set-Cookie': `mock=1; Path=/${request.method === 'DELETE' ? '; Max-Age=0' : ''}` }
    response.writeHead(status, { ...cookie, 'Content-Type': 'application/json', 'X-Request-Id': 'mock0001' })
    response.end(body === null ? '' : JSON.stringify(body))
  }
  const signedIn = request.headers.cookie?.includes('mock=1')
  if (!signedIn && !['/api/session', '/api/session/ways'].includes(url.pathname)) return send(401, { title: '请先登录', code: 'auth.required', status: 401 })
  const body = await read(request)
  for (const [method, pattern, run] of routes) {
    const match = request.method === method && pattern.exec(url.pathname)
    if (!match) continue
    try {
      return send(200, run({ query: url.searchParams, body, id: decodeURIComponent(match[1] ?? '') }))
    } catch (error) {
      const refused = refusalOf(error)
      return send(refused.status, { title: refused.message, code: refused.code, status: refused.status, request_id: 'mock0001', ...refused.extra })
    }
  }
  send(404, { title: '没有这个地址', code: 'request.no_such_address', status: 404 })
}

export function mockServer(): Plugin {
  return {
    name: 'songda-mock',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? '/', 'http://mock')
        if (url.pathname === '/live') {
          response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
          response.write(': hello\n\n')
          streams.add(response)
          request.on('close', () => streams.delete(response))
        } else if (url.pathname.startsWith('/api/')) void handle(request, response, url)
        else next()
      })
    },
  }
}

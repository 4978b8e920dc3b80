import createClient, { type Middleware } from 'openapi-fetch'
import { Problem, networkProblem, problemFrom } from './problem'
import type { paths } from './schema'
import type { Shape } from './types'

let csrf = ''
let court = ''
let onExpired: () => void = () => undefined
let onUnfinished: () => void = () => undefined

/** Refusals that mean: this browser is no longer signed in. */
const LOST = new Set(['auth.required', 'auth.bad_token', 'auth.ended', 'auth.expired', 'auth.left', 'auth.token_reused', 'http.401'])
/** Refusals that mean: signing in has one more step (RFC 9457 codes of docs/errors.md). */
const UNFINISHED = new Set(['auth.second_factor_needed', 'auth.enrolment_needed', 'auth.password_change_needed'])

export function setCsrf(token: string): void {
  csrf = token
}

/** The court whose lists are asked for; empty for the person's own. */
export function setCourt(code: string): void {
  court = code
}

/** What to do when the server no longer knows this browser. */
export function whenExpired(handler: () => void): void {
  onExpired = handler
}

/** What to do when the server wants a step of signing in first: a second factor, a new password. */
export function whenUnfinished(handler: () => void): void {
  onUnfinished = handler
}

function dress(headers: Headers, method: string): void {
  if (csrf && method !== 'GET') headers.set('X-CSRF-Token', csrf)
  if (court) headers.set('X-Songda-Court', court)
}

const guard: Middleware = {
  onRequest({ request }) {
    dress(request.headers, request.method)
    return request
  },
}

export const client = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })
client.use(guard)

interface Answer<D> {
  data?: D
  error?: unknown
  response: Response
}

/** The answer's body, or a Problem. A lost session is told once, to the handler of `whenExpired`. */
export async function answer<D>(call: Promise<Answer<D>>): Promise<Shape<Exclude<D, undefined>>> {
  let result: Answer<D>
  try {
    result = await call
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw networkProblem()
  }
  const { response } = result
  if (response.ok) return result.data as Shape<Exclude<D, undefined>>
  throw refused(problemFrom(response.status, parsed(result.error), response.headers.get('X-Request-Id') ?? ''))
}

/** Only a lost session ends the page: a wrong password or code is answered 401 too, and is told beside its field. */
function refused(problem: Problem): Problem {
  if (problem.status === 401 && LOST.has(problem.code)) onExpired()
  if (UNFINISHED.has(problem.code)) onUnfinished()
  return problem
}

type Query = Record<string, string | number | boolean | null | undefined>

async function request(method: string, path: string, query: Query, body: unknown): Promise<Response> {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const words = new URLSearchParams(asked.map(([key, value]) => [key, String(value)])).toString()
  const form = body instanceof FormData
  // A form names its own type, with the boundary only the browser knows.
  const headers = new Headers(body === undefined || form ? {} : { 'Content-Type': 'application/json' })
  dress(headers, method)
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (body !== undefined) init.body = form ? body : JSON.stringify(body)
  let response: Response
  try {
    response = await fetch(words ? `${path}?${words}` : path, init)
  } catch {
    throw networkProblem()
  }
  if (response.ok) return response
  throw refused(problemFrom(response.status, parsed(await response.text()), response.headers.get('X-Request-Id') ?? ''))
}

/** One call of the administration, its answer typed by whoever names it; `undefined` for 204. */
export async function send<T>(method: string, path: string, { query = {}, body }: { query?: Query; body?: unknown } = {}): Promise<T> {
  const response = await request(method, path, query, body)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** A file of the API, asked for with the page's headers (a plain link cannot carry the chosen court). */
export async function fetchFile(path: string, query: Query = {}): Promise<Blob> {
  return (await request('GET', path, query, undefined)).blob()
}

/** A file made from what is sent: a preview. */
export async function makeFile(path: string, body: unknown): Promise<Blob> {
  return (await request('POST', path, {}, body)).blob()
}

/** A form of one file and some words. */
export function formOf(file: File, words: Record<string, string> = {}): FormData {
  const form = new FormData()
  form.append('file', file, file.name)
  for (const [name, value] of Object.entries(words)) form.append(name, value)
  return form
}

function parsed(error: unknown): unknown {
  if (typeof error !== 'string') return error
  try {
    return JSON.parse(error)
  } catch {
    return null
  }
}

export function isConflict(error: unknown): error is Problem {
  return error instanceof Problem && error.status === 409
}

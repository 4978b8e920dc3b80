import createClient, { type Middleware } from 'openapi-fetch'
import { Problem, networkProblem, problemFrom } from './problem'
import type { paths } from './schema'
import type { Shape } from './types'

let csrf = ''
let onExpired: () => void = () => undefined

export function setCsrf(token: string): void {
  csrf = token
}

/** What to do when the server no longer knows this browser. */
export function whenExpired(handler: () => void): void {
  onExpired = handler
}

const guard: Middleware = {
  onRequest({ request }) {
    if (csrf && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf)
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
  const problem = problemFrom(response.status, parsed(result.error), response.headers.get('X-Request-Id') ?? '')
  if (problem.status === 401 && !response.url.endsWith('/api/session')) onExpired()
  throw problem
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

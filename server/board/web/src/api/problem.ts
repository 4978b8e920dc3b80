/** A refusal of the server (RFC 9457 problem document), or the network's silence, as one kind of error. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly requestId: string
  readonly extra: Record<string, unknown>

  constructor(init: { title: string; code: string; status: number; requestId?: string; extra?: Record<string, unknown> }) {
    super(init.title)
    this.name = 'Problem'
    this.code = init.code
    this.status = init.status
    this.requestId = init.requestId ?? ''
    this.extra = init.extra ?? {}
  }

  /** First reasons of a broken form, one per line: `field：reason`. */
  get reasons(): string[] {
    return flatten(this.extra['errors'])
  }

  /** What the law still wants in the file, each with its article. */
  get missing(): { text: string; article: string }[] {
    const found = this.extra['missing']
    return Array.isArray(found) ? found.map(wanted) : []
  }
}

const GENERIC: Record<number, string> = {
  0: '网络连接失败，请检查网络后重试',
  401: '登录已过期，请重新登录',
  403: '您没有此项权限',
  404: '内容不存在或已被移除',
  413: '上传的文件过大',
  502: '服务暂时不可用，请稍后再试',
  503: '服务暂时不可用，请稍后再试',
  504: '服务响应超时，请稍后再试',
}

export function problemFrom(status: number, body: unknown, requestId: string): Problem {
  const fallback = GENERIC[status] ?? `请求未能完成（${status}）`
  if (typeof body !== 'object' || body === null) {
    return new Problem({ title: fallback, code: `http.${status}`, status, requestId })
  }
  const { title, code, request_id: own, ...extra } = body as Record<string, unknown>
  return new Problem({
    title: typeof title === 'string' && title ? title : fallback,
    code: typeof code === 'string' ? code : `http.${status}`,
    status,
    requestId: typeof own === 'string' && own ? own : requestId,
    extra,
  })
}

export function networkProblem(): Problem {
  return new Problem({ title: GENERIC[0] ?? '', code: 'network.unreachable', status: 0 })
}

function wanted(one: unknown): { text: string; article: string } {
  if (typeof one !== 'object' || one === null) return { text: String(one), article: '' }
  const { text, article } = one as Record<string, unknown>
  return { text: String(text ?? ''), article: typeof article === 'string' ? article : '' }
}

function flatten(errors: unknown, path = ''): string[] {
  if (typeof errors === 'string') return [path ? `${path}：${errors}` : errors]
  if (Array.isArray(errors)) return errors.flatMap((one) => flatten(one, path))
  if (typeof errors === 'object' && errors !== null) {
    return Object.entries(errors).flatMap(([key, value]) =>
      flatten(value, ['json', 'query', 'form', 'files'].includes(key) ? path : path ? `${path}.${key}` : key),
    )
  }
  return []
}

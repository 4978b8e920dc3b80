import { EVENT_NAMES, type LiveEvent, type LiveState } from './protocol'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

export interface StreamListener {
  /** `again`: the stream was open before and came back, so news may have been missed. */
  onState(state: LiveState, again: boolean): void
  onEvent(event: LiveEvent): void
}

/**
 * One EventSource kept open with back-off. A closed or refused stream is tried again after 1, 2, 4 … 30 s (with up to
 * 30 % of chance added, so that a court's PCs do not all come back in the same second).
 */
export class LiveStream {
  private source: EventSource | null = null
  private url = ''
  private wait = FIRST_WAIT_MS
  private timer: ReturnType<typeof setTimeout> | undefined
  private wasOpen = false
  state: LiveState = 'off'

  constructor(private readonly listener: StreamListener) {}

  open(url: string): void {
    if (this.url === url && this.state !== 'off') return
    this.close()
    this.url = url
    this.wasOpen = false
    this.connect()
  }

  close(): void {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = null
    this.url = ''
    this.tell('off', false)
  }

  /** After sleep or a lost network: try at once instead of waiting out the back-off. */
  check(): void {
    if (this.state !== 'lost') return
    this.wait = FIRST_WAIT_MS
    clearTimeout(this.timer)
    this.connect()
  }

  private connect(): void {
    this.source?.close()
    this.tell('connecting', false)
    const source = new EventSource(this.url, { withCredentials: true })
    this.source = source
    source.onopen = () => {
      this.wait = FIRST_WAIT_MS
      this.tell('open', this.wasOpen)
      this.wasOpen = true
    }
    source.onerror = () => this.retry(source)
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (message) => this.pass(name, message as MessageEvent<string>))
    }
  }

  private retry(source: EventSource): void {
    source.close()
    if (source !== this.source) return
    this.tell('lost', false)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.connect(), this.wait * (1 + Math.random() * 0.3))
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS)
  }

  private pass(name: LiveEvent['name'], message: MessageEvent<string>): void {
    try {
      const { data } = JSON.parse(message.data) as { data?: Record<string, unknown> }
      this.listener.onEvent({ name, data: data ?? {} })
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.listener.onEvent({ name, data: {} })
    }
  }

  private tell(state: LiveState, again: boolean): void {
    this.state = state
    this.listener.onState(state, again)
  }
}

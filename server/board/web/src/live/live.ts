import { onScopeDispose, ref, watch } from 'vue'
import { tell } from '@/composables/feedback'
import type { EventName, FromTab, LiveEvent, LiveState, ToTab } from './protocol'
import { LiveStream, type StreamListener } from './stream'

export const liveState = ref<LiveState>('off')
/** Counts how often the stream came back after a loss: whoever shows state reads it again then. */
export const returns = ref(0)

const handlers = new Set<(event: LiveEvent) => void>()
type Send = (message: FromTab) => void
const idle: Send = () => undefined
let send: Send = idle

const listener: StreamListener = {
  onState(state, again) {
    liveState.value = state
    if (again) returns.value += 1
  },
  onEvent(event) {
    if (event.name === 'live.reload') returns.value += 1
    handlers.forEach((handle) => handle(event))
  },
}

function throughWorker(): (message: FromTab) => void {
  const worker = new SharedWorker(new URL('./shared.worker.ts', import.meta.url), { type: 'module', name: 'songda-live' })
  worker.port.onmessage = ({ data }: MessageEvent<ToTab>) => {
    if (data.type === 'state') listener.onState(data.state, data.again)
    else listener.onEvent(data.event)
  }
  addEventListener('pagehide', () => worker.port.postMessage({ type: 'bye' } satisfies FromTab))
  return (message) => worker.port.postMessage(message)
}

/** Browsers without SharedWorker (some phones): a stream per tab, held only while the tab is looked at. */
function throughTab(): (message: FromTab) => void {
  const stream = new LiveStream(listener)
  let url = ''
  let held = false
  document.addEventListener('visibilitychange', () => {
    if (!url) return
    if (document.hidden) {
      held = true
      stream.close()
    } else {
      stream.open(url)
      if (held) returns.value += 1
      held = false
    }
  })
  return (message) => {
    if (message.type === 'open') stream.open((url = message.url))
    if (message.type === 'close') {
      url = ''
      stream.close()
    }
    if (message.type === 'check') stream.check()
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** A live service announced on loopback is on the machine the page came from, under the name the page was asked by. */
export function liveAddress(base: string, page: string): string {
  const url = new URL(`${base.replace(/\/$/, '')}/live`, page)
  if (LOOPBACK.has(url.hostname)) url.hostname = new URL(page).hostname
  return url.toString()
}

export function startLive(base: string): void {
  if (send === idle) send = typeof SharedWorker === 'undefined' ? throughTab() : throughWorker()
  send({ type: 'open', url: liveAddress(base, location.href) })
}

export function stopLive(): void {
  send({ type: 'close' })
}

addEventListener('online', () => send({ type: 'check' }))
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) send({ type: 'check' })
})

/** Calls `handle` for the named events while the calling component lives. */
export function onLive(names: readonly EventName[], handle: (event: LiveEvent) => void): void {
  const wanted = new Set<string>(names)
  const pass = (event: LiveEvent) => {
    if (wanted.has(event.name)) handle(event)
  }
  handlers.add(pass)
  onScopeDispose(() => handlers.delete(pass))
}

/**
 * `refresh` soon after any of the named events that `concerns` lets through, and after the stream came back. Bursts
 * become one call: at most one per `everyMs`, and none while the tab is hidden (then once when it is looked at again).
 */
export function refreshOn(
  names: readonly EventName[],
  refresh: () => unknown,
  { everyMs = 900, concerns = () => true }: { everyMs?: number; concerns?: (event: LiveEvent) => boolean } = {},
): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = false
  let over = false
  const run = async () => {
    due = false
    try {
      await refresh()
    } catch (error) {
      tell(error)
    }
    timer = undefined
    if (due) soon()
  }
  const soon = () => {
    due = true
    if (timer === undefined && !document.hidden && !over) timer = setTimeout(run, everyMs)
  }
  const shown = () => {
    if (due) soon()
  }
  onLive(names, (event) => {
    if (concerns(event)) soon()
  })
  watch(returns, soon)
  document.addEventListener('visibilitychange', shown)
  onScopeDispose(() => {
    over = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', shown)
  })
}

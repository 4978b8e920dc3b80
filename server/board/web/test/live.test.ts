import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveEvent, LiveState } from '@/live/protocol'
import { LiveStream } from '@/live/stream'

class FakeSource {
  static made: FakeSource[] = []
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  private readonly handlers = new Map<string, (message: { data: string }) => void>()
  constructor(readonly url: string) {
    FakeSource.made.push(this)
  }
  addEventListener(name: string, handle: (message: { data: string }) => void): void {
    this.handlers.set(name, handle)
  }
  close(): void {
    this.closed = true
  }
  say(name: string, data: string): void {
    this.handlers.get(name)?.({ data })
  }
}
const last = () => FakeSource.made.at(-1) as FakeSource

describe('the live stream', () => {
  const states: [LiveState, boolean][] = []
  const events: LiveEvent[] = []
  let stream: LiveStream

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('EventSource', FakeSource)
    FakeSource.made = []
    states.length = events.length = 0
    stream = new LiveStream({ onState: (state, again) => states.push([state, again]), onEvent: (event) => events.push(event) })
    stream.open('http://court/live')
  })
  afterEach(() => {
    stream.close()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('passes news on with its data', () => {
    last().say('visit.assigned', '{"name":"visit.assigned","data":{"visit_id":"v1"}}')
    expect(events).toEqual([{ name: 'visit.assigned', data: { visit_id: 'v1' } }])
  })
  it('says that it came back, so that state is read again', () => {
    last().onopen?.()
    last().onerror?.()
    vi.advanceTimersByTime(2_000)
    last().onopen?.()
    expect(states.filter(([state]) => state === 'open')).toEqual([['open', false], ['open', true]])
  })
  it('waits longer each time, and never two streams at once', () => {
    const gaps: number[] = []
    for (let i = 0; i < 8; i += 1) {
      const before = FakeSource.made.length
      last().onerror?.()
      let waited = 0
      while (FakeSource.made.length === before) { vi.advanceTimersByTime(100); waited += 100 }
      gaps.push(waited)
    }
    expect(gaps[0]).toBeLessThanOrEqual(1_400)
    expect(gaps[7]).toBeGreaterThanOrEqual(30_000)
    expect(gaps[7]).toBeLessThanOrEqual(39_100)
    expect(FakeSource.made.filter((one) => !one.closed)).toHaveLength(1)
  })
  it('stays closed once closed', () => {
    last().onerror?.()
    stream.close()
    vi.advanceTimersByTime(60_000)
    expect(FakeSource.made).toHaveLength(1)
  })
})

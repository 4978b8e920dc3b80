/** Times come as ISO 8601 with offset and are always shown in Asia/Shanghai, whatever the PC's zone. */
const ZONE = 'Asia/Shanghai'

const formatter = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hourCycle: 'h23', ...options })

const CLOCK = formatter({ hour: '2-digit', minute: '2-digit' })
const SECOND = formatter({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY_CLOCK = formatter({ month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' })
const FULL = formatter({
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
})
const FULL_SECONDS = formatter({
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
})
const ISO_DAY = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' })
const WEEKDAY = new Intl.DateTimeFormat('zh-CN', { timeZone: 'UTC', weekday: 'short' })

type Instant = string | number | null | undefined

const show = (format: Intl.DateTimeFormat) => (at: Instant): string => {
  if (at === null || at === undefined || at === '') return '—'
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '—' : format.format(date).replaceAll('/', '-')
}

export const clock = show(CLOCK)
export const clockSeconds = show(SECOND)
export const dayClock = show(DAY_CLOCK)
export const dateTime = show(FULL)
export const dateTimeSeconds = show(FULL_SECONDS)

/** The ISO date in Shanghai of an instant. */
export const isoDay = (at: number | string): string => ISO_DAY.format(new Date(at))

/** Seconds of the day as `09:00`; past midnight `次日 01:10`. */
export function secondsClock(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  const next = minutes > 24 * 60
  const hours = Math.floor(minutes / 60) - (next ? 24 : 0)
  return `${next ? '次日 ' : ''}${String(hours).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** Seconds since the midnight in Shanghai that began `day`; past the next midnight they count on. */
export function secondsSince(day: string, at: string): number {
  return Math.floor((new Date(at).getTime() - Date.parse(`${day}T00:00:00+08:00`)) / 1000)
}

export function weekday(date: string): string {
  return WEEKDAY.format(new Date(`${date}T00:00:00Z`))
}

export function windowsText(windows: [number, number][]): string {
  return windows.map(([from, to]) => `${secondsClock(from)}–${secondsClock(to)}`).join('、')
}

/** How long ago, in words; rounds down, so "3 分钟前" is at least three minutes. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - new Date(at).getTime()) / 1000))
  if (seconds < 60) return '刚刚'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟前`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} 小时前`
  return `${Math.floor(seconds / 86_400)} 天前`
}

/** Seconds of the day of `HH:MM`; null when it is no time. */
export function clockSecondsOf(text: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text)
  if (!match) return null
  const seconds = Number(match[1]) * 3600 + Number(match[2]) * 60
  return seconds <= 86_400 ? seconds : null
}

/** The ISO date `days` after (or before) another. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

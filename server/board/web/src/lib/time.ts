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

/** The ISO date in Shanghai of an instant. */
export const isoDay = (at: number | string): string => ISO_DAY.format(new Date(at))

/** `540` minutes-as-seconds of the day, `09:00`; past midnight counts on (`25:10`). */
export function secondsClock(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** Seconds since midnight in Shanghai (which keeps one offset, +08:00, all year). */
export function secondsOfDay(at: string): number {
  const ms = new Date(at).getTime() + 8 * 3600_000
  return Math.floor((ms % 86_400_000) / 1000)
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

/** How long is left until a moment, or how long it is over: `还剩 3 小时`, `已超时 2 小时`. Pure; rounds down. */
export interface Remaining { text: string; tone: 'red' | 'amber' | ''; over: boolean }

const HOUR = 3_600_000
const SOON_H = 6

function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${Math.max(1, minutes)} 分钟`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} 小时`
  return `${Math.floor(hours / 24)} 天`
}

export function remaining(until: string, now: number): Remaining {
  const left = new Date(until).getTime() - now
  if (left <= 0) return { text: `已超时 ${span(-left)}`, tone: 'red', over: true }
  return { text: `还剩 ${span(left)}`, tone: left < SOON_H * HOUR ? 'amber' : '', over: false }
}

/** The same for a last day: it is over when the day is. */
export function remainingDays(day: string, today: string): Remaining {
  const left = Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000)
  if (left < 0) return { text: `已超期 ${-left} 天`, tone: 'red', over: true }
  if (left === 0) return { text: '今日到期', tone: 'red', over: false }
  return { text: `还剩 ${left} 天`, tone: left <= 2 ? 'amber' : '', over: false }
}

export const km = (metres: number | null | undefined): string =>
  metres === null || metres === undefined ? '—' : (metres / 1000).toFixed(metres < 99_950 ? 1 : 0)

export function metres(value: number | null | undefined): string {
  if (value === null || value === undefined) return '—'
  return value < 1000 ? `${Math.round(value)} 米` : `${(value / 1000).toFixed(1)} 公里`
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(0)} KB`
  return `${(size / 1024 / 1024).toFixed(1)} MB`
}

/** `+12 分钟`, `−3 分钟`, `0 分钟`: a change, always with its sign. */
export function signed(value: number, unit: string, digits = 0): string {
  const rounded = Number(value.toFixed(digits))
  const sign = rounded > 0 ? '+' : rounded < 0 ? '−' : ''
  return `${sign}${Math.abs(rounded).toFixed(digits)} ${unit}`
}

export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} 分钟` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分钟`
}

/** First and last figures of a long hash; the whole one is shown on demand. */
export const shortHash = (sha256: string): string => `${sha256.slice(0, 8)}…${sha256.slice(-8)}`

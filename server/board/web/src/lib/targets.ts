import type { Target, TargetReading } from '@/api/admin'

const SENSES = { at_least: '不低于', above: '高于', at_most: '不超过', below: '低于' } as const
/** Two digits after the point at most, none that say nothing. */
const digits = (value: number): string => String(Number(value.toFixed(2)))

/** A share of 1 as per cent, days as days; a dash when there was nothing to measure. */
export function figure(value: number | null, unit: string): string {
  if (value === null) return '—'
  return unit === '%' ? `${digits(value * 100)}%` : `${digits(value)} ${unit}`
}

export const agreed = (one: Target): string => `${SENSES[one.sense]} ${figure(one.threshold, one.unit)}`

/** The reading that counts; none when what it needs is not recorded. */
export const counted = (one: Target): TargetReading | null => one.readings.find((reading) => reading.code === one.chosen) ?? null

export function met(value: boolean | null): { text: string; tone: string } {
  if (value === null) return { text: '无法计算', tone: '' }
  return value ? { text: '✓ 达标', tone: 'green' } : { text: '✗ 未达标', tone: 'red' }
}

/** Why there is no figure: something is not recorded, or nothing fell into the period. */
export const without = (one: Target): string => one.lacking || (counted(one)?.value === null ? '这段时间没有可以计算的数据' : '')

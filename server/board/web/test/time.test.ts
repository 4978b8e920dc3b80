import { describe, expect, it } from 'vitest'
import { ago, clock, clockSecondsOf, dateTime, isoDay, secondsClock, secondsSince, weekday, windowsText } from '@/lib/time'

describe('time', () => {
  it('shows UTC instants in Shanghai', () => {
    expect(clock('2026-11-24T00:30:00Z')).toBe('08:30')
    expect(clock('2026-11-23T16:00:00Z')).toBe('00:00')
    expect(dateTime('2026-11-23T23:05:00+00:00')).toBe('2026-11-24 07:05')
  })
  it('shows nothing for nothing', () => {
    expect(clock(null)).toBe('—')
    expect(clock('not a time')).toBe('—')
  })
  it('counts seconds of the day and past midnight', () => {
    expect(secondsSince('2026-11-24', '2026-11-24T01:00:00Z')).toBe(9 * 3600)
    expect(secondsSince('2026-11-24', '2026-11-24T16:09:00Z')).toBe(24 * 3600 + 540)
    expect(secondsClock(30_600)).toBe('08:30')
    expect(secondsClock(24 * 3600 + 540)).toBe('次日 00:09')
  })
  it('reads a clock and refuses what is none', () => {
    expect(clockSecondsOf('08:30')).toBe(30_600)
    expect(clockSecondsOf('25:00')).toBeNull()
    expect(clockSecondsOf('half past')).toBeNull()
  })
  it('names windows, weekdays and ages', () => {
    expect(windowsText([[32_400, 43_200], [50_400, 61_200]])).toBe('09:00–12:00、14:00–17:00')
    expect(weekday('2026-11-24')).toBe('周二')
    const now = Date.parse('2026-11-24T02:00:00Z')
    expect(ago('2026-11-24T01:56:10Z', now)).toBe('3 分钟前')
    expect(ago('2026-11-24T01:59:50Z', now)).toBe('刚刚')
  })
  it('knows the day in Shanghai late in the UTC evening', () => {
    expect(isoDay('2026-11-23T17:00:00Z')).toBe('2026-11-24')
  })
})

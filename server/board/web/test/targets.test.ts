import { expect, it } from 'vitest'
import type { Target } from '@/api/admin'
import { agreed, counted, figure, met, without } from '@/lib/targets'

const target = (more: Partial<Target> = {}): Target => ({
  check: 'T06', code: 'success', text: '送达成功率', numerator: '', denominator: '', excluded: '', threshold: 0.85, sense: 'at_least', unit: '%',
  chosen: 'recipients', met: true, lacking: '', readings: [{ code: 'recipients', text: '按受送达人', numerator: 9, denominator: 10, value: 0.9, met: true }], ...more,
})

it('shows shares as per cent and days as days, without noughts that say nothing', () => {
  expect(figure(0.855, '%')).toBe('85.5%')
  expect(figure(2 / 3, '%')).toBe('66.67%')
  expect(figure(3, '日')).toBe('3 日')
  expect(figure(null, '%')).toBe('—')
})
it('words what was agreed', () => {
  expect(agreed(target())).toBe('不低于 85%')
  expect(agreed(target({ sense: 'below', threshold: 5, unit: '日' }))).toBe('低于 5 日')
})
it('counts only the reading the court chose, and says what is lacking instead of a number', () => {
  expect(counted(target())?.value).toBe(0.9)
  expect(without(target())).toBe('')
  expect(counted(target({ chosen: 'other' }))).toBeNull()
  expect(without(target({ readings: [], lacking: '没有满意度记录' }))).toBe('没有满意度记录')
  expect(without(target({ readings: [{ code: 'recipients', text: '', numerator: 0, denominator: 0, value: null, met: null }] }))).toBe('这段时间没有可以计算的数据')
})
it('says in words whether a target is met', () => {
  expect([met(true), met(false), met(null)].map((one) => one.text)).toEqual(['✓ 达标', '✗ 未达标', '无法计算'])
})

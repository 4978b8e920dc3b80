import { describe, expect, it } from 'vitest'
import type { Verification } from '@/api/admin'
import { agentName } from '@/lib/agent'
import { barsOf, everyDay, labelEvery, roundTop } from '@/lib/bars'
import { diffLines, noteLines } from '@/lib/diff'
import { countdown, inFours, isTotp, secondsLeft, svgImage, typedCode, typedRecovery } from '@/lib/factor'
import { personalOf } from '@/lib/search'
import { dayAfter } from '@/lib/time'
import { treeOf } from '@/lib/tree'
import { verdict } from '@/lib/verdict'

describe('typed codes', () => {
  it('come out as the server wants them, however they were typed', () => {
    expect([typedCode(' 123 456 '), typedCode('１２３４５６'), typedCode('k7q2-9xm4')]).toEqual(['123456', '123456', 'k7q29xm4'])
    expect([isTotp('123 456'), isTotp('12345'), isTotp('12345a')]).toEqual([true, false, false])
  })
  it('a recovery code comes in its fours', () => expect([typedRecovery(' K7Q2－9xm4 '), typedRecovery('k7q29xm4ab'), typedRecovery('')]).toEqual(['k7q2-9xm4', 'k7q2-9xm4-ab', '']))
  it('a secret is read in fours', () => expect(inFours('ABCDEFGHIJ')).toBe('ABCD EFGH IJ'))
  it('an svg is an image address, in which nothing runs', () => {
    const image = svgImage('<svg onload="x()"><script>y()</script></svg>')
    expect(image.startsWith('data:image/svg+xml')).toBe(true)
    expect(image).not.toContain('<')
  })
  it('time left ends at nothing', () => {
    expect([secondsLeft('2026-11-24T00:00:10Z', Date.parse('2026-11-24T00:00:00.5Z')), secondsLeft('2026-11-24T00:00:00Z', Date.parse('2026-11-24T00:01:00Z')), secondsLeft(null, 0)]).toEqual([10, 0, 0])
    expect([countdown(59), countdown(75)]).toEqual(['59 秒', '1 分 15 秒'])
  })
})

describe('a number to search by', () => {
  it('is told apart: phone, identity number, organisation', () => {
    expect(personalOf('138 0000 1234')).toEqual({ phone: '13800001234' })
    expect(personalOf('+86 13800001234')).toEqual({ phone: '13800001234' })
    expect(personalOf('010-65001234')).toEqual({ phone: '01065001234' })
    expect(personalOf('11010119900307123x')).toEqual({ id_number: '11010119900307123X' })
    expect(personalOf('９１１１０１０８ＭＡ')).toBeNull()
    expect(personalOf('91110108MA01ABCD2E')).toEqual({ id_number: '91110108MA01ABCD2E' })
  })
  it('a part of a number finds nobody', () => expect([personalOf('1380000'), personalOf(''), personalOf('张三')]).toEqual([null, null, null]))
})

describe('before and after', () => {
  it('names what changed first, in words', () => {
    const lines = diffLines({ name: '甲', active: true, grants: [{ role: 'manager', scope: 'court' }] }, { name: '甲', active: false, left_on: '2026-11-24' })
    expect(lines.map((line) => [line.label, line.before, line.after, line.kind])).toEqual([
      ['是否在用', '是', '否', 'changed'], ['角色', '角色 manager，范围 本院', '—', 'removed'], ['离职日期', '—', '2026-11-24', 'added'], ['名称', '甲', '甲', 'same'],
    ])
  })
  it('goes into nested values', () => {
    expect(diffLines({ agreement: { signed_on: 'a' } }, { agreement: { signed_on: 'b' } })[0]).toMatchObject({ label: '保密协议 · 签订日期', before: 'a', after: 'b' })
  })
  it('nothing on either side is no line', () => expect([diffLines({}, {}), diffLines(null, undefined), noteLines(null)]).toEqual([[], [], []]))
  it('a text that looks like markup stays a text', () => expect(noteLines({ reason: '<b>x</b>' })).toEqual([{ label: '事由', value: '<b>x</b>' }]))
})

describe('the chart', () => {
  it('has a round top and bars inside it', () => {
    expect([0, 5, 6, 11, 21, 51, 100, 101].map(roundTop)).toEqual([5, 5, 10, 20, 50, 100, 100, 200])
    const { bars, top } = barsOf([{ date: 'a', total: 50, refused: 10 }, { date: 'b', total: 0, refused: 0 }], 100, 100)
    expect([top, bars[0]?.height, bars[0]?.y, bars[0]?.part, bars[1]?.height]).toEqual([50, 100, 0, 20, 0])
    expect(bars.every((bar) => bar.x >= 0 && bar.x + bar.width <= 100)).toBe(true)
  })
  it('shows quiet days too, over the end of a month', () => {
    expect(everyDay([{ date: '2026-12-01' }], '2026-11-30', '2026-12-02', (date) => ({ date })).map((day) => day.date)).toEqual(['2026-11-30', '2026-12-01', '2026-12-02'])
    expect(barsOf([], 100, 100).bars).toEqual([])
    expect([labelEvery(30, 10), labelEvery(5, 10), labelEvery(31, 10)]).toEqual([3, 1, 4])
  })
  it('days count over years', () => expect([dayAfter('2026-12-31', 1), dayAfter('2026-03-01', -1)]).toEqual(['2027-01-01', '2026-02-28']))
})

describe('courts', () => {
  const court = (code: string, level: number, parent: string | null) => ({ code, name: code, level, parent, version: 1 })
  it('stand under the court above, and on top when it is not shown', () => {
    const tree = treeOf([court('京0102', 4, '京02'), court('京02', 3, '京'), court('京0101', 4, '京02')])
    expect(tree.map((one) => one.code)).toEqual(['京02'])
    expect(tree[0]?.children?.map((one) => one.code)).toEqual(['京0101', '京0102'])
  })
  it('a court that is its own parent is shown once', () => expect(treeOf([court('a', 2, 'a')]).map((one) => one.code)).toEqual(['a']))
})

describe('the verdict on the log', () => {
  const report = (ok: boolean, more = {}) => ({ court: '京0102', entries: 90, archived: 10, checkpoints: 2, stamped: 1, stamps_checked: 1, ok, first_bad: null, ...more })
  const run = (state: string, ok: boolean | null, reports = [report(true)]): Verification => ({ job: 'j', state, entries_total: 100, entries_done: 100, ok, reports })
  it('is good only when every log is', () => {
    expect(verdict(run('done', true))).toMatchObject({ good: true, title: expect.stringContaining('100 条') as string })
    expect(verdict(run('done', true, [report(true), report(false)])).good).toBe(false)
    expect(verdict(run('done', null)).good).toBe(false)
  })
  it('names the first altered entry', () => {
    const found = verdict(run('done', false, [report(true), report(false, { first_bad: { where: 'entry', what: '内容被改动', seq: 17, id: 'x' } })]))
    expect([found.good, found.lines]).toEqual([false, ['京0102 第 17 条 内容被改动']])
  })
  it('a run that broke off proves nothing', () => expect(verdict(run('failed', null, [])).good).toBe(false))
})

describe('a browser', () => {
  it('is named as people know it', () => {
    expect(agentName('Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0')).toBe('Edge · Windows')
    expect(agentName('Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0')).toBe('微信 · Android')
    expect([agentName('curl/8'), agentName(null)]).toEqual(['curl/8', '—'])
  })
})

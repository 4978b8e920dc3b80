import { describe, expect, it } from 'vitest'
import { problemFrom } from '@/api/problem'
import { bytes, km, metres, shortHash, signed } from '@/lib/format'

describe('a refusal', () => {
  it('keeps the Chinese title, the code and the id to quote', () => {
    const problem = problemFrom(409, { title: '任务已被他人改动', code: 'visit.changed', status: 409, request_id: 'abc12345' }, 'header')
    expect([problem.message, problem.code, problem.requestId]).toEqual(['任务已被他人改动', 'visit.changed', 'abc12345'])
  })
  it('lists what is wrong with a form, without the place it was sent in', () => {
    const problem = problemFrom(422, { title: '提交的内容有误', code: 'request.invalid', errors: { json: { seconds: ['太大'], entries: { 0: { shift: ['不对'] } } } } }, '')
    expect(problem.reasons).toEqual(['seconds：太大', 'entries.0.shift：不对'])
  })
  it('says something sensible when the answer is no problem document', () => {
    expect(problemFrom(502, '<html>', 'r').message).toBe('服务暂时不可用，请稍后再试')
    expect(problemFrom(418, null, '').message).toContain('418')
  })
})

describe('figures', () => {
  it('carry their unit and sign', () => {
    expect([metres(84.6), metres(1530), km(12_345), km(123_456)]).toEqual(['85 米', '1.5 公里', '12.3', '123'])
    expect([signed(12.4, '分钟'), signed(-3, '分钟'), signed(0.04, '公里', 1)]).toEqual(['+12 分钟', '−3 分钟', '0.0 公里'])
    expect([bytes(900), bytes(2048), bytes(3_500_000)]).toEqual(['900 B', '2 KB', '3.3 MB'])
    expect(shortHash('0123456789abcdef'.repeat(4))).toBe('01234567…89abcdef')
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { effectState, said } from '@/lib/effect'
import { askedOf, EXHIBITS, exhibitsOf, offeredResults, recordOf } from '@/lib/records'
import { ADDRESS_BASES } from '@/lib/reasons'
import { remaining, remainingDays } from '@/lib/remaining'
import { differing, faultsByField, rangeText } from '@/lib/rules'
import { changesOf, factWords, valueOf } from '@/lib/situation'
import { TODO_KINDS } from '@/lib/todos'
import { Problem } from '@/api/problem'

const worth = (state: string, status: string, served_on: string | null = null, ends_on: string | null = null) => ({ state, status, served_on, ends_on })
const SERVER = '../../../server'
const python = (path: string): string => readFileSync(new URL(`${SERVER}/${path}`, new URL('../', import.meta.url)), 'utf8')

describe('an effect in words', () => {
  it('is served only once somebody confirmed it', () => {
    expect(said(worth('served', 'confirmed', '2026-11-20'))).toMatchObject({ text: '已送达', sign: '✓', tone: 'green', day: '2026-11-20' })
    expect(said(worth('deemed', 'proposed', '2026-11-20'))).toMatchObject({ text: '待确认：视为送达', tone: 'amber' })
  })
  it('says until when an announcement runs, and that a refused one does not count', () => {
    expect(said(worth('notice_running', 'confirmed', null, '2026-12-20'))).toMatchObject({ text: '公告期内', day: '至 2026-12-20' })
    expect(said(worth('served', 'rejected', '2026-11-20')).text).toBe('不予确认')
    expect(said(worth('none', 'none')).text).toBe('未送达')
    expect(effectState('new_state')).toBe('new_state')
  })
})

describe('a clock', () => {
  const at = Date.parse('2026-11-22T10:00:00+08:00')
  it.each([
    ['2026-11-22T13:30:00+08:00', '还剩 3 小时', 'amber'], ['2026-11-22T08:00:00+08:00', '已超时 2 小时', 'red'], ['2026-11-22T10:00:00+08:00', '已超时 1 分钟', 'red'],
    ['2026-11-25T10:00:00+08:00', '还剩 3 天', ''], ['2026-11-22T10:20:00+08:00', '还剩 20 分钟', 'amber'],
  ])('%s is %s', (until, text, tone) => expect(remaining(until, at)).toMatchObject({ text, tone }))
  it('counts days to the end of the last one', () => {
    expect(remainingDays('2026-11-22', '2026-11-22').text).toBe('今日到期')
    expect(remainingDays('2026-11-20', '2026-11-22')).toMatchObject({ text: '已超期 2 天', over: true })
    expect(remainingDays('2026-12-01', '2026-11-22').text).toBe('还剩 9 天')
  })
})

describe('the record of an attempt', () => {
  it('puts answers where their keys say and leaves empty ones out', () => {
    const asked = askedOf('postal', 'mail_signed')
    expect(recordOf(asked, { posted_on: '2026-11-18', signed_on: '2026-11-20', 'signer.relation': 'self', 'signer.name': '李某', 'signer.opposing': false, 'signer.age': undefined }))
      .toEqual({ posted_on: '2026-11-18', signed_on: '2026-11-20', signer: { relation: 'self', name: '李某' }, fields: { 'signer.relation': '本人', 'signer.name': '李某' } })
    expect(recordOf(askedOf('direct', 'refused_witness'), { 'fields.witness.name': '王某', 'fields.witness.unit': '某居委会', stray: 'x' }))
      .toEqual({ fields: { 'witness.name': '王某', 'witness.unit': '某居委会' } })
  })
  it('asks something for every result, and names every kind of material it offers', () => {
    for (const result of ['signed_family', 'refused_at_court', 'nobody_home', 'mail_signed', 'mail_returned', 'mail_delivered', 'e_sent', 'e_failed', 'call_told', 'notice_published']) {
      expect(askedOf('postal', result).length, result).toBeGreaterThan(0)
    }
    for (const channel of ['postal', 'electronic', 'telephone', 'notice', 'pickup', 'entrusted', 'forwarded']) {
      for (const kind of exhibitsOf(channel)) expect(EXHIBITS[kind], kind).toBeTruthy()
    }
    expect(askedOf('entrusted', 'signed_recipient').map((one) => one.key)).toContain('received_on')
    expect(offeredResults([{ code: 'mail_open' }, { code: 'mail_signed' }])).toEqual([{ code: 'mail_signed' }])
  })
  it('knows the words the law knows', () => {
    const law = python('law/attempts.py') + python('law/outcomes.py') + python('law/signers.py') + python('law/proof.py') + python('law/calls.py')
    for (const code of Object.keys(EXHIBITS)) expect(law, code).toContain(`"${code}"`)
    for (const one of askedOf('postal', 'mail_returned').concat(askedOf('telephone', 'call_failed'), askedOf('pickup', 'signed_family'))) {
      for (const code of Object.keys(one.options ?? {})) expect(law, code).toContain(`"${code}"`)
    }
    for (const basis of ADDRESS_BASES) expect(python('law/terms.py'), basis).toContain(`"${basis}"`)
    for (const code of Object.keys(TODO_KINDS)) expect(python('service/todo_rules.py'), code).toContain(`"${code}"`)
  })
})

describe('facts about a recipient', () => {
  const consent = { code: 'consent', label: '电子送达同意', choices: [{ code: 'express', label: '明确表示同意' }], value: { form: 'express', covers: ['judgment'], withdrawn: true }, recorded: true }
  const evades = { code: 'evades', label: '躲避送达', choices: [], value: false, recorded: false }
  it('are said in words, what is not so is left out', () => {
    expect(factWords({ facts: [consent, evades], derived: [{ code: 'refused', label: '上门时拒收', value: true }] })).toEqual(['电子送达同意：明确表示同意（已撤回）', '上门时拒收'])
  })
  it('go on record only where they changed', () => {
    const draft = { consent: valueOf(consent), evades: true }
    expect(changesOf([consent, evades], draft)).toEqual({ evades: true })
    expect(changesOf([consent, evades], { ...draft, consent: { form: '', covers: [], withdrawn: false } })).toMatchObject({ consent: { form: '' } })
  })
})

describe('the rules of a court', () => {
  const form = { thresholds: [{ code: 'notice_days', label: '公告期' }, { code: 'notice_hkmo_months', label: '公告期（港澳）' }], disputed: [{ code: 'notice_roll', question: '是否顺延' }] } as never
  it('hold only what differs', () => expect(differing({ a: 1, b: 3 }, { a: 1, b: 2 })).toEqual({ b: 3 }))
  it('show a refused number at its field', () => {
    expect(faultsByField(['公告期（港澳） 2 个月，低于…', '规则版本号为空'], form)).toEqual({ fields: { notice_hkmo_months: '公告期（港澳） 2 个月，低于…' }, rest: ['规则版本号为空'] })
  })
  it('say what is allowed', () => {
    expect([rangeText({ at_least: 1, at_most: 5, unit: '日' }), rangeText({ at_least: 30, at_most: null, unit: '日' }), rangeText({ at_least: null, at_most: null, unit: '次' })])
      .toEqual(['1–5 日', '不少于 30 日', '不限'])
  })
})

it('a refusal lists what the file still lacks', () => {
  const problem = new Problem({ title: '还缺少', code: 'x', status: 422, extra: { missing: [{ code: 'a', text: '请附邮件回执', article: '法院专递规定第八条' }, '签收人'] } })
  expect(problem.missing).toEqual([{ text: '请附邮件回执', article: '法院专递规定第八条' }, { text: '签收人', article: '' }])
})

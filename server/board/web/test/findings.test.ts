// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest'
import type { Finding, Me, VisitDetail } from '@/api/types'
import FindingCard from '@/components/findings/FindingCard.vue'
import { useSession } from '@/composables/useSession'
import { decidedWord, decisions, picturesOf, toneOf } from '@/lib/findings'
import { placeDoubts } from '@/lib/place'
import { mount } from './mount'

const visit = (changes: Partial<Finding['visits'][number]> = {}): Finding['visits'][number] => ({
  id: 'v1', date: '2026-11-20', server_name: '外出送达员甲', outcome_label: '无人在家', happened_at: '2026-11-20T02:00:00Z', within_reach: true,
  case_number: '（2026）京0102民初1号', recipient_name: '赵某', witness_name: null, ...changes,
})
const finding = (changes: Partial<Finding> = {}): Finding => ({
  id: 'f1', date: '2026-11-20', kind: 'two_places', kind_label: '同一时刻出现在两处', score: 1, text: '两处', state: 'open', found_at: '2026-11-21T00:00:00Z',
  servers: [], visits: [visit()], evidence_ids: [], facts: {}, by_name: null, decided_at: null, reason: null, ...changes,
})
const me = (permissions: string[]): Me => ({
  person: { id: 'p1', name: '院领导', staff_no: '1', roles: [], role_names: [], court: { code: '京0102', name: '西城法院' } }, permissions, stage: 'full', next: 'done',
  second_factor: true, bound: false, password_expires_on: null, courts: [], csrf: 'token', live_url: '', today: '2026-11-24', map: { provider: null, key: null },
})
const enter = (...permissions: string[]) => useSession().take({ me: me(permissions), csrf: 't', next: 'done' })
afterEach(() => { useSession().end(); document.body.innerHTML = '' })

describe('a finding', () => {
  it('of a sample accuses nobody', () => {
    expect(toneOf(finding({ kind: 'sample', score: 1 }))).toBe('blue')
    expect(decisions(finding({ kind: 'sample' })).explained).toBe('抽查无误')
    expect(decidedWord(finding({ state: 'confirmed' }))).toBe('认定异常')
    expect(decidedWord(finding())).toBe('')
  })
  it('lays pictures side by side where pictures are what it is about', () => {
    const evidence_ids = ['1', '2', '3', '4', '5', '6', '7']
    expect(picturesOf(finding({ kind: 'near_photo', evidence_ids }))).toHaveLength(6)
    expect(picturesOf(finding({ kind: 'speed', evidence_ids }))).toEqual([])
  })
  it('shows people only as far as they were told, and deciding only to whoever may', () => {
    enter('watch.view')
    const hidden = visit({ within_reach: false, case_number: null, recipient_name: null })
    const page = mount(FindingCard, { finding: finding({ visits: [visit(), hidden] }) })
    expect(page.box.textContent).toContain('赵某')
    expect(page.box.textContent).toContain('仅向有权查看该次上门的人员显示')
    expect(page.button('查明无误')).toBeFalsy()
    page.done()
    enter('watch.view', 'watch.decide')
    const mine = mount(FindingCard, { finding: finding() })
    expect(mine.button('查明无误')).toBeTruthy()
    expect(mine.box.textContent).not.toContain('仅向有权')
    mine.done()
  })
})

it('a reviewer reads why an item is doubted, not what speaks for it', () => {
  const place = { verdict: 'doubt', distance_m: 3000, at: '', reasons: [{ code: 'place.far', text: '距送达地址 3.0 公里', weight: 1 }, { code: 'place.track_agrees', text: '轨迹一致', weight: 0 }] }
  const items = [{ label: '门牌及现场照片', place }, { label: '签名', place: { ...place, verdict: 'agrees' } }, { label: '录音', place: null }]
  expect(placeDoubts({ evidence: items } as unknown as VisitDetail)).toEqual(['门牌及现场照片：距送达地址 3.0 公里'])
})

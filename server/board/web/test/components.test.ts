// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Grant, Permission, Role } from '@/api/admin'
import type { Me } from '@/api/types'
import GrantEditor from '@/components/rights/GrantEditor.vue'
import RoleMatrix from '@/components/roles/RoleMatrix.vue'
import SecondStep from '@/components/signin/SecondStep.vue'
import Unmask from '@/components/Unmask.vue'
import { useSession } from '@/composables/useSession'
import { answering, mount } from './mount'

const me = (permissions: string[]): Me => ({
  person: { id: 'p1', name: '管理员', staff_no: '1', roles: [], role_names: [], court: { code: '京0102', name: '西城法院' } }, permissions, stage: 'full', next: 'done',
  second_factor: true, bound: false, password_expires_on: null, courts: [{ code: '京0102', name: '西城法院' }, { code: '京02', name: '二中院' }], csrf: 'token', live_url: '', today: '2026-11-24', map: { provider: null, key: null },
})
const enter = (...permissions: string[]) => useSession().take({ me: me(permissions), csrf: 'token', next: 'done' })
const flush = () => vi.advanceTimersByTimeAsync(0)
let shown: ReturnType<typeof mount> | null = null
const show = async (...args: Parameters<typeof mount>) => {
  shown = mount(...args)
  await flush()
  return shown
}

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => {
  shown?.done()
  shown = null
  useSession().end()
  document.body.innerHTML = ''
  vi.useRealTimers()
})

describe('a masked value', () => {
  const props = { text: '138****1234', taskId: 't1', recipientId: 'r1', field: 'phone', who: '甲' }
  it('is offered in full only to whoever may', async () => {
    enter('tasks.view')
    expect((await show(Unmask, props)).box.textContent).toBe('138****1234')
    shown?.done()
    enter('personal.unmask')
    expect((await show(Unmask, props)).box.textContent).toContain('查看完整')
  })
  it('that hides nothing has nothing to show', async () => {
    enter('personal.unmask')
    expect((await show(Unmask, { ...props, text: '西城区某街1号' })).box.textContent).not.toContain('查看完整')
  })
  it('asks why, is shown for a minute, and hides again', async () => {
    enter('personal.unmask')
    const asked = answering({ 'POST /api/board/tasks/t1/unmask': () => [200, { field: 'phone', value: '13800001234' }] })
    const page = await show(Unmask, props)
    page.button('查看完整')?.click()
    await flush()
    const yes = () => page.button('60 秒') as HTMLButtonElement
    expect(yes().disabled).toBe(true)
    const reason = document.querySelector('textarea') as HTMLTextAreaElement
    reason.value = '  太短 '
    reason.dispatchEvent(new Event('input'))
    await flush()
    expect(yes().disabled).toBe(true)
    reason.value = '电话联系受送达人'
    reason.dispatchEvent(new Event('input'))
    await flush()
    yes().click()
    await vi.advanceTimersByTimeAsync(50)
    expect(page.box.textContent).toContain('13800001234')
    expect(asked[0]?.body).toEqual({ recipient_id: 'r1', field: 'phone', reason: '电话联系受送达人' })
    expect(asked[0]?.headers.get('X-CSRF-Token')).toBe('token')
    await vi.advanceTimersByTimeAsync(58_000)
    expect(page.box.textContent).toContain('13800001234')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(page.box.textContent).not.toContain('13800001234')
  })
})

describe('the court one acts in', () => {
  it('goes with every call, and one’s own goes without saying', async () => {
    const { send } = await import('@/api/client')
    enter('overview.view')
    const asked = answering({ 'GET /x': () => [200, {}] })
    await send('GET', '/x')
    useSession().choose('京02')
    await send('GET', '/x')
    useSession().choose('京0102')
    await send('GET', '/x')
    expect(asked.map((one) => one.headers.get('X-Songda-Court'))).toEqual([null, '京02', null])
  })
})

describe('the second step', () => {
  it('sends six figures by itself and tells how long to wait after too many', async () => {
    let wait = 0
    const asked = answering({ 'POST /api/session/second-factor': () => (wait ? [429, { title: '尝试过多', code: 'auth.slow_down', status: 429, retry_after_s: wait }] : [422, { title: '动态口令不正确', code: 'x', status: 422 }]) })
    const page = await show(SecondStep, { totp: true, bound: false })
    const type = async (text: string) => {
      const field = page.box.querySelector('#code') as HTMLInputElement
      field.value = text
      field.dispatchEvent(new Event('input'))
      await vi.advanceTimersByTimeAsync(20)
    }
    await type('12345')
    expect(asked).toHaveLength(0)
    await type('１２３４５６')
    expect(asked[0]?.body).toEqual({ code: '123456' })
    expect(page.box.textContent).toContain('动态口令不正确')
    wait = 75
    await type('654321')
    expect(page.box.textContent).toMatch(/1 分 1[56] 秒/)
    await type('111111')
    expect(asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(76_000)
    expect(page.box.textContent).toContain('现在可以重试')
  })
  it('offers scanning only to whoever has a bound phone', async () => {
    const page = await show(SecondStep, { totp: true, bound: false })
    expect(page.box.textContent).not.toContain('微信扫码')
    page.done()
    expect((await show(SecondStep, { totp: true, bound: true })).box.textContent).toContain('微信扫码')
  })
})

const permission = (code: string, duty: Permission['duty'], may: boolean): Permission => ({ code, label: code, duty, duty_label: duty, group: duty, may_grant: may, up_to: may ? 'court' : null })
const role = (id: string, permissions: string[]): Role => ({ id, court: null, seeded: true, name: id, permissions, grants: [], scope: 'court', privileged: false, holders: 0, version: 1, editable: false })

describe('the matrix of a role', () => {
  it('cannot be given what one may not hand out, and lets it be taken', async () => {
    const permissions = [permission('tasks.view', 'case', true), permission('audit.view', 'audit', false), permission('alerts.view', 'security', false)]
    const page = await show(RoleMatrix, { modelValue: ['alerts.view'], permissions, readonly: false })
    const box = (code: string) => [...page.box.querySelectorAll<HTMLElement>('.codes .el-checkbox')].find((one) => one.textContent?.includes(code))
    expect(box('tasks.view')?.classList.contains('is-disabled')).toBe(false)
    expect(box('audit.view')?.classList.contains('is-disabled')).toBe(true)
    expect(box('alerts.view')?.classList.contains('is-disabled')).toBe(false)
  })
})

describe('choosing roles', () => {
  const permissions = [permission('tasks.view', 'case', true), permission('audit.view', 'audit', false)]
  const roles = [role('case', ['tasks.view']), role('auditor', ['audit.view'])]
  const grant = (id: string): Grant => ({ role: id, scope: null, until_on: null })
  it('tells at once when two exclude each other, also through a group', async () => {
    const alone = await show(GrantEditor, { modelValue: [grant('case')], roles, permissions, today: '2026-11-24' })
    expect(alone.box.textContent).not.toContain('三员分立')
    alone.done()
    const page = await show(GrantEditor, { modelValue: [grant('case')], besides: [grant('auditor')], roles, permissions, today: '2026-11-24' })
    expect(page.box.textContent).toContain('三员分立')
  })
  it('keeps a role that is not one’s own to give', async () => {
    const page = await show(GrantEditor, { modelValue: [grant('auditor')], roles, permissions, today: '2026-11-24' })
    expect((page.button('移除') as HTMLButtonElement).disabled).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import type { Duty, Permission, Role, ScopeCode } from '@/api/admin'
import { asked, byCode, byMenu, codesOf, conflictOf, conflictText, whyNot, widest, within } from '@/lib/rights'

const LABELS: Record<Duty, string> = { case: '送达业务', people: '人员管理', system: '系统管理', security: '安全管理', audit: '安全审计', common: '通用' }
const code = (name: string, duty: Duty, up_to: ScopeCode | null = 'court', group = '任务'): Permission => ({
  code: name, label: `“${name}”`, duty, duty_label: LABELS[duty], group, may_grant: up_to !== null, up_to,
})
const role = (id: string, permissions: string[], scope: ScopeCode = 'court'): Role => ({
  id, court: null, seeded: true, name: id, permissions, grants: [], scope, privileged: false, holders: 0, version: 1, editable: false,
})
const KNOWN = byCode([
  code('tasks.view', 'case'), code('reviews.view', 'case', 'division'), code('people.view', 'people'), code('courts.edit', 'system', null),
  code('alerts.view', 'security', null), code('audit.view', 'audit', 'below', '日志'), code('me.view', 'common', null),
])

describe('duties that exclude each other', () => {
  it('system, security, audit and case work are kept apart, each from each', () => {
    for (const [one, other] of [['courts.edit', 'alerts.view'], ['courts.edit', 'audit.view'], ['alerts.view', 'audit.view'], ['courts.edit', 'tasks.view'], ['alerts.view', 'tasks.view'], ['audit.view', 'tasks.view']] as const) {
      expect(conflictOf([one, other], KNOWN), `${one} ${other}`).not.toBeNull()
    }
  })
  it('people and common work go with everything, and one duty with itself', () => {
    expect(conflictOf(['people.view', 'me.view', 'audit.view'], KNOWN)).toBeNull()
    expect(conflictOf(['tasks.view', 'reviews.view', 'people.view'], KNOWN)).toBeNull()
    expect(conflictOf(['unknown.code', 'tasks.view'], KNOWN)).toBeNull()
  })
  it('is told by the names of both', () => {
    expect(conflictText(conflictOf(['tasks.view', 'audit.view'], KNOWN))).toContain('“安全审计”与“送达业务”')
    expect(conflictText(null)).toBe('')
  })
  it('counts the codes of all roles held together', () => {
    const roles = [role('a', ['tasks.view']), role('b', ['audit.view'])]
    expect(conflictOf(codesOf([{ role: 'a' }], roles), KNOWN)).toBeNull()
    expect(conflictOf(codesOf([{ role: 'a' }, { role: 'b' }, { role: 'gone' }], roles), KNOWN)).not.toBeNull()
  })
})

describe('handing out a role', () => {
  it('is refused with the names of what one may not give', () => {
    expect(whyNot(role('system', ['courts.edit', 'alerts.view', 'people.view']), null, KNOWN)).toBe('您不能授予其中的：“courts.edit”、“alerts.view”')
  })
  it('is limited by the narrowest reach of its codes', () => {
    const both = role('both', ['tasks.view', 'reviews.view', 'me.view'])
    expect(whyNot(both, null, KNOWN)).toContain('本庭室')
    expect(whyNot(both, 'division', KNOWN)).toBe('')
    expect(widest(both, KNOWN)).toBe('division')
    expect(widest(role('system', ['courts.edit']), KNOWN)).toBeNull()
  })
  it('what everybody has is no obstacle', () => expect(whyNot(role('plain', ['me.view']), 'below', KNOWN)).toBe(''))
  it('scopes are ordered', () => {
    expect([within('own', 'division'), within('below', 'court'), within('court', 'court'), within('own', null)]).toEqual([true, false, true, false])
  })
  it('sends nothing that was left empty', () => {
    expect(asked([{ role: 'a', role_name: '甲', scope: null, until_on: null, from_group: null }, { role: 'b', scope: 'own', until_on: '2026-12-31' }]))
      .toEqual([{ role: 'a' }, { role: 'b', scope: 'own', until_on: '2026-12-31' }])
  })
})

describe('the matrix', () => {
  it('keeps the same menu of two duties apart', () => {
    const menus = byMenu([code('a', 'people', 'court', '法院'), code('b', 'system', null, '法院'), code('c', 'people', 'court', '法院')])
    expect(menus.map((menu) => [menu.duty, menu.items.map((one) => one.code).join()])).toEqual([['人员管理', 'a,c'], ['系统管理', 'b']])
  })
})

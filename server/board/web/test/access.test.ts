import { describe, expect, it } from 'vitest'
import { landing, mayOpen, offered } from '@/lib/access'

const page = (name: string, needs: string, menu = true) => ({ name, meta: { needs, menu } })
const PAGES = [
  page('day', 'dispatch.view'), page('tasks', 'tasks.view'), page('overview', 'overview.view'), page('people', 'people.view'), page('roles', 'roles.view'),
  page('courts', 'courts.view'), page('audit', 'audit.view'), page('alerts', 'alerts.view'), page('hidden', 'tasks.view', false),
]
const holding = (...codes: string[]) => (code: string) => codes.includes(code)
const lands = (...codes: string[]) => landing(PAGES, holding(...codes))?.name ?? null

describe('the menu', () => {
  it('offers what one may see and nothing else', () => {
    expect(offered(PAGES, holding('tasks.view', 'people.view')).map((one) => one.name)).toEqual(['tasks', 'people'])
    expect(offered(PAGES, holding())).toEqual([])
  })
  it('lets everybody open a page that asks for nothing', () => {
    expect([mayOpen({}, holding()), mayOpen({ needs: 'audit.view' }, holding('tasks.view'))]).toEqual([true, false])
  })
})

describe('after signing in', () => {
  it('everybody lands where their own duty is done', () => {
    expect(lands('dispatch.plan', 'dispatch.view', 'overview.view', 'people.view')).toBe('day')
    expect(lands('overview.view', 'dispatch.view', 'tasks.view', 'courts.view')).toBe('overview')
    expect(lands('audit.view', 'courts.view')).toBe('audit')
    expect(lands('courts.edit', 'courts.view', 'people.view')).toBe('courts')
    expect(lands('alerts.view', 'people.view', 'roles.view', 'courts.view')).toBe('alerts')
    expect(lands('people.view')).toBe('people')
  })
  it('whoever has no page here is told so', () => expect(lands('phone.work', 'session.finish')).toBeNull())
  it('no duty leads to a page that is not offered', () => expect(lands('courts.edit')).toBeNull())
})

import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { tell } from './composables/feedback'
import { useSession } from './composables/useSession'
import { mayOpen } from './lib/access'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    /** Permission without which the page is not offered. */
    needs?: string
    menu?: boolean
    /** Belongs under 管理 when the bar is full. */
    admin?: boolean
  }
}

/** In the order of the menu. */
export const pages: RouteRecordRaw[] = [
  { path: '/day/:date?', name: 'day', component: () => import('./pages/Day.vue'), meta: { title: '当日调度', needs: 'dispatch.view', menu: true } },
  { path: '/tasks', name: 'tasks', component: () => import('./pages/Tasks.vue'), meta: { title: '送达任务', needs: 'tasks.view', menu: true } },
  { path: '/todos', name: 'todos', component: () => import('./pages/Todos.vue'), meta: { title: '待办', needs: 'todos.work', menu: true } },
  { path: '/effects/:id?', name: 'effects', component: () => import('./pages/Effects.vue'), meta: { title: '效力确认', needs: 'effects.confirm', menu: true } },
  { path: '/tracking', name: 'tracking', component: () => import('./pages/Tracking.vue'), meta: { title: '送达跟踪', needs: 'tasks.view', menu: true } },
  { path: '/imports', name: 'imports', component: () => import('./pages/Imports.vue'), meta: { title: '导入', needs: 'imports.view', menu: true } },
  { path: '/reviews/:id?', name: 'reviews', component: () => import('./pages/Reviews.vue'), meta: { title: '结果审核', needs: 'reviews.view', menu: true } },
  { path: '/materials/:tab?', name: 'materials', component: () => import('./pages/Materials.vue'), meta: { title: '现场材料', needs: 'dispatch.view', menu: true } },
  { path: '/findings', name: 'findings', component: () => import('./pages/Findings.vue'), meta: { title: '异常提示', needs: 'watch.view', menu: true } },
  { path: '/mileage/:date?', name: 'mileage', component: () => import('./pages/Mileage.vue'), meta: { title: '里程', needs: 'dispatch.view', menu: true } },
  { path: '/capacity/:id?', name: 'capacity', component: () => import('./pages/Capacity.vue'), meta: { title: '人力测算', needs: 'dispatch.plan', menu: true, admin: true } },
  { path: '/papers/:tab?', name: 'papers', component: () => import('./pages/Papers.vue'), meta: { title: '文书', needs: 'papers.view', menu: true } },
  { path: '/overview', name: 'overview', component: () => import('./pages/Overview.vue'), meta: { title: '辖区概况', needs: 'overview.view', menu: true } },
  { path: '/people/:id?', name: 'people', component: () => import('./pages/People.vue'), meta: { title: '人员', needs: 'people.view', menu: true, admin: true } },
  { path: '/groups', name: 'groups', component: () => import('./pages/Groups.vue'), meta: { title: '用户组', needs: 'groups.view', menu: true, admin: true } },
  { path: '/roles', name: 'roles', component: () => import('./pages/Roles.vue'), meta: { title: '角色', needs: 'roles.view', menu: true, admin: true } },
  { path: '/courts', name: 'courts', component: () => import('./pages/Courts.vue'), meta: { title: '法院与庭室', needs: 'courts.view', menu: true, admin: true } },
  { path: '/rules', name: 'rules', component: () => import('./pages/Rules.vue'), meta: { title: '送达规则', needs: 'rules.view', menu: true, admin: true } },
  { path: '/audit', name: 'audit', component: () => import('./pages/Audit.vue'), meta: { title: '操作日志', needs: 'audit.view', menu: true, admin: true } },
  { path: '/alerts', name: 'alerts', component: () => import('./pages/Alerts.vue'), meta: { title: '安全告警', needs: 'alerts.view', menu: true, admin: true } },
]

export const router = createRouter({
  // Hash addresses need nothing from the server but one file.
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./pages/Home.vue'), meta: { title: '首页' } },
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue'), meta: { title: '登录' } },
    { path: '/account', name: 'account', component: () => import('./pages/Account.vue'), meta: { title: '我的账号' } },
    { path: '/tasks/:id', name: 'task', component: () => import('./pages/Task.vue'), meta: { title: '送达任务', needs: 'tasks.view' } },
    ...pages,
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

let heading: unknown = ''

/** False once somebody is on the way elsewhere, even while that page still loads: then a slow answer calls nobody back. */
export const staysOn = (name: string): boolean => heading === name

router.beforeEach(async (to) => {
  heading = to.name
  if (to.name === 'sign-in') return true
  const { resume, can } = useSession()
  try {
    if ((await resume()) !== 'in') return signIn(to.fullPath)
  } catch (error) {
    tell(error)
    return signIn(to.fullPath)
  }
  return mayOpen(to.meta, can) ? true : { name: 'home' }
})

router.afterEach((to) => {
  document.title = `${to.meta.title} · 送达调度`
})

/** The sign-in page, remembering where the person was. */
export function signIn(next: string) {
  return { name: 'sign-in', query: next && next !== '/' ? { next } : {} }
}

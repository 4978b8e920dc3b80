import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { tell } from './composables/feedback'
import { useSession } from './composables/useSession'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    /** Permission without which the page is not offered. */
    needs?: string
    menu?: boolean
  }
}

export const pages: RouteRecordRaw[] = [
  { path: '/day/:date?', name: 'day', component: () => import('./pages/Day.vue'), meta: { title: '当日调度', needs: 'dispatch.view', menu: true } },
  { path: '/tasks', name: 'tasks', component: () => import('./pages/Tasks.vue'), meta: { title: '送达任务', needs: 'tasks.view', menu: true } },
  { path: '/imports', name: 'imports', component: () => import('./pages/Imports.vue'), meta: { title: '导入', needs: 'imports.view', menu: true } },
  { path: '/reviews/:id?', name: 'reviews', component: () => import('./pages/Reviews.vue'), meta: { title: '结果审核', needs: 'reviews.view', menu: true } },
  { path: '/mileage/:date?', name: 'mileage', component: () => import('./pages/Mileage.vue'), meta: { title: '里程', needs: 'dispatch.view', menu: true } },
  { path: '/people', name: 'people', component: () => import('./pages/People.vue'), meta: { title: '人员', needs: 'people.view', menu: true } },
]

export const router = createRouter({
  // Hash addresses need nothing from the server but one file.
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./pages/Home.vue'), meta: { title: '首页' } },
    { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue'), meta: { title: '登录' } },
    ...pages,
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  if (to.name === 'sign-in') return true
  const { resume, can } = useSession()
  try {
    if (!(await resume())) return signIn(to.fullPath)
  } catch (error) {
    tell(error)
    return signIn(to.fullPath)
  }
  return to.meta.needs && !can(to.meta.needs) ? { name: 'home' } : true
})

router.afterEach((to) => {
  document.title = `${to.meta.title} · 送达调度`
})

/** The sign-in page, remembering where the person was. */
export function signIn(next: string) {
  return { name: 'sign-in', query: next && next !== '/' ? { next } : {} }
}

import { createApp } from 'vue'
import App from './App.vue'
import { whenExpired, whenUnfinished } from './api/client'
import { tell } from './composables/feedback'
import { useSession } from './composables/useSession'
import { router, signIn } from './router'
import './styles/base.css'

const app = createApp(App)
app.config.errorHandler = tell
whenExpired(() => {
  const here = router.currentRoute.value
  if (here.name === 'sign-in') return useSession().end()
  if (!useSession().me.value) return
  useSession().end()
  void router.replace({ ...signIn(here.fullPath), query: { ...signIn(here.fullPath).query, expired: '1' } })
})
whenUnfinished(() => {
  const here = router.currentRoute.value
  if (here.name === 'sign-in') return
  useSession().resume(true).then(() => router.replace(signIn(here.fullPath))).catch(tell)
})
// A new version came while this page stood open: the files it would load next are gone. At most once a minute.
const RELOADED = 'songda.reloaded-at'
window.addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 60_000) return
  event.preventDefault()
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
})
app.use(router).mount('#app')

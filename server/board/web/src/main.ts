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
app.use(router).mount('#app')

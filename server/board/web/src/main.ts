import { createApp } from 'vue'
import App from './App.vue'
import { whenExpired } from './api/client'
import { tell } from './composables/feedback'
import { useSession } from './composables/useSession'
import { router, signIn } from './router'
import './styles/base.css'

const app = createApp(App)
app.config.errorHandler = tell
whenExpired(() => {
  const here = router.currentRoute.value
  if (here.name === 'sign-in' || !useSession().me.value) return
  useSession().end()
  void router.replace({ ...signIn(here.fullPath), query: { ...signIn(here.fullPath).query, expired: '1' } })
})
app.use(router).mount('#app')

import { ref, shallowRef } from 'vue'
import { Problem } from '@/api/problem'
import { tell } from './feedback'

/** A form that is sent: `busy` meanwhile; what the server refuses is kept to be shown beside it, anything else is told. */
export function useForm() {
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  return {
    problem, busy,
    clear: () => { problem.value = null },
    async run(work: () => Promise<unknown>): Promise<boolean> {
      if (busy.value) return false
      busy.value = true
      problem.value = null
      try {
        await work()
        return true
      } catch (error) {
        if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 401) problem.value = error
        else tell(error)
        return false
      } finally {
        busy.value = false
      }
    },
  }
}

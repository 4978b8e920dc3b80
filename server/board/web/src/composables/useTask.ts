import { ref } from 'vue'
import { tell } from './feedback'

/** Wraps an action for a button: `busy` while it runs, its refusals told, never run twice at once. */
export function useTask<A extends unknown[]>(run: (...args: A) => Promise<unknown>) {
  const busy = ref(false)
  return {
    busy,
    async start(...args: A): Promise<boolean> {
      if (busy.value) return false
      busy.value = true
      try {
        await run(...args)
        return true
      } catch (error) {
        tell(error)
        return false
      } finally {
        busy.value = false
      }
    },
  }
}

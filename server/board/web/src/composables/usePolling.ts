import { onScopeDispose, watch, type Ref } from 'vue'
import { tell } from './feedback'

/** Runs `ask` every `ms` while `on`; never two at once; the first failure is told, further ones only end with success. */
export function usePolling(ask: () => Promise<void>, ms: number, on: Ref<boolean>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let failed = false
  const again = () => {
    clearTimeout(timer)
    if (on.value) timer = setTimeout(turn, ms)
  }
  async function turn(): Promise<void> {
    try {
      await ask()
      failed = false
    } catch (error) {
      if (!failed) tell(error)
      failed = true
    }
    again()
  }
  watch(on, again, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))
}

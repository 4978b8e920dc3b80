import { computed, ref } from 'vue'
import { Problem } from '@/api/problem'
import { countdown } from '@/lib/factor'
import { tell } from './feedback'
import { useClock } from './useClock'

/** What a form was refused, told beside it; `waiting` while the server wants a pause, with the time it has left. */
export function useRefusal(first = '') {
  const now = useClock()
  const title = ref(first)
  const until = ref(0)
  const seconds = computed(() => Math.max(0, Math.ceil((until.value - now.value) / 1000)))
  const busy = ref(false)
  const text = computed(() => (until.value ? (seconds.value ? `尝试次数过多，请 ${countdown(seconds.value)}后再试` : '现在可以重试') : title.value))

  function take(error: unknown): void {
    if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) return tell(error)
    const wait = error.extra['retry_after_s']
    until.value = typeof wait === 'number' && wait > 0 ? Date.now() + wait * 1000 : 0
    title.value = [error.message, ...error.reasons.slice(0, 4)].join('；')
  }

  return {
    text, busy,
    waiting: computed(() => seconds.value > 0),
    say: (words: string) => { until.value = 0; title.value = words },
    /** Runs the form; false when it was refused (and said so). */
    async run(work: () => Promise<unknown>): Promise<boolean> {
      if (busy.value) return false
      busy.value = true
      until.value = 0
      title.value = ''
      try {
        await work()
        return true
      } catch (error) {
        take(error)
        return false
      } finally {
        busy.value = false
      }
    },
  }
}

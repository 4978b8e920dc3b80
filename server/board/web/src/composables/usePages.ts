import { ref, shallowRef, watch, type Ref } from 'vue'
import type { Paged } from '@/api/types'
import { tell } from './feedback'

const TYPING_MS = 350

/** A list that comes in pages: asked for again when a filter or the page changes; typed words wait for the hand to rest. */
export function usePages<T>(ask: (page: number) => Promise<Paged<T>>, filters: Ref<unknown>[] = [], words: Ref<string>[] = []) {
  const page = ref(1)
  const list = shallowRef<Paged<T> | null>(null)
  const loading = ref(false)
  let round = 0

  async function load(): Promise<void> {
    const mine = ++round
    loading.value = true
    try {
      const found = await ask(page.value)
      if (mine === round) list.value = found
    } catch (error) {
      tell(error)
    } finally {
      if (mine === round) loading.value = false
    }
  }
  function first(): void {
    if (page.value === 1) void load()
    else page.value = 1
  }
  let typing: ReturnType<typeof setTimeout> | undefined
  watch(page, load)
  if (filters.length) watch(filters, () => { list.value = null; first() })
  if (words.length) watch(words, () => { clearTimeout(typing); typing = setTimeout(first, TYPING_MS) })
  void load()
  return { page, list, loading, load }
}

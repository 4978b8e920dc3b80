import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** True from the moment the element first comes near the visible part of the page: what is far off is not built. */
export function useNear(element: Ref<HTMLElement | undefined>, marginPx = 500): Ref<boolean> {
  const near = ref(false)
  let watcher: IntersectionObserver | null = null
  onMounted(() => {
    if (!element.value) return
    watcher = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return
      near.value = true
      watcher?.disconnect()
    }, { rootMargin: `0px ${marginPx}px` })
    watcher.observe(element.value)
  })
  onBeforeUnmount(() => watcher?.disconnect())
  return near
}

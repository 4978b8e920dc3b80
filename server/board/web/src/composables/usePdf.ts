import { onScopeDispose, ref } from 'vue'
import { useNarrow } from './useNarrow'

/** A PDF made on request, shown in a frame; phones have no plug-in for frames: there the file opens by itself. */
export function usePdf() {
  const narrow = useNarrow()
  const address = ref('')
  function close(): void {
    if (address.value) URL.revokeObjectURL(address.value)
    address.value = ''
  }
  function show(file: Blob): void {
    close()
    const made = URL.createObjectURL(file)
    if (!narrow.value) return void (address.value = made)
    window.open(made, '_blank', 'noopener')
    setTimeout(() => URL.revokeObjectURL(made), 60_000)
  }
  onScopeDispose(close)
  return { address, show, close }
}

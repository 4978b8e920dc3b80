/// <reference lib="webworker" />
/**
 * One live stream for all tabs of this browser: HTTP/1.1 allows six connections to a host, so a seventh tab with a
 * stream of its own would hang every request.
 */
import type { FromTab, ToTab } from './protocol'
import { LiveStream } from './stream'

const tabs = new Set<MessagePort>()
const tell = (message: ToTab) => tabs.forEach((tab) => tab.postMessage(message))

const stream = new LiveStream({
  onState: (state, again) => tell({ type: 'state', state, again }),
  onEvent: (event) => tell({ type: 'event', event }),
})

function hear(tab: MessagePort, message: FromTab): void {
  if (message.type === 'open') {
    stream.open(message.url)
    tab.postMessage({ type: 'state', state: stream.state, again: false } satisfies ToTab)
  } else if (message.type === 'close') {
    stream.close()
  } else if (message.type === 'check') {
    stream.check()
  } else {
    tabs.delete(tab)
  }
}

const scope = self as unknown as SharedWorkerGlobalScope
scope.onconnect = (event) => {
  const tab = event.ports[0]
  if (!tab) return
  tabs.add(tab)
  tab.onmessage = ({ data }: MessageEvent<FromTab>) => hear(tab, data)
}

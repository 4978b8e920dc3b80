import { createApp, nextTick, type Component } from 'vue'

/** A component on a page of its own, with what it emitted; `done` takes it away. */
export function mount(component: Component, props: Record<string, unknown>) {
  const box = document.createElement('div')
  document.body.append(box)
  const app = createApp(component, props)
  app.mount(box)
  return {
    box,
    settle: async () => { for (let i = 0; i < 6; i += 1) await nextTick() },
    button: (text: string) => [...document.body.querySelectorAll('button')].find((one) => one.textContent?.includes(text)),
    done: () => { app.unmount(); box.remove() },
  }
}

/** Answers `fetch` from a table, and keeps what was asked. */
export function answering(table: Record<string, (body: unknown) => [number, unknown]>) {
  const asked: { call: string; body: unknown; headers: Headers }[] = []
  globalThis.fetch = async (input, init) => {
    const call = `${init?.method ?? 'GET'} ${String(input)}`
    const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined
    asked.push({ call, body, headers: new Headers(init?.headers) })
    const [status, answer] = table[call]?.(body) ?? [404, { title: '没有', code: 'x', status: 404 }]
    return new Response(status === 204 ? null : JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json' } })
  }
  return asked
}

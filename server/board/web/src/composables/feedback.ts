import { ElMessage } from 'element-plus/es/components/message/index'
import { ElMessageBox } from 'element-plus/es/components/message-box/index'
import { h } from 'vue'
import { Problem } from '@/api/problem'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'

/** Tells a person why something was refused: the Chinese title, the form's reasons, the id to quote to support. */
export function tell(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return
  if (!(error instanceof Problem)) throw error
  const problem = error
  if (problem.status === 401) return // the sign-in page says it
  const reasons = problem.reasons.slice(0, 4)
  ElMessage({
    type: problem.status === 409 ? 'warning' : 'error',
    grouping: true,
    showClose: true,
    duration: 6000,
    // Messages without details are plain text, so that the same one said five times is shown once.
    message: !reasons.length && !problem.requestId ? problem.message : h('div', { class: 'problem' }, [
      h('div', problem.message),
      ...reasons.map((reason) => h('div', { class: 'problem-reason' }, reason)),
      problem.requestId ? h('div', { class: 'problem-id' }, `请求编号 ${problem.requestId}`) : null,
    ]),
  })
}

export function done(message: string): void {
  ElMessage({ type: 'success', message, duration: 3000, grouping: true })
}

export function warn(message: string): void {
  ElMessage({ type: 'warning', message, duration: 5000, showClose: true, grouping: true })
}

/** A line with one action (撤销), gone after `seconds`. */
export function offer(message: string, action: string, run: () => void, seconds = 12): void {
  const box = ElMessage({
    type: 'success',
    duration: seconds * 1000,
    showClose: true,
    message: h('span', [
      message,
      h('button', { class: 'toast-action', type: 'button', onClick: () => { box.close(); run() } }, action),
    ]),
  })
}

/** Something to read to the end: a box with lines. */
export async function list(title: string, lines: string[]): Promise<void> {
  const shown = lines.slice(0, 30).map((line) => h('li', line))
  const rest = lines.length > 30 ? h('p', `另有 ${lines.length - 30} 项`) : null
  await ElMessageBox.alert(h('div', [h('ul', { class: 'lines' }, shown), rest]), title, { confirmButtonText: '知道了' }).catch(() => undefined)
}

/** Asks before something that other people will see. False when the person thinks better of it. */
export async function sure(text: string, title: string, yes: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, { confirmButtonText: yes, cancelButtonText: '取消', type: 'warning' })
    return true
  } catch (refused) {
    if (refused === 'cancel' || refused === 'close') return false
    throw refused
  }
}

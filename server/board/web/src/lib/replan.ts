/** What is asked when something comes up during a day, and how the answer is read. Pure. */
import type { HappeningKind, PlanChange, ReplanAsked } from '@/api/types'
import { clockSecondsOf } from './time'

/** What the dialog begins with: from a card, from a column, or empty. */
export interface Preset { kind?: HappeningKind; visitId?: string; serverId?: string }

export interface Form { kind: HappeningKind; visitId: string; serverId: string; from: string; windows: string; witness: string; reason: string }

export const ABOUT_VISIT: readonly HappeningKind[] = ['urgent', 'withdrawn', 'second', 'window', 'recused']
export const ABOUT_SERVER: readonly HappeningKind[] = ['absent', 'late']

export const formOf = (preset: Preset): Form => ({
  kind: preset.kind ?? (preset.visitId ? 'window' : preset.serverId ? 'absent' : 'urgent'),
  visitId: preset.visitId ?? '', serverId: preset.serverId ?? '', from: '', windows: '', witness: '', reason: '',
})

/** `09:00-11:30，14:00-16:00` as spans; null when a piece of it is none. */
export function spansOf(text: string): [number, number][] | null {
  const pieces = text.replaceAll('：', ':').split(/[，,、;；\s]+/).filter(Boolean)
  const spans = pieces.map((piece): [number, number] | null => {
    const [from = null, to = null] = piece.split(/[-–—~～至]/).map(clockSecondsOf)
    return from !== null && to !== null && from < to ? [from, to] : null
  })
  return spans.every((span) => span !== null) ? spans : null
}

/** What each kind of thing needs beside whom it is about: fields to send, or why not yet. */
const MORE: Partial<Record<HappeningKind, (form: Form) => Partial<ReplanAsked> | string>> = {
  withdrawn: (form) => (form.reason.trim() ? {} : '请填写取消的原因'),
  late: (form) => {
    const from = clockSecondsOf(form.from.replace('：', ':'))
    return from === null ? '请填写最早可外出的时间，如 10:30' : { from_s: from }
  },
  window: (form) => {
    const [windows, witness] = [spansOf(form.windows), spansOf(form.witness)]
    if (!windows || !witness) return '时段请写成 09:00-11:30，多个时段用逗号隔开'
    if (!windows.length && !witness.length) return '请填写新的可上门时段或见证人可到时段'
    return { windows, witness_windows: witness }
  },
}

/** What to send, or why not yet. */
export function askedOf(form: Form): ReplanAsked | string {
  const visit_id = ABOUT_VISIT.includes(form.kind) ? form.visitId : null
  const server_id = visit_id === null || form.kind === 'recused' ? form.serverId : null
  if (visit_id === '') return '请选择上门任务'
  if (server_id === '') return '请选择送达员'
  const more = MORE[form.kind]?.(form) ?? {}
  return typeof more === 'string' ? more : { kind: form.kind, visit_id, server_id, reason: form.reason.trim() || null, ...more }
}

/** Changes of hands first; visits that only shift are folded away. */
export function grouped(changes: readonly PlanChange[]): { moves: PlanChange[]; shifts: PlanChange[] } {
  return { moves: changes.filter((one) => one.what !== 'retimed'), shifts: changes.filter((one) => one.what === 'retimed') }
}

/** What a tab and the shared stream say to each other. */
export const EVENT_NAMES = [
  'task.updated', 'attempt.closed', 'effect.proposed', 'effect.decided', 'todo.changed',
  'visit.created', 'visit.assigned', 'visit.unassigned', 'visit.progress', 'visit.outcome', 'visit.reviewed',
  'ledger.changed', 'look.asked', 'look.answered', 'look.expired', 'evidence.received', 'evidence.analysed',
  'plan.progress', 'plan.finished', 'plan.published', 'capacity.progress',
  'import.progress', 'import.finished',
  'paper.made', 'paper.failed', 'position.received',
  // The stream lost news on the way (a slow tab, or its Redis was away): read the state again.
  'live.reload',
] as const

export type EventName = (typeof EVENT_NAMES)[number]
export type LiveState = 'off' | 'connecting' | 'open' | 'lost'

export interface LiveEvent {
  name: EventName
  data: Record<string, unknown>
}

export type FromTab = { type: 'open'; url: string } | { type: 'close' } | { type: 'check' } | { type: 'bye' }
export type ToTab = { type: 'state'; state: LiveState; again: boolean } | { type: 'event'; event: LiveEvent }

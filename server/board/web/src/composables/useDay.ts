import { computed, inject, ref, shallowRef, watch, type InjectionKey, type Ref } from 'vue'
import { days, plans as planCalls, visits as visitCalls } from '@/api/board'
import { isConflict } from '@/api/client'
import type { DayView, Plan, PlanSummary, Position } from '@/api/types'
import { boardOf, keepUnchanged } from '@/lib/columns'
import { onLive, refreshOn } from '@/live/live'
import { done, offer, tell, warn } from './feedback'

const RUNNING = new Set(['queued', 'running', 'stopping'])

/** Everything the day page shows, read again when news comes. `date` empty: nothing is read. */
export function useDay(date: Ref<string>) {
  const day = shallowRef<DayView | null>(null)
  const versions = shallowRef<PlanSummary[]>([])
  const positions = shallowRef<Position[]>([])
  const loading = ref(false)
  /** Plan to look at before publishing; empty shows who has what now. */
  const shownId = ref('')
  const shown = shallowRef<Plan | null>(null)
  const selected = ref(new Set<string>())
  const hovered = ref<string | null>(null)
  const focused = ref<string | null>(null)
  const resets = ref(0)

  const plan = computed(() => day.value?.plan ?? null)
  const planning = computed(() => (plan.value && RUNNING.has(plan.value.state) ? plan.value : null))
  const board = computed(() => (day.value ? boardOf(day.value, shown.value, plan.value) : null))
  const preview = computed(() => shown.value !== null)

  async function load(): Promise<void> {
    const wanted = date.value
    if (!wanted) return
    loading.value = day.value?.date !== wanted
    try {
      const found = await days.get(wanted)
      if (date.value !== wanted) return
      const before = day.value?.date === wanted ? day.value.visits : []
      day.value = { ...found, visits: keepUnchanged(before, found.visits) }
      forgetGone()
    } catch (error) {
      tell(error)
    } finally {
      loading.value = false
    }
  }

  function forgetGone(): void {
    const known = new Set(day.value?.visits.map((visit) => visit.id))
    const kept = [...selected.value].filter((id) => known.has(id))
    if (kept.length !== selected.value.size) selected.value = new Set(kept)
  }

  async function loadPlans(): Promise<void> {
    if (!date.value) return
    versions.value = (await days.plans(date.value)).sort((a, b) => b.number - a.number)
  }

  async function loadPositions(): Promise<void> {
    const wanted = date.value
    const found = wanted ? await days.positions(wanted) : []
    if (date.value === wanted) positions.value = found
  }

  async function reload(): Promise<void> {
    await Promise.all([load(), loadPlans(), loadPositions()].map((one) => one.catch(tell)))
  }

  async function show(id: string): Promise<void> {
    shownId.value = id
    if (!id) shown.value = null
    else {
      const found = await planCalls.get(id)
      if (shownId.value === id) shown.value = found
    }
  }

  /** Puts dragged cards back where they were. */
  function reset(): void {
    resets.value += 1
  }

  /** Runs a change; whatever comes of it the day is read again, and a conflict is told as such. */
  async function change(run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run()
      return true
    } catch (error) {
      tell(error)
      if (isConflict(error)) selected.value = new Set()
      return false
    } finally {
      await load()
      reset()
    }
  }

  async function assignBatch(ids: string[], serverId: string, name: string): Promise<void> {
    await change(async () => {
      const batch = await visitCalls.assignBatch({ visit_ids: ids, server_id: serverId })
      selected.value = new Set()
      const { moved } = batch
      const refused = batch.refused.length ? `，${batch.refused.length} 件未能分派：${batch.refused[0]?.text ?? ''}` : ''
      if (batch.late.length) warn(`${batch.late.length} 件将超出约定时段，请查看路线`)
      if (moved) offer(`已将 ${moved} 件分派给${name}${refused}`, '撤销', () => void undo(batch.batch_id))
      else warn(`没有可分派的任务${refused}`)
    })
  }

  async function undo(batchId: string): Promise<void> {
    if (await change(() => visitCalls.undo(batchId))) done('已撤销批量分派')
  }

  watch(date, () => {
    day.value = null
    versions.value = []
    positions.value = []
    shown.value = null
    shownId.value = ''
    selected.value = new Set()
    focused.value = null
    void reload()
  }, { immediate: true })

  const mine = (event: { data: Record<string, unknown> }) => !event.data['date'] || event.data['date'] === date.value
  refreshOn(
    ['visit.created', 'visit.assigned', 'visit.unassigned', 'visit.progress', 'visit.outcome', 'visit.reviewed', 'import.finished'],
    load, { everyMs: 1200, concerns: mine },
  )
  // What was a preview is now what everybody has: look at the day itself again.
  onLive(['plan.published'], (event) => {
    if (event.data['plan_id'] === shownId.value) void show('')
  })
  refreshOn(['plan.finished', 'plan.published'], reload, { everyMs: 300, concerns: mine })
  refreshOn(['position.received'], loadPositions, { everyMs: 4000, concerns: mine })

  return {
    date, day, plan, planning, versions, positions, loading, shownId, shown, preview, board, selected, hovered, focused,
    resets, load, reload, loadPlans, show, reset, change, assignBatch,
  }
}

export type DayState = ReturnType<typeof useDay>
export const DAY: InjectionKey<DayState> = Symbol('day')

export function useTheDay(): DayState {
  const found = inject(DAY)
  if (!found) throw new Error('a day component outside the day page')
  return found
}

import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { tasks as calls } from '@/api/board'
import { papers as paperCalls, type TaskPapers } from '@/api/papers'
import { service, type AttemptRow, type Clock, type Frame, type Matrix } from '@/api/service'
import type { TaskDetail } from '@/api/types'
import { refreshOn } from '@/live/live'
import { tell } from './feedback'
import { useSession } from './useSession'

const NO_PAPERS: TaskPapers = { papers: [], orders: [] }

/** Everything the page of one task shows, asked for together and again whenever the task moves. */
export function useTaskPage(id: Ref<string>, first = '') {
  const { can } = useSession()
  const task = shallowRef<TaskDetail | null>(null)
  const matrix = shallowRef<Matrix | null>(null)
  const clocks = shallowRef<Clock[]>([])
  const steps = shallowRef<Frame[]>([])
  const papers = shallowRef<TaskPapers>(NO_PAPERS)
  const chosen = ref(first)

  async function load(): Promise<void> {
    const wanted = id.value
    if (!wanted) return
    try {
      const found = await calls.get(wanted)
      const parts = await Promise.all([service.matrix(wanted), service.clocks(wanted), service.replay(wanted).then((found) => found.frames), can('papers.view') ? paperCalls.ofTask(wanted) : NO_PAPERS])
      if (id.value !== wanted) return
      task.value = found;
      [matrix.value, clocks.value, steps.value, papers.value] = parts
      if (!found.recipients.some((one) => one.id === chosen.value)) chosen.value = found.recipients[0]?.id ?? ''
    } catch (error) {
      tell(error)
    }
  }
  watch(id, () => { task.value = null; chosen.value = ''; void load() })
  void load()
  refreshOn(['task.updated', 'attempt.closed', 'effect.proposed', 'effect.decided', 'visit.outcome', 'visit.reviewed', 'paper.made', 'paper.failed'], load, {
    concerns: (event) => !event.data['task_id'] || event.data['task_id'] === id.value,
  })
  const attempts = computed<AttemptRow[]>(() => task.value?.attempts ?? [])
  const effectIds = computed(() => (matrix.value?.rows ?? []).flatMap((row) => row.cells).flatMap((cell) => cell.items).filter((item) => item.recipient_id === chosen.value).map((item) => item.effect_id))
  return { task, matrix, clocks, steps, papers, chosen, attempts, effectIds, load }
}

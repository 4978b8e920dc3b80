/** Words of the watch over records. Pure. */
import type { Finding, FindingState } from '@/api/types'

export const FINDING_STATES: { value: FindingState; label: string }[] = [
  { value: 'open', label: '待处理' }, { value: 'explained', label: '已查明' }, { value: 'confirmed', label: '已认定' },
]
export const FINDING_KINDS: Record<Finding['kind'], string> = {
  two_places: '同一时刻出现在两处', speed: '移动速度不可能', witness_two_places: '见证人同一时刻出现在两处', same_photo: '同一份材料用于不同上门',
  near_photo: '近似照片用于不同上门', same_signature: '不同受送达人签名图形相同', witness_often: '同一见证人出现过多', outcome_cluster: '未送达结果异常集中',
  one_point: '多个结果在同一地点登记', burst: '多个结果在几分钟内登记', sample: '随机抽查',
}
const PICTURED = new Set<Finding['kind']>(['same_photo', 'near_photo', 'same_signature'])
const MOST_PICTURES = 6

/** Strong, fair, or none: a drawn sample accuses nobody. */
export const toneOf = (one: Finding): string => (one.kind === 'sample' ? 'blue' : one.score >= 0.9 ? 'red' : 'amber')

/** The pictures to lay side by side. */
export const picturesOf = (one: Finding): string[] => (PICTURED.has(one.kind) ? one.evidence_ids.slice(0, MOST_PICTURES) : [])

/** What deciding is called: a sample is passed or not, a suspicion explained or confirmed. */
export function decisions(one: Finding): Record<'explained' | 'confirmed', string> {
  return one.kind === 'sample' ? { explained: '抽查无误', confirmed: '抽查发现问题' } : { explained: '查明无误', confirmed: '认定异常' }
}
export const decidedWord = (one: Finding): string => (one.state === 'open' ? '' : decisions(one)[one.state])

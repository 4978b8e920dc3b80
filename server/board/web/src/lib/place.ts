/** How well the positions of a visit agree with the address. Reasons to look closer, never a verdict. */
import type { Fix, LngLat, VisitDetail } from '@/api/types'
import { metresBetween } from './datum'
import { metres } from './format'

/** Farther than this from the address, beyond the position's own accuracy, is worth a second look. */
export const NEAR_M = 200
const COARSE_M = 300
const CLOCK_APART_MS = 5 * 60_000

const ON_THE_WAY = new Set(['accept', 'depart'])

export interface Spot {
  label: string
  point: LngLat
  accuracyM: number
  distanceM: number | null
  at: string
  kind: 'progress' | 'evidence'
}

function spot(label: string, kind: Spot['kind'], fix: Fix | null, home: LngLat | null, known?: number | null): Spot[] {
  if (!fix) return []
  const point = fix.wgs84
  const distanceM = known ?? (home ? metresBetween(point, home) : null)
  return [{ label, kind, point, accuracyM: fix.accuracy_m, distanceM, at: fix.at }]
}

export function spotsOf(visit: VisitDetail, progressLabel: (kind: string) => string): Spot[] {
  return [
    // Accepting and setting out happen elsewhere: only what was done at the door is measured against it.
    ...visit.progress.filter((one) => !ON_THE_WAY.has(one.kind))
      .flatMap((one) => spot(progressLabel(one.kind), 'progress', one.fix, visit.wgs84)),
    ...visit.evidence.flatMap((one) => spot(one.label, 'evidence', one.fix, visit.wgs84, one.distance_m)),
  ]
}

export const far = (one: { distanceM: number | null; accuracyM: number }): boolean =>
  one.distanceM !== null && one.distanceM - one.accuracyM > NEAR_M

/** What speaks against place or time of each item, as the program weighed it. */
export const placeDoubts = (visit: Pick<VisitDetail, 'evidence'>): string[] =>
  visit.evidence.filter((one) => one.place?.verdict === 'doubt')
    .map((one) => `${one.label}：${one.place?.reasons.filter((reason) => reason.weight > 0).map((reason) => reason.text).join('；') ?? ''}`)

/** What a reviewer should look at twice, in words. */
export function doubts(visit: VisitDetail, spots: Spot[]): string[] {
  const found: string[] = []
  const distant = spots.filter(far)
  if (distant.length) {
    const worst = distant.reduce((a, b) => ((a.distanceM ?? 0) > (b.distanceM ?? 0) ? a : b))
    found.push(`${distant.length} 处定位离送达地址较远，最远为“${worst.label}”，${metres(worst.distanceM)}`)
  }
  const coarse = spots.filter((one) => one.accuracyM > COARSE_M)
  if (coarse.length) found.push(`${coarse.length} 处定位误差超过 ${COARSE_M} 米，不宜据此判断是否到场`)
  const bare = visit.evidence.filter((one) => one.kind.startsWith('photo') && !one.fix)
  if (bare.length) found.push(`${bare.length} 张照片没有定位`)
  const held = visit.progress.filter((one) => new Date(one.received_at).getTime() - new Date(one.happened_at).getTime() > 6 * 3600_000)
  if (held.length) found.push('部分步骤在发生 6 小时后才上传')
  const ahead = visit.progress.filter((one) => new Date(one.happened_at).getTime() - new Date(one.received_at).getTime() > CLOCK_APART_MS)
  if (ahead.length) found.push('手机时间比服务器快 5 分钟以上')
  found.push(...placeDoubts(visit))
  for (const one of visit.evidence) for (const text of one.warnings) found.push(`${one.label}：${text}`)
  return found
}

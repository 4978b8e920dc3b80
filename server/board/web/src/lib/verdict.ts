/** What recomputing the audit log found, in words. Pure. */
import type { AuditReport, Verification } from '@/api/admin'

export interface Verdict { good: boolean; title: string; lines: string[] }

function bad({ court, first_bad }: AuditReport): string {
  if (!first_bad) return ''
  const place = first_bad.seq === null ? first_bad.where : `第 ${first_bad.seq} 条`
  return [court || '（平台）', place, first_bad.what].filter(Boolean).join(' ')
}

export function verdict({ state, ok, reports }: Verification): Verdict {
  if (state !== 'done') return { good: false, title: '校验未能完成，请稍后重试', lines: [] }
  const entries = reports.reduce((sum, one) => sum + one.entries + one.archived, 0)
  const stamped = reports.reduce((sum, one) => sum + one.stamps_checked, 0)
  const good = ok === true && reports.every((one) => one.ok)
  if (good) return { good, title: `校验通过：${reports.length} 个日志共 ${entries} 条记录完整，未被改动`, lines: stamped ? [`核对时间戳 ${stamped} 个`] : [] }
  return { good, title: '校验未通过：记录被改动过，请立即报告', lines: reports.filter((one) => !one.ok).map(bad) }
}

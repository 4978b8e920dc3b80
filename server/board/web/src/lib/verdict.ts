/** What recomputing the audit log found, in words. Pure. */
import type { Verification } from '@/api/admin'

export interface Verdict { good: boolean; title: string; lines: string[] }

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function problemLines(problem: unknown): string[] {
  if (typeof problem === 'string') return [problem]
  if (typeof problem !== 'object' || problem === null) return []
  const { court, seq, what, text: words, title } = problem as Record<string, unknown>
  const said = text(title) || text(words) || text(what)
  return [[text(court), number(seq) === null ? '' : `第 ${seq} 条`, said].filter(Boolean).join(' ')].filter(Boolean)
}

export function verdict({ state, report }: Verification): Verdict {
  if (!report) return { good: false, title: state === 'failed' ? '校验未能完成，请稍后重试' : '校验没有结果', lines: [] }
  const problems = problemsOf(report)
  const good = report['ok'] === true || (report['ok'] === undefined && state === 'done' && !problems.length)
  const count = ['entries', 'checked', 'size'].map((key) => number(report[key])).find((one) => one !== null) ?? null
  return {
    good,
    title: good ? `校验通过：${count === null ? '全部' : `${count} 条`}记录完整，未被改动` : '校验未通过：记录被改动过',
    lines: problems,
  }
}

function problemsOf(report: Record<string, unknown>): string[] {
  const several = Array.isArray(report['problems']) ? report['problems'] : []
  return [report['problem'], ...several, report['first']].flatMap(problemLines)
}

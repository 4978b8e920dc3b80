/** What the service of one document on one recipient is worth today, in words. Pure. */
export interface Worth {
  state: string
  status: string
  served_on: string | null
  ends_on: string | null
}
export interface Said {
  text: string
  /** Not by colour alone: a sign stands before the word. */
  sign: string
  tone: 'green' | 'amber' | 'blue' | 'red' | ''
  day: string
}

const WORTH: Record<string, string> = { served: '已送达', deemed: '视为送达', presumed: '推定送达', notice_running: '公告期内', none: '未送达' }
export const effectState = (state: string): string => WORTH[state] ?? state
const EFFECTIVE = new Set(['served', 'deemed', 'presumed'])

export function said({ state, status, served_on, ends_on }: Worth): Said {
  if (status === 'rejected') return { text: '不予确认', sign: '✕', tone: 'red', day: '' }
  if (state === 'notice_running') return { text: '公告期内', sign: '◔', tone: 'blue', day: ends_on ? `至 ${ends_on}` : '' }
  if (!EFFECTIVE.has(state)) return { text: '未送达', sign: '—', tone: '', day: '' }
  const day = served_on ?? ''
  if (status === 'confirmed') return { text: effectState(state), sign: '✓', tone: 'green', day }
  return { text: `待确认：${effectState(state)}`, sign: '?', tone: 'amber', day }
}

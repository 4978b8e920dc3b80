/** What a browser says of itself, in words a person recognises: `Chrome · Windows`. Pure. */
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/i, '微信'], [/Edg\//, 'Edge'], [/QIHU|360SE|360EE/i, '360 浏览器'], [/Firefox\//, 'Firefox'], [/OPR\//, 'Opera'],
  [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/HarmonyOS/i, '鸿蒙'], [/Windows/, 'Windows'], [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Mac OS X/, 'macOS'], [/UOS|Kylin/i, '国产系统'], [/Linux/, 'Linux'],
]

const first = (table: [RegExp, string][], text: string) => table.find(([pattern]) => pattern.test(text))?.[1]

export function agentName(agent: string | null | undefined): string {
  if (!agent) return '—'
  return [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(' · ') || agent.slice(0, 40)
}

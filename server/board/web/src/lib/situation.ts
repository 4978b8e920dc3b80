/** The facts of law about a recipient that people may enter (server.law.situation), with their words. Pure. */
export interface Fact { key: string; label: string; options?: Record<string, string> }

const yes = (key: string, label: string): Fact => ({ key, label })
export const FACTS: readonly Fact[] = [
  { key: 'region', label: '所在地区', options: { '': '境内', abroad: '境内无住所', hkmo: '香港、澳门', taiwan: '台湾' } },
  { key: 'forwarded_for', label: '须转交的情形', options: { '': '不属于', soldier: '军人', imprisoned: '被监禁的人', education: '被采取强制性教育措施的人' } },
  {
    key: 'consent.form', label: '电子送达同意方式', options: {
      '': '未同意', express: '明确表示同意', agreed_before: '诉讼前已约定或者承诺', volunteered: '在诉状等材料中主动提供用于接收送达的电子地址', accepted: '以回复收悉、参加诉讼等方式接受且未异议',
    },
  },
  { key: 'e_address', label: '电子地址', options: { '': '没有电子地址', given: '受送达人提供或者确认的电子地址', tied: '能够确认为受送达人本人的电子地址' } },
  yes('consent.withdrawn', '已撤回对电子送达的同意'), yes('agent', '有诉讼代理人'), yes('agent_receives', '指定诉讼代理人代收'), yes('refused', '上门时拒绝接收'),
  yes('refused_by_agent', '诉讼代理人拒绝接收'), yes('refuses_address', '经告知仍拒绝提供送达地址'), yes('evades', '拒接电话、躲避送达或者搬离'),
  yes('told_consequences', '已告知不提供地址的后果'), yes('unknown_whereabouts', '下落不明（有证据）'), yes('collects', '同意到法院领取'),
  yes('divorce', '离婚案件'), yes('needs_guardian', '须由法定代理人代收'), yes('first_instance_by_notice', '一审采用公告送达'),
]

export type FactValue = string | boolean
const part = (facts: unknown, key: string): unknown => (typeof facts === 'object' && facts !== null ? (facts as Record<string, unknown>)[key] : undefined)
const empty = ({ options }: Fact): FactValue => (options ? '' : false)

/** The value of a fact; `a.b` stands inside the object `a`. */
export function factOf(facts: Readonly<Record<string, unknown>>, fact: Fact): FactValue {
  const found = fact.key.split('.').reduce<unknown>(part, facts)
  return typeof found === 'string' || typeof found === 'boolean' ? found : empty(fact)
}

/** Facts as the server keeps them, laid over those it has: what is not of the form stays as it is. */
export function factsWith(facts: Readonly<Record<string, unknown>>, values: Readonly<Record<string, FactValue>>): Record<string, unknown> {
  const found: Record<string, unknown> = { ...facts }
  for (const [key, value] of Object.entries(values)) {
    const [head = '', inner] = key.split('.')
    found[head] = inner ? { ...(found[head] as object | undefined), [inner]: value } : value
  }
  return found
}

/** What is known, as short words; what is not is left out. */
export function factWords(facts: Readonly<Record<string, unknown>>): string[] {
  return FACTS.flatMap((fact) => {
    const value = factOf(facts, fact)
    if (!value) return []
    return [fact.options ? `${fact.label}：${fact.options[String(value)] ?? String(value)}` : fact.label]
  })
}

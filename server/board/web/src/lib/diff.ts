/** Before and after of an audit row as lines to read. Pure. */
type Plain = Record<string, unknown> | null | undefined
export interface DiffLine { field: string; label: string; before: string; after: string; kind: 'added' | 'removed' | 'changed' | 'same' }

const FIELDS: Record<string, string> = {
  name: '名称', staff_no: '工号', username: '用户名', division: '庭室', joined_on: '入职日期', left_on: '离职日期', leave_reason: '离职原因',
  grants: '角色', groups: '用户组', roles: '角色', role: '角色', scope: '范围', until_on: '截止日期', from_on: '开始日期', permissions: '权限', privileged: '二次验证',
  secondments: '借调', agreement: '保密协议', signed_on: '签订日期', active: '是否在用', state: '状态', version: '版本', court: '法院', level: '级别',
  parent: '上级', reason: '事由', field: '查看内容', case_number: '案号', party_id: '当事人', note: '说明', count: '次数', found: '找到', by: '按', ended: '结束登录',
  server_id: '外勤人员', server_name: '外勤人员', position: '顺序', decision: '结论', visits: '上门', roster: '名单', filename: '文件', size: '大小', kind: '类型',
  bound: '绑定微信', must_change_password: '须改密码', second_factor: '二次验证', how: '登录方式', device: '设备', stage: '登录步骤',
}
export const fieldLabel = (path: string): string => {
  const parts = path.split('.')
  return FIELDS[path] ?? parts.map((part) => FIELDS[part] ?? part).join(' · ')
}

const VALUES: Record<string, string> = {
  phone: '电话', id_number: '证件号码', address: '地址', own: '本人经办', division: '本庭室', court: '本院', below: '本院及下级法院', open: '未处理', settled: '已处理',
  web: '网页', password: '密码', oidc: '统一身份认证', ldap: '域账号', wechat: '微信', totp: '动态口令', recovery: '恢复码',
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function words(value: unknown): string {
  if (value === undefined || value === null || value === '') return '—'
  if (typeof value === 'boolean') return value ? '是' : '否'
  return typeof value === 'object' ? several(value) : (VALUES[String(value)] ?? String(value))
}

function several(value: object): string {
  if (Array.isArray(value)) return value.map(words).join('、') || '—'
  return Object.entries(value).filter(([, one]) => one !== null && one !== '').map(([key, one]) => `${fieldLabel(key)} ${words(one)}`).join('，') || '—'
}

function flat(value: Plain, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [key, one] of Object.entries(value ?? {})) {
    const here = path ? `${path}.${key}` : key
    if (isPlain(one) && Object.keys(one).length) for (const [deep, leaf] of flat(one, here)) found.set(deep, leaf)
    else found.set(here, one)
  }
  return found
}

function kindOf(before: string, after: string): DiffLine['kind'] {
  if (before === after) return 'same'
  if (before === '—') return 'added'
  return after === '—' ? 'removed' : 'changed'
}

/** One line per field that either side names; what changed first. */
export function diffLines(before: Plain, after: Plain): DiffLine[] {
  const [old, now] = [flat(before), flat(after)]
  const fields = [...new Set([...old.keys(), ...now.keys()])]
  const lines = fields.map((field) => {
    const [was, is] = [words(old.get(field)), words(now.get(field))]
    return { field, label: fieldLabel(field), before: was, after: is, kind: kindOf(was, is) }
  })
  return [...lines.filter((line) => line.kind !== 'same'), ...lines.filter((line) => line.kind === 'same')]
}

/** A flat list of what is noted besides. */
export const noteLines = (detail: Plain): { label: string; value: string }[] =>
  [...flat(detail)].map(([field, value]) => ({ label: fieldLabel(field), value: words(value) }))

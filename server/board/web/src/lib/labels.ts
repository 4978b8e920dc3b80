/** Words for codes. A code the board does not know is shown as it is, so that nothing is hidden. */
const word = (words: Record<string, string>) => (code: string | null | undefined): string =>
  code ? (words[code] ?? code) : '—'

export const taskState = word({
  pending_review: '待审核', in_progress: '送达中', completed: '已完成', returned: '已退回', withdrawn: '已撤回',
})
export const recipientState = word({
  pending: '未开始', in_progress: '送达中', awaiting: '待确认', served: '已送达', failed: '未送达', withdrawn: '已撤回',
})
export const recipientTone = (state: string): string =>
  ({ served: 'green', failed: 'red', awaiting: 'amber', in_progress: 'blue' })[state] ?? ''
export const attemptState = word({ open: '进行中', under_review: '待审核', closed: '已结束', withdrawn: '已撤回' })
export const visitState = word({
  open: '未分派', assigned: '已分派', accepted: '已接单', departed: '已出发', arrived: '已到达', ended: '已结束',
  withdrawn: '已撤回',
})
export const reviewState = word({ none: '未提交', pending: '待审核', accepted: '已通过', sent_back: '已退回' })
export const planState = word({
  queued: '排队中', running: '规划中', stopping: '正在停止', done: '未发布', failed: '失败', published: '已发布',
  superseded: '已被替换', rejected: '未采纳',
})
export const studyState = word({
  queued: '排队中', running: '测算中', stopping: '正在停止', done: '已完成', stopped: '已停止', failed: '失败',
})
export const happening = word({
  urgent: '加急上门', withdrawn: '取消上门', second: '须两人同往', window: '改约时段', recused: '送达员回避', absent: '送达员缺勤',
  late: '送达员晚到',
})
export const planChange = word({
  withdrawn: '取消', dropped: '排不下', assigned: '新排入', reassigned: '改派', second: '换同往人', retimed: '改时间',
})
export const importState = word({ queued: '排队中', running: '导入中', done: '已完成', failed: '失败' })
export const importKind = word({ cases: '送达任务', servers: '外勤名单' })
export const channel = word({
  direct: '直接送达', electronic: '电子送达', telephone: '电话送达', postal: '邮寄送达', pickup: '来院领取',
  notice: '公告送达', entrusted: '委托送达', forwarded: '转交送达', leaving: '留置送达', message: '短信、微信',
})
export const mode = word({ car: '汽车', ebike: '电动自行车', bike: '自行车', transit: '公共交通', walk: '步行' })
export const progressKind = word({
  accept: '接单', depart: '出发', arrive: '到达', outcome: '提交结果', resubmit: '再次提交',
})
export const provider = word({ gps: '卫星', network: '网络', fused: '融合', wifi: 'Wi-Fi', cell: '基站', unknown: '未知' })

export const verdict = word({ allowed: '可以使用', needs_confirmation: '须经确认', barred: '不能使用' })
export const meantFor = word({ specialist: '送达专员', court_staff: '审判人员、书记员', judge: '承办法官' })
export const todoState = word({ open: '待领取', taken: '办理中', done: '已办结', cancelled: '已取消' })
export const confidence = word({ high: '高', medium: '中', low: '低' })
export const decided = word({ confirm: '确认', reject: '不予确认', set: '改定' })
export const ruleSetState = word({ draft: '草稿', approved: '已批准', dropped: '已作废' })
export const archiveState = word({ queued: '排队中', running: '制作中', done: '已完成', failed: '未能制作' })
export const batchState = word({ running: '制作中', finishing: '正在打包', done: '已完成', stopped: '已停止' })

/** Why a recipient gets a visit, or is locked to a channel. */
export const rule = word({
  judge_asked_direct: '承办法官指定直接送达', mediation_in_person: '调解书应当直接送达本人', subpoena_direct: '拘传票必须直接送达',
  third_party_debt_direct: '履行到期债务通知必须直接送达',
})

export const visitTone: Record<string, 'info' | 'primary' | 'success' | 'warning' | 'danger'> = {
  open: 'info', assigned: 'info', accepted: 'primary', departed: 'primary', arrived: 'warning', ended: 'success',
  withdrawn: 'danger',
}

export const scopeName = word({ own: '本人经办', division: '本庭室', court: '本院', below: '本院及下级法院' })
export const sessionKind = word({ web: '网页', phone: '手机小程序' })
export const signedBy = word({ password: '密码', oidc: '统一身份认证', ldap: '域账号', wechat: '微信' })
export const courtLevel = word({ 1: '最高人民法院', 2: '高级人民法院', 3: '中级人民法院', 4: '基层人民法院' })
export const auditResult = word({ done: '成功', refused: '被拒绝', failed: '失败', unknown: '结果不明' })
export const personalField = word({ id_number: '证件号码', phone: '电话', address: '地址' })
export const agentKind = word({ web: '网页', phone: '手机小程序', system: '系统', cli: '命令行', public: '未登录' })
export const objectType = word({
  task: '送达任务', visit: '上门', plan: '路线规划', roster: '排班', import: '导入', person: '人员', group: '用户组', role: '角色', court: '法院', division: '庭室',
  evidence: '证据材料', paper: '文书', party: '当事人', session: '登录', alert: '告警', key: '密钥', audit: '操作日志',
})

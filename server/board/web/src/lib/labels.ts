/** Words for codes. A code the board does not know is shown as it is, so that nothing is hidden. */
const word = (words: Record<string, string>) => (code: string | null | undefined): string =>
  code ? (words[code] ?? code) : '—'

export const taskState = word({
  pending_review: '待审核', in_progress: '送达中', completed: '已完成', returned: '已退回', withdrawn: '已撤回',
})
export const recipientState = word({ pending: '未开始', in_progress: '送达中', served: '已送达', failed: '未送达' })
export const attemptState = word({ open: '进行中', under_review: '待审核', closed: '已结束', withdrawn: '已撤回' })
export const visitState = word({
  open: '未分派', assigned: '已分派', accepted: '已接单', departed: '已出发', arrived: '已到达', ended: '已结束',
  withdrawn: '已撤回',
})
export const reviewState = word({ none: '未提交', pending: '待审核', accepted: '已通过', sent_back: '已退回' })
export const planState = word({
  queued: '排队中', running: '规划中', stopping: '正在停止', done: '未发布', failed: '失败', published: '已发布',
  superseded: '已被替换',
})
export const importState = word({ queued: '排队中', running: '导入中', done: '已完成', failed: '失败' })
export const importKind = word({ cases: '送达任务', servers: '外勤名单' })
export const channel = word({
  direct: '直接送达', electronic: '电子送达', telephone: '电话送达', postal: '邮寄送达', pickup: '窗口领取',
  notice: '公告送达', entrusted: '委托送达', forwarded: '转交送达',
})
export const mode = word({ car: '汽车', ebike: '电动自行车', bike: '自行车', transit: '公共交通', walk: '步行' })
export const paperKind = word({ proof: '送达回证', report: '送达报告书' })
export const progressKind = word({
  accept: '接单', depart: '出发', arrive: '到达', outcome: '提交结果', resubmit: '再次提交',
})
export const changeKind = word({
  assigned: '分派', reassigned: '改派', claimed: '领取', released: '退回', published: '计划发布', undone: '撤销批量分派',
  withdrawn: '撤回', unassigned: '取消分派', moved: '调整顺序',
})
export const provider = word({ gps: '卫星', network: '网络', fused: '融合', wifi: 'Wi-Fi', cell: '基站', unknown: '未知' })
export const role = word({
  dispatch_manager: '送达管理员', manager: '送达管理员', specialist: '送达专员', reviewer: '审核员',
  process_server: '外出送达员', server: '外出送达员', judge: '承办法官', clerk: '书记员', supervisor: '监管',
  leader: '院领导', court_admin: '法院管理员', administrator: '法院管理员', onsite: '驻场人员', onsite_staff: '驻场人员',
})
export const signerRelation = word({
  self: '本人', spouse: '配偶', parent: '父母', child: '子女', family: '同住成年家属', agent: '诉讼代理人',
  designated: '指定代收人', organisation: '单位收发人员',
})

export const visitTone: Record<string, 'info' | 'primary' | 'success' | 'warning' | 'danger'> = {
  open: 'info', assigned: 'info', accepted: 'primary', departed: 'primary', arrived: 'warning', ended: 'success',
  withdrawn: 'danger',
}

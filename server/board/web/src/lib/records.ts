/** What is asked when an attempt ends, by way and result: the fields of server.law.attempts.Attempt. Pure. */

// No result yet: mail that is still under way.
const UNFINISHED = new Set(['mail_open'])
export const offeredResults = <R extends { code: string }>(results: readonly R[]): R[] => results.filter((one) => !UNFINISHED.has(one.code))

const RELATIONS: Record<string, string> = {
  self: '本人', cohabiting_adult: '同住成年家属', family_elsewhere: '不同住的成年家属', guardian: '法定代理人', legal_representative: '法定代表人',
  principal: '主要负责人', mail_receiver: '负责收件的人（办公室、收发室、值班室）', other_staff: '单位其他员工', agent: '诉讼代理人',
  designated_receiver: '指定代收人', neighbour: '邻居', guard: '物业、保安', parcel_station: '驿站、快递柜、商店', unknown: '身份不明',
}
const RETURNS: Record<string, string> = {
  refused: '拒收', moved: '迁移新址不明', no_such_person: '原址查无此人', address_unclear: '原写地址不详', wrong_name: '名址有误且电话不通',
  organisation_gone: '单位撤销', nobody: '多次投递无人', unclaimed: '逾期未领', not_contacted: '未联系上收件人', recalled: '寄件人要求退回',
}
const CALLS: Record<string, string> = {
  agreed_electronic: '同意电子送达', agreed_pickup: '同意上门领取', agreed_mail: '同意邮寄送达', refuses_talk: '本人拒绝沟通', not_the_person: '接听非本人',
  denies: '称非本案当事人', hung_up: '拒接、挂断', no_answer: '无人接听', busy: '正在通话', restricted: '呼叫受限', switched_off: '关机', suspended: '停机',
  out_of_service: '暂停服务', no_such_number: '空号', wrong_number: '号码错误',
}
const PLACES: Record<string, string> = { domicile: '住所', workplace: '从业场所', elsewhere: '住所以外', court: '人民法院' }

/** Kinds of material that can be put to an attempt (server.law.proof.KINDS and EVIDENCE_KINDS). */
export const EXHIBITS: Record<string, string> = {
  receipt: '送达回证', mail_receipt: '邮件回执（影像）', return_slip: '改退批条或者退回说明', send_record: '发送成功记录', voucher: '电子送达凭证',
  read_record: '阅知记录', reply: '回复或者诉讼行为记录', recording: '通话录音', letter: '委托函', notice_proof: '公告刊登页、截图或者张贴照片',
  notice_proof_local: '当地报刊刊登页', posting_video: '住所地张贴录像或者照片', reason_record: '公告原因和经过的记录', minutes: '宣判笔录',
  signature_court: '审判人员、书记员签名', photo_door: '门牌及现场照片', photo_recipient: '受送达人签收照片', photo_documents: '送达文书照片',
  photo_witness: '见证人在场照片', photo_process: '送达过程照片', photo_left: '文书留置照片', signature_recipient: '签收人签名',
  signature_witness: '见证人签名', signature_server: '送达人签名', video: '送达过程录像', audio: '现场录音', scan: '材料扫描件', strokes: '签名笔迹',
}
const MAIL = ['mail_receipt', 'return_slip', 'scan']
const AT_DOOR = Object.keys(EXHIBITS).filter((kind) => /^(photo|signature|video|audio)/.test(kind))
const EXHIBITS_OF: Record<string, readonly string[]> = {
  postal: MAIL, electronic: ['send_record', 'voucher', 'read_record', 'reply', 'scan'], telephone: ['recording', 'scan'],
  notice: ['notice_proof', 'notice_proof_local', 'posting_video', 'reason_record', 'scan'], pickup: ['receipt', 'signature_recipient', 'signature_court', 'minutes', 'scan'],
  entrusted: ['receipt', 'letter', ...AT_DOOR, 'scan'], forwarded: ['receipt', 'scan'], direct: ['receipt', ...AT_DOOR, 'scan'],
}
export const exhibitsOf = (channel: string): readonly string[] => EXHIBITS_OF[channel] ?? Object.keys(EXHIBITS)

/** What the form asks; `key` is where the answer goes in the record, `a.b` inside the object `a`. */
export interface Asked {
  key: string
  label: string
  kind: 'day' | 'days' | 'moment' | 'text' | 'long' | 'choice' | 'tick' | 'number'
  options?: Record<string, string>
  hint?: string
}
const day = (key: string, label: string): Asked => ({ key, label, kind: 'day' })
const moment = (key: string, label: string, hint = ''): Asked => ({ key, label, kind: 'moment', hint })
const text = (key: string, label: string, kind: 'text' | 'long' = 'text'): Asked => ({ key, label, kind })
const choice = (key: string, label: string, options: Record<string, string>): Asked => ({ key, label, kind: 'choice', options })
const tick = (key: string, label: string): Asked => ({ key, label, kind: 'tick' })

const person = (who: string, label: string): Asked[] => [
  choice(`${who}.relation`, `${label}身份`, RELATIONS), text(`${who}.name`, `${label}姓名`), { key: `${who}.age`, label: '年龄（知道时填写）', kind: 'number' },
  tick(`${who}.opposing`, '是本案对方当事人'), tick(`${who}.spouse_side`, '是受送达人的配偶或者配偶的直系亲属'),
]
const WITNESS = [text('fields.witness.name', '见证人姓名'), text('fields.witness.unit', '见证人单位')]
const NOTE = text('fields.note', '情况说明', 'long')
const REASON = text('fields.refusal_reason', '拒收事由', 'long')
const LEFT = [day('left_on', '留置（记明拒收）日期'), text('fields.left_at_place', '文书留置的具体位置')]
const PLACE = choice('place', '地点', PLACES)
const POSTED = day('posted_on', '交邮日期')
const WAYBILL = text('fields.waybill', '邮件号码')
const E_KINDS = { sms: '短信', email: '电子邮件', wechat: '微信', platform: '诉讼服务平台' }
const E_WHERE: Asked[] = [choice('fields.kind', '电子送达的途径', E_KINDS), text('fields.address', '接收的号码、账号'), text('fields.sender', '发送的号码、账号')]
const TRIES: Asked[] = [{ key: 'tried_on', label: '投递日期（可多选）', kind: 'days' }, tick('contact_tried', '投递时联系过收件人')]
const ENTRUSTED = day('received_on', '受托（转交）单位收到日期')

const OF_RESULT: Record<string, Asked[]> = {
  mail_delivered: [WAYBILL, POSTED, ...TRIES, NOTE],
  mail_signed: [WAYBILL, POSTED, day('signed_on', '回执签收日期'), ...person('signer', '签收人')],
  mail_returned: [WAYBILL, POSTED, day('returned_on', '退回日期'), choice('return_reason', '退回原因', RETURNS), ...TRIES, ...person('refuser', '拒收人（退回原因为拒收时填写）'), NOTE],
  e_sent: [
    ...E_WHERE, moment('sent_at', '发送时间'), moment('arrived_at', '到达时间', '系统显示发送成功的时间'), moment('read_at', '阅读时间'), moment('replied_at', '回复收悉时间'),
    moment('acted_at', '据此作出诉讼行为的时间'), tick('prompt_only', '只发了链接或者提示，没有发文书'),
  ],
  e_failed: [...E_WHERE, moment('sent_at', '发送时间'), NOTE],
  call_told: [moment('called_at', '通话时间'), choice('fields.call_result', '通话结果', CALLS), text('fields.numbers', '主叫、被叫号码'), text('fields.note', '告知内容', 'long')],
  call_failed: [moment('called_at', '拨打时间'), choice('fields.call_result', '通话结果', CALLS), NOTE],
  notice_published: [{ key: 'postings', label: '刊登、张贴日期（可多选）', kind: 'days' }, tick('posted_at_domicile', '在住所地张贴'), text('fields.url', '发布地址'), NOTE],
  refused_witness: [PLACE, ...person('refuser', '拒收人'), REASON, ...WITNESS, ...LEFT],
  refused_video: [PLACE, ...person('refuser', '拒收人'), REASON, ...LEFT],
  refused_unwitnessed: [PLACE, ...person('refuser', '拒收人'), REASON, text('fields.note', '被邀请人不愿见证的情形、时间和地点', 'long'), ...LEFT],
  refused_elsewhere: [PLACE, ...person('refuser', '拒收人'), REASON, day('left_on', '记明拒收日期')],
  refused_at_court: [...person('refuser', '拒收人'), REASON, day('left_on', '记明拒收日期')],
  refused_at_pronouncement: [...person('refuser', '拒收人'), day('left_on', '记明拒收日期')],
  refused_returned: [...person('refuser', '拒收人'), REASON],
}

/** The questions of the form that closes an attempt. */
export function askedOf(channel: string, result: string): Asked[] {
  const through = channel === 'entrusted' || channel === 'forwarded' ? [ENTRUSTED] : []
  if (result.startsWith('signed_')) return [...through, day('signed_on', '签收日期'), ...person('signer', '签收人')]
  return [...through, ...(OF_RESULT[result] ?? [PLACE, NOTE])]
}

export type Answer = string | number | boolean | string[] | null | undefined
export type Answers = Record<string, Answer>
const isEmpty = (value: Answer): boolean => value === undefined || value === null || value === '' || value === false || (Array.isArray(value) && !value.length)
const OBJECTS = new Set(['signer', 'refuser', 'fields'])

/** What a proof must name stands among its fields too: the law asks there whether the signer is named. */
const NAMED: Record<string, string> = { 'signer.name': 'signer.name', 'signer.relation': 'signer.relation' }

/** The record the server reads: answers put where their keys say, empty ones left out. */
export function recordOf(asked: readonly Asked[], answers: Readonly<Answers>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  const put = (head: string, name: string, value: Answer) => { record[head] = { ...(record[head] as object | undefined), [name]: value } }
  for (const { key, options } of asked) {
    const value = answers[key]
    if (isEmpty(value)) continue
    const [head = '', ...rest] = key.split('.')
    if (!rest.length || !OBJECTS.has(head)) record[key] = value
    else put(head, rest.join('.'), value)
    const named = NAMED[key]
    if (named) put('fields', named, options?.[String(value)] ?? value)
  }
  return record
}

/** Words offered in forms. Pure. */

/** Reasons offered for sending a task back. */
export const RETURN_REASONS = ['受送达人身份信息有误，请核对', '送达地址不完整', '送达文书与任务不符', '应先采用电子送达'] as const

/** On whose word an address is (server.law.terms.BASES). */
export const ADDRESS_BASES = [
  '送达地址确认书', '当事人自行提供', '合同约定', '诉讼材料载明', '历史案件确认地址', '经常使用地址', '户籍地址', '身份证地址', '居住证地址', '经常居住地',
  '工商登记地址', '原告提供', '申请执行人提供', '法院查明',
] as const

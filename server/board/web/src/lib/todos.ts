/** Kinds of things to do (server.service.todo_rules). */
export const TODO_KINDS: Record<string, string> = {
  switch: '更换送达方式', dead_number: '号码无效', wrong_number: '号码非本人', bounce: '电子送达失败', mail_back: '邮件退回',
  mediation_to_judge: '调解书报法官', confirm_effect: '确认送达效力', judge_decides: '法官决定效力', evidence_incomplete: '补齐材料', hearing: '开庭前送达',
  entrusted_due: '委托送达到期', payment_order: '支付令到期', announcement_ending: '公告期满',
}
/** A decision on effect ends these: nobody closes them by writing a sentence. */
export const BY_DECISION = new Set(['confirm_effect', 'judge_decides'])

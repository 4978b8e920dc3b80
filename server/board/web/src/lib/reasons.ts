/** Reasons offered for sending a task back. */
export const RETURN_REASONS = ['受送达人身份信息有误，请核对', '送达地址不完整', '送达文书与任务不符', '应先采用电子送达'] as const

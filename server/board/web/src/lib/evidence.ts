/** What is known of one item, in the fewest words that still make a reviewer look. Pure. */
import type { EvidenceItem } from '@/api/types'

export interface Mark { text: string; tone: string; why: string }
const CAPTURE: Record<string, Mark> = {
  sealed: { text: '封存完好', tone: 'green', why: '拍摄时即由登记手机签名，内容、时间、次序核对一致' },
  doubt: { text: '封存存疑', tone: 'amber', why: '拍摄封存有需要说明之处，见详情' },
  broken: { text: '封存不符', tone: 'red', why: '拍摄封存与收到的内容不一致，见详情' },
  unsealed: { text: '无拍摄封存', tone: '', why: '材料到达时没有拍摄封存，收到后的完整性仍有存证' },
}
const PLACE: Record<string, Mark> = { doubt: { text: '位置存疑', tone: 'amber', why: '' } }
const ANALYSIS: Record<string, Mark> = {
  broken: { text: '文件损坏', tone: 'red', why: '文件无法完整解码，不计入应有证据' }, failed: { text: '未能分析', tone: '', why: '分析多次未完成，原件不受影响' },
}
const LATE: Record<string, Mark> = { waiting: { text: '迟到待处理', tone: 'dark', why: '结束后才收到，等待处理' }, left: { text: '迟到未采纳', tone: 'dark', why: '' } }

export function marksOf(item: EvidenceItem): Mark[] {
  const place = PLACE[item.place?.verdict ?? '']
  const told = place && { ...place, why: item.place?.reasons.map((one) => one.text).join('；') ?? '' }
  return [CAPTURE[item.capture ?? ''], told, ANALYSIS[item.analysis ?? ''], LATE[item.late ?? '']].filter((one): one is Mark => one !== undefined)
}

/** What is known of one item, in the fewest words that still make a reviewer look. Pure. */
import type { EvidenceItem } from '@/api/types'

export interface Mark { text: string; tone: string; why: string }
const CAPTURE: Record<string, Mark> = {
  sealed: { text: '封存有效', tone: 'green', why: '拍摄时即由登记手机签名，内容、时间、次序核对一致' },
  doubt: { text: '封存存疑', tone: 'amber', why: '拍摄封存有需要说明之处，见详情' },
  broken: { text: '封存无效', tone: 'red', why: '拍摄封存与收到的内容不一致，见详情' },
  unsealed: { text: '未封存', tone: '', why: '材料到达时没有拍摄封存，收到后的完整性仍有存证' },
}
const PLACE: Record<string, Mark> = { doubt: { text: '位置存疑', tone: 'amber', why: '' } }
const ANALYSIS: Record<string, Mark> = {
  broken: { text: '文件损坏', tone: 'red', why: '文件无法完整解码，不计入应有证据' }, failed: { text: '未能分析', tone: '', why: '分析多次未完成，原件不受影响' },
}
const LATE: Record<string, Mark> = { waiting: { text: '迟到待处理', tone: 'dark', why: '结束后才收到，等待处理' }, left: { text: '迟到未采纳', tone: 'dark', why: '' } }

const FROM: Record<string, string> = { camera: '小程序内拍摄', gallery: '手机相册', pad: '手写板', recorder: '现场录制' }
const SOURCES: Record<string, string> = { phone: '手机上传', team: '外部团队上传', rescue: '应急导入', office: '办公室补录' }
export const verdictWord = (verdict: string | undefined): string => CAPTURE[verdict ?? '']?.text ?? '待核验'
export const verdictTone = (verdict: string | undefined): string => CAPTURE[verdict ?? '']?.tone ?? ''
export const placeWord = (verdict: string | undefined): string => ({ agrees: '与送达地址相符', doubt: '存疑，请核对', unknown: '无法判断' })[verdict ?? ''] ?? '待核对'
export const placeTone = (verdict: string | undefined): string => ({ agrees: 'green', doubt: 'amber' })[verdict ?? ''] ?? ''
export const takenWith = (from: string | undefined): string => FROM[from ?? ''] ?? ''
export const cameBy = (source: string): string => SOURCES[source] ?? source

/** Pixels, length and codecs, as far as the file says. */
export function mediaLine(media: Record<string, unknown>): string {
  const [width, height, seconds] = ['width', 'height', 'duration_s'].map((name) => (typeof media[name] === 'number' ? media[name] : null))
  const length = seconds === null || seconds === undefined ? '' : `${Math.floor(seconds / 60)} 分 ${Math.round(seconds % 60)} 秒`
  const codecs = ['video_codec', 'audio_codec', 'codec'].map((name) => media[name]).filter((one): one is string => typeof one === 'string')
  return [width && height ? `${width}×${height}` : '', length, codecs.join('、')].filter(Boolean).join(' · ')
}

export function marksOf(item: EvidenceItem): Mark[] {
  const place = PLACE[item.place?.verdict ?? '']
  const told = place && { ...place, why: item.place?.reasons.map((one) => one.text).join('；') ?? '' }
  return [CAPTURE[item.capture ?? ''], told, ANALYSIS[item.analysis ?? ''], LATE[item.late ?? '']].filter((one): one is Mark => one !== undefined)
}

/** Codes people type from another device, as the server wants them. Pure. */

const FULL_WIDTH = /[０-９Ａ-Ｚａ-ｚ]/g

const plain = (text: string): string => text.replace(FULL_WIDTH, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))

/** Full-width figures of a Chinese keyboard become plain ones; spaces and dashes of a copied code go. */
export const typedCode = (text: string): string => plain(text).replace(/[\s\-－—·]/g, '')

/** A recovery code in its fours (`x7k2-9xm4-…`), whichever dashes were typed or left out. */
export const typedRecovery = (text: string): string => (typedCode(text).toLowerCase().match(/.{1,4}/g) ?? []).join('-')

export const isTotp = (text: string): boolean => /^\d{6}$/.test(typedCode(text))

/** A secret in groups of four, as people read it aloud. */
export const inFours = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')

/** An SVG as an image address: shown by <img>, so that nothing in it can run. */
export const svgImage = (svg: string): string => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`

/** Seconds until an instant; 0 once it is past. */
export function secondsLeft(until: string | null | undefined, now: number): number {
  const at = until ? Date.parse(until) : NaN
  return Number.isNaN(at) ? 0 : Math.max(0, Math.ceil((at - now) / 1000))
}

/** `4:05`, `59 秒`. */
export function countdown(seconds: number): string {
  return seconds < 60 ? `${seconds} 秒` : `${Math.floor(seconds / 60)} 分 ${String(seconds % 60).padStart(2, '0')} 秒`
}

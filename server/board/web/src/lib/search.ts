/** What somebody typed to find a person by: a phone number, or an identity number. Pure. */

const plain = (text: string): string =>
  text.replace(/[０-９Ｘｘ]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0)).replace(/[\s\-－—()（）]/g, '').toUpperCase()

export type Personal = { phone: string } | { id_number: string }

/**
 * The body of a search by number; null when the text is neither. Identity numbers have 15 or 18 figures (GB 11643-1999),
 * organisations' codes 18 letters and figures (GB 32100-2015); phones 11 from 1, or a landline with its area code.
 */
export function personalOf(text: string): Personal | null {
  const value = plain(text).replace(/^\+?86(?=1\d{10}$)/, '')
  if (/^1\d{10}$/.test(value) || /^0\d{9,11}$/.test(value)) return { phone: value }
  if (/^\d{17}[\dX]$/.test(value) || /^\d{15}$/.test(value) || /^[0-9A-Z]{18}$/.test(value)) return { id_number: value }
  return null
}

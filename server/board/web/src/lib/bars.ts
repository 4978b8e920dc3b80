/** Geometry of a small bar chart: no library for a dozen rectangles. Pure. */
export interface Bar { x: number; width: number; y: number; height: number; part: number; label: string; total: number; refused: number }
export interface Tick { y: number; value: number }

/** A round number not below `most`, so that the axis reads well: 1, 2, 5, 10, 20, 50 … */
export function roundTop(most: number): number {
  if (most <= 5) return 5
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= most) ?? most
}

/** Bars of counts by day, in a box of `width` × `height`; `part` is the height of what was refused, at the foot. */
export function barsOf(days: readonly { date: string; total: number; refused: number }[], width: number, height: number): { bars: Bar[]; ticks: Tick[]; top: number } {
  const top = roundTop(Math.max(0, ...days.map((day) => day.total)))
  const step = days.length ? width / days.length : width
  const scale = (count: number) => (height * count) / top
  const bars = days.map((day, i) => {
    const tall = scale(day.total)
    const wide = Math.max(1, Math.min(34, step * 0.72))
    return {
      x: i * step + (step - wide) / 2, width: wide, y: height - tall, height: tall, part: scale(day.refused), label: day.date, total: day.total, refused: day.refused,
    }
  })
  const ticks = [0, 0.5, 1].map((share) => ({ y: height * (1 - share), value: top * share }))
  return { bars, ticks, top }
}

const next = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)

/** Every day of a span, the quiet ones with nothing; at most `most` days. */
export function everyDay<T extends { date: string }>(days: readonly T[], from: string, to: string, empty: (date: string) => T, most = 400): T[] {
  const known = new Map(days.map((day) => [day.date, day]))
  const found: T[] = []
  for (let date = from; date <= to && found.length < most; date = next(date)) found.push(known.get(date) ?? empty(date))
  return found
}

/** Which of `count` labels to write so that they do not touch: at most `most`, evenly. */
export const labelEvery = (count: number, most: number): number => Math.max(1, Math.ceil(count / most))

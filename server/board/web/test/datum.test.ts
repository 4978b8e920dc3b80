import { describe, expect, it } from 'vitest'
import { metresBetween, outsideChina, wgs84ToGcj02 } from '@/lib/datum'

describe('datum', () => {
  it('moves a point in Beijing by the published offset', () => {
    // Tian'anmen, the reference pair of the common implementations of this approximation.
    const [lng, lat] = wgs84ToGcj02([116.404, 39.915])
    expect(lng).toBeCloseTo(116.41024449916938, 9)
    expect(lat).toBeCloseTo(39.91640428150164, 9)
  })
  it('moves by some hundred metres, never by kilometres', () => {
    for (const point of [[116.37, 39.93], [108.94, 34.27], [108.08, 24.69]] as [number, number][]) {
      const moved = metresBetween(point, wgs84ToGcj02(point))
      expect(moved).toBeGreaterThan(100)
      expect(moved).toBeLessThan(900)
    }
  })
  it('leaves a point outside China where it is', () => {
    expect(outsideChina([2.35, 48.86])).toBe(true)
    expect(wgs84ToGcj02([2.35, 48.86])).toEqual([2.35, 48.86])
  })
  it('measures a degree of latitude as about 111 km', () => {
    expect(metresBetween([116, 39], [116, 40])).toBeCloseTo(111_195, -2)
  })
})

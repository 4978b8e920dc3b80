/**
 * WGS-84 to GCJ-02, for showing a point on tiles that are drawn in GCJ-02. Never stored, never sent.
 *
 * The published approximation of the Chinese offset: a Krasovsky 1940 ellipsoid and a sum of sines around 105°E, 35°N.
 */
import type { LngLat } from '@/api/types'

const AXIS_M = 6378245.0
const ECCENTRICITY_SQUARED = 0.00669342162296594323

export function outsideChina([lng, lat]: LngLat): boolean {
  return lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271
}

const wave = (x: number, ...terms: [number, number][]): number =>
  terms.reduce((sum, [size, period]) => sum + size * Math.sin((x * Math.PI) / period), 0) * (2 / 3)

function eastShift(x: number, y: number): number {
  const base = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x))
  return base + wave(x, [20, 1 / 6], [20, 1 / 2]) + wave(x, [20, 1], [40, 3]) + wave(x, [150, 12], [300, 30])
}

function northShift(x: number, y: number): number {
  const base = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x))
  return base + wave(x, [20, 1 / 6], [20, 1 / 2]) + wave(y, [20, 1], [40, 3]) + wave(y, [160, 12], [320, 30])
}

export function wgs84ToGcj02(point: LngLat): LngLat {
  if (outsideChina(point)) return point
  const [lng, lat] = point
  const radians = (lat * Math.PI) / 180
  const bend = 1 - ECCENTRICITY_SQUARED * Math.sin(radians) ** 2
  const root = Math.sqrt(bend)
  const north = northShift(lng - 105, lat - 35)
  const east = eastShift(lng - 105, lat - 35)
  return [
    lng + (east * 180) / ((AXIS_M / root) * Math.cos(radians) * Math.PI),
    lat + (north * 180) / (((AXIS_M * (1 - ECCENTRICITY_SQUARED)) / (bend * root)) * Math.PI),
  ]
}

/** Metres between two points of the same datum (haversine on a sphere of 6 371 008.8 m). */
export function metresBetween(a: LngLat, b: LngLat): number {
  const rad = Math.PI / 180
  const dLat = (b[1] - a[1]) * rad
  const dLng = (b[0] - a[0]) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a[1] * rad) * Math.cos(b[1] * rad) * Math.sin(dLng / 2) ** 2
  return 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(h)))
}

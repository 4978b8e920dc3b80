import L from 'leaflet'
import 'leaflet/dist/leaflet.css'
import type { LngLat, Me } from '@/api/types'
import { wgs84ToGcj02 } from '@/lib/datum'
import { Graticule } from './graticule'

export type MapSetting = { readonly provider: Me['map']['provider']; readonly key?: string | null | undefined }

/** Where a WGS-84 point lies on this map: AMap's tiles are drawn in GCJ-02, Tianditu's in CGCS2000 (as WGS-84). */
export function placer(setting: MapSetting): (point: LngLat) => L.LatLngTuple {
  const shift = setting.provider === 'amap' ? wgs84ToGcj02 : (point: LngLat) => point
  return (point) => {
    const [lng, lat] = shift(point)
    return [lat, lng]
  }
}

function tianditu(layer: string, key: string): L.TileLayer {
  const query = `SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles`
  return L.tileLayer(
    `https://t{s}.tianditu.gov.cn/${layer}_w/wmts?${query}&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${encodeURIComponent(key)}`,
    { subdomains: '01234567', maxZoom: 18, attribution: '天地图' },
  )
}

function ground(setting: MapSetting): L.Layer[] {
  if (setting.provider === 'tianditu' && setting.key) return [tianditu('vec', setting.key), tianditu('cva', setting.key)]
  if (setting.provider === 'amap') {
    return [
      L.tileLayer('https://wprd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&style=7&x={x}&y={y}&z={z}', {
        subdomains: '1234', maxZoom: 18, attribution: '高德地图',
      }),
    ]
  }
  return [new Graticule()]
}

/**
 * Takes a map away once its canvas has drawn what it was asked to: Leaflet's own `remove` leaves a frame pending that
 * then finds no canvas.
 */
export function endMap(map: L.Map): void {
  map.off()
  map.stop()
  requestAnimationFrame(() => requestAnimationFrame(() => map.remove()))
}

/** A Leaflet map on one canvas, with the configured tiles or a graticule, and a scale in metres. */
export function makeMap(element: HTMLElement, setting: MapSetting): L.Map {
  const map = L.map(element, {
    preferCanvas: true, zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 18,
    // Tiles are sharp at whole zooms only; lines are sharp at any.
    zoomSnap: setting.provider ? 1 : 0.25,
    // Without animations nothing is left to happen after the page has gone on; court PCs have no GPU to enjoy them.
    zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false,
  })
  map.setView([39.92, 116.39], 11)
  L.control.zoom({ position: 'topright', zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map)
  L.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map)
  if (setting.provider) L.control.attribution({ prefix: false, position: 'bottomright' }).addTo(map)
  ground(setting).forEach((layer) => layer.addTo(map))
  return map
}

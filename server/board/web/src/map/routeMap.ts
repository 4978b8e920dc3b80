import L from 'leaflet'
import type { LngLat } from '@/api/types'
import { endMap, makeMap, placer, type MapSetting } from './base'
import { NumberedMarker } from './numbered'

export interface MapStop {
  visitId: string
  point: LngLat
  number: number
  title: string
  ended: boolean
}
export interface MapRoute {
  serverId: string
  colour: string
  name: string
  start: LngLat | null
  stops: MapStop[]
}
export interface MapPerson {
  serverId: string
  colour: string
  name: string
  point: LngLat
  ageText: string
  stale: boolean
}
export interface MapHandlers {
  hover(visitId: string | null): void
  pick(visitId: string): void
}

const POOL_COLOUR = '#5b6472'
const BIG_ZOOM = 12.5

/** The day on a map: a line per server with its numbered stops, what nobody has yet, depots, and where people are. */
export class RouteMap {
  readonly map: L.Map
  private readonly place: (point: LngLat) => L.LatLngTuple
  private readonly lines = new Map<string, L.Polyline>()
  private readonly markers: { marker: NumberedMarker; serverId: string }[] = []
  private readonly byVisit = new Map<string, NumberedMarker>()
  private readonly layers = L.layerGroup()
  private readonly people = L.layerGroup()
  private readonly halo: L.CircleMarker
  private focused: string | null = null
  private bounds: L.LatLngBounds | null = null

  constructor(element: HTMLElement, setting: MapSetting, private readonly handlers: MapHandlers) {
    this.map = makeMap(element, setting)
    this.place = placer(setting)
    this.layers.addTo(this.map)
    this.people.addTo(this.map)
    this.halo = L.circleMarker([0, 0], { radius: 15, color: '#111827', weight: 3, fill: false, interactive: false })
    this.map.on('zoomend', () => this.restyle())
  }

  destroy(): void {
    endMap(this.map)
  }

  draw(routes: MapRoute[], pool: MapStop[]): void {
    this.layers.clearLayers()
    this.lines.clear()
    this.markers.length = 0
    this.byVisit.clear()
    const all: L.LatLngTuple[] = []
    for (const stop of pool) this.addStop(stop, '', POOL_COLOUR, all, '')
    for (const route of routes) this.addRoute(route, all)
    this.addDepots(routes, all)
    this.bounds = all.length ? L.latLngBounds(all) : null
    this.restyle()
  }

  private addRoute(route: MapRoute, all: L.LatLngTuple[]): void {
    const path = route.stops.map((stop) => this.place(stop.point))
    if (!path.length) return
    const closed = route.start ? [this.place(route.start), ...path, this.place(route.start)] : path
    const line = L.polyline(closed, { color: route.colour, weight: 2, opacity: 0.65, lineJoin: 'round' })
    line.bindTooltip(`${route.name} · ${route.stops.length} 件`, { sticky: true })
    this.layers.addLayer(line)
    this.lines.set(route.serverId, line)
    for (const stop of route.stops) this.addStop(stop, route.serverId, route.colour, all, String(stop.number))
  }

  private addStop(stop: MapStop, serverId: string, colour: string, all: L.LatLngTuple[], text: string): void {
    const at = this.place(stop.point)
    all.push(at)
    const marker = new NumberedMarker(at, {
      radius: 5, weight: 1.5, color: stop.ended ? colour : '#fff', fillColor: stop.ended ? '#fff' : colour, fillOpacity: 1,
      text, textColour: stop.ended ? colour : '#fff',
    })
    marker.bindTooltip(stop.title, { direction: 'top', offset: [0, -8] })
    marker.on('mouseover', () => this.handlers.hover(stop.visitId))
    marker.on('mouseout', () => this.handlers.hover(null))
    marker.on('click', () => this.handlers.pick(stop.visitId))
    this.layers.addLayer(marker)
    // The second of a crew stops at the same door: the first marker stays the one to find.
    this.markers.push({ marker, serverId })
    if (!this.byVisit.has(stop.visitId)) this.byVisit.set(stop.visitId, marker)
  }

  private addDepots(routes: MapRoute[], all: L.LatLngTuple[]): void {
    const seen = new Set<string>()
    for (const { start } of routes) {
      if (!start || seen.has(start.join())) continue
      seen.add(start.join())
      const at = this.place(start)
      all.push(at)
      const icon = L.divIcon({ className: 'depot', html: '出发', iconSize: [34, 18], iconAnchor: [17, 30] })
      this.layers.addLayer(L.marker(at, { icon, keyboard: false, interactive: false }))
    }
  }

  showPeople(people: MapPerson[]): void {
    this.people.clearLayers()
    for (const person of people) {
      const html = `<i style="background:${person.stale ? '#9aa3af' : person.colour}"></i>`
      const icon = L.divIcon({ className: person.stale ? 'person stale' : 'person', html, iconSize: [20, 20] })
      const marker = L.marker(this.place(person.point), { icon, keyboard: false, zIndexOffset: 500 })
      const words = document.createElement('span')
      words.textContent = `${person.name} · ${person.ageText}`
      marker.bindTooltip(words, { direction: 'top', offset: [0, -10] })
      this.people.addLayer(marker)
    }
  }

  highlight(visitId: string | null): void {
    const found = visitId ? this.byVisit.get(visitId) : undefined
    if (!found) {
      this.halo.remove()
      return
    }
    this.halo.setLatLng(found.getLatLng())
    this.halo.addTo(this.map).bringToFront()
  }

  reveal(visitId: string): void {
    const found = this.byVisit.get(visitId)?.getLatLng()
    if (found && !this.map.getBounds().pad(-0.1).contains(found)) this.map.panTo(found)
  }

  focus(serverId: string | null): void {
    this.focused = serverId
    this.restyle()
    const line = serverId ? this.lines.get(serverId) : undefined
    if (line) this.map.fitBounds(line.getBounds(), { padding: [30, 30], maxZoom: 15 })
  }

  fit(): void {
    if (this.bounds?.isValid()) this.map.fitBounds(this.bounds, { padding: [26, 26], maxZoom: 15 })
  }

  private restyle(): void {
    const focused = this.focused
    for (const [serverId, line] of this.lines) {
      line.setStyle(focused === serverId ? { opacity: 0.95, weight: 4 } : { opacity: focused === null ? 0.65 : 0.1, weight: 2 })
    }
    const big = this.map.getZoom() >= BIG_ZOOM
    for (const { marker, serverId } of this.markers) {
      const own = focused === serverId
      const strength = focused === null || own ? 1 : 0.15
      marker.setStyle({ fillOpacity: strength, opacity: strength })
      marker.setRadius(own || big ? 9 : 5)
      if (own) marker.bringToFront()
    }
  }
}

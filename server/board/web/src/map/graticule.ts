import L from 'leaflet'

const STEPS_DEG = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
const WANTED_PX = 130

/** Lines of longitude and latitude on a plain ground: what stands under the routes when no map tiles are configured. */
export class Graticule extends L.Layer {
  private canvas: HTMLCanvasElement | null = null

  override onAdd(map: L.Map): this {
    this.canvas = L.DomUtil.create('canvas', 'leaflet-zoom-hide graticule', map.getPane('tilePane'))
    map.on('moveend zoomend resize', this.draw, this)
    this.draw()
    return this
  }

  override onRemove(map: L.Map): this {
    map.off('moveend zoomend resize', this.draw, this)
    this.canvas?.remove()
    this.canvas = null
    return this
  }

  private draw(): void {
    const map = this._map
    const canvas = this.canvas
    if (!canvas) return
    const size = map.getSize()
    const ratio = devicePixelRatio || 1
    canvas.width = size.x * ratio
    canvas.height = size.y * ratio
    canvas.style.width = `${size.x}px`
    canvas.style.height = `${size.y}px`
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]))
    const ctx = canvas.getContext('2d')
    if (!ctx) return
    ctx.scale(ratio, ratio)
    ctx.strokeStyle = '#d9dee5'
    ctx.fillStyle = '#8a94a3'
    ctx.font = '10px sans-serif'
    this.lines(ctx, map, size)
  }

  private lines(ctx: CanvasRenderingContext2D, map: L.Map, size: L.Point): void {
    const bounds = map.getBounds()
    const perPixel = (bounds.getEast() - bounds.getWest()) / Math.max(1, size.x)
    const step = STEPS_DEG.find((one) => one / perPixel >= WANTED_PX) ?? 10
    const digits = step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0
    ctx.beginPath()
    for (let lng = Math.ceil(bounds.getWest() / step) * step; lng < bounds.getEast(); lng += step) {
      const x = Math.round(map.latLngToContainerPoint([bounds.getSouth(), lng]).x) + 0.5
      ctx.moveTo(x, 0)
      ctx.lineTo(x, size.y)
      ctx.fillText(`${lng.toFixed(digits)}°`, x + 3, 11)
    }
    for (let lat = Math.ceil(bounds.getSouth() / step) * step; lat < bounds.getNorth(); lat += step) {
      const y = Math.round(map.latLngToContainerPoint([lat, bounds.getWest()]).y) + 0.5
      ctx.moveTo(0, y)
      ctx.lineTo(size.x, y)
      ctx.fillText(`${lat.toFixed(digits)}°`, 3, y - 3)
    }
    ctx.stroke()
  }
}

import L from 'leaflet'

export interface NumberedOptions extends L.CircleMarkerOptions {
  text?: string
  textColour?: string
  /** Drawn as a ring: the visit has ended. */
  hollow?: boolean
}

/** What Leaflet's canvas renderer keeps to itself but a path must use to draw. */
interface CanvasInsides extends L.Canvas {
  _ctx: CanvasRenderingContext2D
  _drawing: boolean
  _updateCircle(layer: L.CircleMarker): void
}
interface PathInsides {
  _renderer: CanvasInsides
  _point: L.Point
  _radius: number
  _empty(): boolean
}

/** A circle with a short text in it, drawn on the shared canvas: hundreds cost no DOM nodes. */
export class NumberedMarker extends L.CircleMarker {
  declare options: NumberedOptions

  constructor(at: L.LatLngExpression, options: NumberedOptions) {
    super(at, options)
  }

  /** Called by Leaflet whenever the circle is to be drawn. */
  protected _updatePath(): void {
    const inside = this as unknown as PathInsides
    inside._renderer._updateCircle(this)
    const { text, textColour } = this.options
    if (!text || inside._radius < 7 || !inside._renderer._drawing || inside._empty()) return
    const ctx = inside._renderer._ctx
    ctx.globalAlpha = this.options.fillOpacity ?? 1
    ctx.fillStyle = textColour ?? '#fff'
    ctx.font = `600 ${text.length > 2 ? 8 : 10}px sans-serif`
    ctx.textAlign = 'center'
    ctx.textBaseline = 'middle'
    ctx.fillText(text, inside._point.x, inside._point.y + 0.5)
    ctx.globalAlpha = 1
  }
}

/**
 * Colours for up to 24 routes, dark enough for white numbers (contrast ≥ 4.5 against white) and told apart by
 * neighbours in the roster being far apart in hue. Beyond 24 they repeat; the number on the column tells them apart.
 */
const PALETTE = [
  '#1f5fbf', '#b8431f', '#1b7a3d', '#8a2fa0', '#9a6700', '#0b7285', '#c2255c', '#5c6b00',
  '#5f3dc4', '#a61e4d', '#087f5b', '#845321', '#364fc7', '#d6336c', '#2b6a2f', '#7a4419',
  '#1864ab', '#c92a2a', '#4a6b12', '#862e9c', '#0c6b8f', '#a8480b', '#3b5bdb', '#6b3fa0',
] as const

export const UNASSIGNED = '#5b6472'

export function routeColour(index: number): string {
  return index < 0 ? UNASSIGNED : (PALETTE[index % PALETTE.length] as string)
}

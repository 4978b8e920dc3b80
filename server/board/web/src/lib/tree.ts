/** Courts as a tree for a table. Pure. */
import type { CourtRow } from '@/api/admin'

export type CourtNode = CourtRow & { children?: CourtNode[] }

/** Courts under their parents; whoever's parent is not in the list is a root. Highest level first, then by code. */
export function treeOf(courts: readonly CourtRow[]): CourtNode[] {
  const nodes = new Map(courts.map((court) => [court.code, { ...court } as CourtNode]))
  const roots: CourtNode[] = []
  for (const node of nodes.values()) {
    const parent = node.parent && node.parent !== node.code ? nodes.get(node.parent) : undefined
    if (parent) (parent.children ??= []).push(node)
    else roots.push(node)
  }
  const inOrder = (a: CourtNode, b: CourtNode) => a.level - b.level || a.code.localeCompare(b.code)
  for (const node of nodes.values()) node.children?.sort(inOrder)
  return roots.sort(inOrder)
}

// What several checks share: what was found so far, and the files everything is held against.

import { Malformed } from "./json.js";

// Codes without repetition, in the order they were found: [[code, what], …].
export class Reasons {
  constructor(first = []) {
    this.found = new Map();
    first.forEach(([code, what]) => this.add(code, what));
  }

  add(code, what = "") {
    this.found.set(`${code}\n${what}`, [code, String(what)]);
  }

  get list() {
    return [...this.found.values()];
  }
}

export const fits = (found, listed) => Boolean(found) && found.sha256 === listed.sha256 && found.size === listed.size;

// Why a file cannot be gone by: [code, what], or null when it is as listed.
export function faultOf(opened, path) {
  const listed = opened.listing.files.get(path);
  if (!listed) return ["listing.bad", ""];
  if (!opened.digests.has(path)) return ["file.missing", path];
  return fits(opened.digests.get(path), listed) ? null : ["file.altered", path];
}

export function smallBody(opened, path) {
  const found = opened.digests.get(path)?.body;
  if (!found) throw new Malformed(path);
  return found;
}

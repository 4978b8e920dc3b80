// The zip of a bundle: in the one form the court writes (docs/bundle.md), or, when it is not, read as any zip, under limits.

import { digestOf, digestOfBlob, joined, sameBytes, textOf, utf8 } from "./bytes.js";

const [LOCAL, CENTRAL, END, END64, LOCATOR64] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const [BIG, MANY] = [0xffffffff, 0xffff];
const LONGEST_NAME = 255;
const MOST_MEMBERS = 1_000_000;
const WINDOW = 1024 * 1024;
const MOST_SMALL = 1024 * 1024;
const MOST_LISTING = 256 * 1024 * 1024;
const RATIO = 200;
const SEGMENT = /^[^\x00-\x1f\x7f\\/:*?"<>|]+$/u;

export class NoBundle extends Error {}

export function safeName(name) {
  if (!name.isWellFormed() || name.normalize("NFC") !== name) return false;
  const length = utf8(name).length;
  return length > 0 && length <= 200 && name.split("/").every((part) => SEGMENT.test(part) && !/^\.|[. ]$/.test(part));
}

// Small reads of a large file without asking the system each time.
class Window {
  constructor(file) {
    this.file = file;
    this.begin = 0;
    this.data = new Uint8Array(0);
  }

  async read(at, count) {
    const end = Math.min(at + count, this.file.size);
    if (at < this.begin || end > this.begin + this.data.length) {
      this.begin = at;
      this.data = new Uint8Array(await this.file.slice(at, Math.max(end, at + WINDOW)).arrayBuffer());
    }
    return this.data.subarray(at - this.begin, Math.max(end, at) - this.begin);
  }
}

// Little-endian fields: [value, bytes] …
function packed(...fields) {
  const out = new Uint8Array(fields.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 8) view.setBigUint64(at, BigInt(value), true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += bytes;
  }
  return out;
}

const versionOf = (entry) => (entry.size >= BIG || entry.at >= BIG ? 45 : 20);

function localHeader(entry) {
  const name = utf8(entry.name);
  const extra = entry.size >= BIG ? packed([1, 2], [16, 2], [entry.size, 8], [entry.size, 8]) : new Uint8Array(0);
  const size = Math.min(entry.size, BIG);
  const fixed = packed(
    [LOCAL, 4], [versionOf(entry), 2], [0x0800, 2], [0, 2], [0, 2], [0x0021, 2], [entry.crc, 4], [size, 4], [size, 4],
    [name.length, 2], [extra.length, 2],
  );
  return joined([fixed, name, extra]);
}

function centralHeader(entry) {
  const name = utf8(entry.name);
  const wide = [];
  if (entry.size >= BIG) wide.push([entry.size, 8], [entry.size, 8]);
  if (entry.at >= BIG) wide.push([entry.at, 8]);
  const extra = wide.length ? packed([1, 2], [wide.length * 8, 2], ...wide) : new Uint8Array(0);
  const [size, version] = [Math.min(entry.size, BIG), versionOf(entry)];
  const fixed = packed(
    [CENTRAL, 4], [0x0300 | version, 2], [version, 2], [0x0800, 2], [0, 2], [0, 2], [0x0021, 2], [entry.crc, 4],
    [size, 4], [size, 4], [name.length, 2], [extra.length, 2], [0, 2], [0, 2], [0, 2], [0o100444 * 65536, 4],
    [Math.min(entry.at, BIG), 4],
  );
  return joined([fixed, name, extra]);
}

function directory(entries, at) {
  const central = joined(entries.map(centralHeader));
  const [count, size] = [entries.length, central.length];
  const parts = [central];
  if (count >= MANY || size >= BIG || at >= BIG) {
    parts.push(
      packed([END64, 4], [44, 8], [0x032d, 2], [45, 2], [0, 4], [0, 4], [count, 8], [count, 8], [size, 8], [at, 8]),
      packed([LOCATOR64, 4], [0, 4], [at + size, 8], [1, 4]),
    );
  }
  const short = Math.min(count, MANY);
  parts.push(packed([END, 4], [0, 2], [0, 2], [short, 2], [short, 2], [Math.min(size, BIG), 4], [Math.min(at, BIG), 4], [0, 2]));
  return joined(parts);
}

async function entryAt(window, at) {
  const head = await window.read(at, 30 + LONGEST_NAME + 20);
  if (head.length < 30) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0, true) !== LOCAL) return null;
  const [crc, length, extra] = [view.getUint32(14, true), view.getUint16(26, true), view.getUint16(28, true)];
  let size = view.getUint32(18, true);
  if (size === BIG && extra === 20 && head.length >= 30 + length + 12) {
    size = Number(view.getBigUint64(30 + length + 4, true));
  }
  let name;
  try {
    name = textOf(head.subarray(30, 30 + length));
  } catch {
    return null;
  }
  const header = localHeader({ name, size, crc, at });
  if (!safeName(name) || !sameBytes(head.subarray(0, header.length), header)) return null;
  const dataAt = at + header.length;
  return dataAt + size > window.file.size ? null : { name, size, crc, at, dataAt, endsAt: dataAt + size };
}

// {entries, faultAt}: members from byte 0 on, and where the file leaves the one form (null: never).
async function scan(file, told) {
  const window = new Window(file);
  const entries = new Map();
  let at = 0;
  while (entries.size < MOST_MEMBERS) {
    const found = await entryAt(window, at);
    if (!found || entries.has(found.name)) break;
    entries.set(found.name, found);
    at = found.endsAt;
    told(at);
  }
  const tail = directory([...entries.values()], at);
  const rest = file.size - at === tail.length ? new Uint8Array(await file.slice(at).arrayBuffer()) : null;
  return { entries, faultAt: rest && sameBytes(rest, tail) ? null : at };
}

const mostOf = (name) => (name === "bundle.json" || name === "SHA256SUMS" ? MOST_LISTING : MOST_SMALL);

class Strict {
  constructor(file, found) {
    this.file = file;
    this.entries = found.entries;
    this.problems = found.faultAt === null ? [] : [["bundle.container", String(found.faultAt)]];
  }

  get names() {
    return [...this.entries.keys()];
  }

  blob(name) {
    const { dataAt, endsAt } = this.entries.get(name);
    return this.file.slice(dataAt, endsAt);
  }

  async digest(name, { keep, moved }) {
    const { size, crc } = this.entries.get(name);
    const found = await digestOfBlob(this.blob(name), { keep: keep && size <= mostOf(name), moved });
    return { ...found, crcFits: found.crc === crc };
  }
}

// Any other zip: stored and deflated members. Whatever is wrong with one of them, it counts as unreadable (null).
class Lenient {
  constructor(file, infos, problems) {
    this.file = file;
    this.infos = infos;
    this.problems = problems;
  }

  get names() {
    return [...this.infos.keys()];
  }

  async digest(name, { keep, moved }) {
    const info = this.infos.get(name);
    try {
      const blob = await this.packed(info);
      const wanted = { keep: keep && info.size <= mostOf(name), moved };
      const found = info.method === 0 ? await digestOfBlob(blob, wanted) : await digestOf(inflated(blob, info.size), wanted);
      return found.crc === info.crc && found.size === info.size ? { ...found, crcFits: true } : null;
    } catch {
      return null;
    }
  }

  async packed(info) {
    const head = new Uint8Array(await this.file.slice(info.at, info.at + 30).arrayBuffer());
    const view = new DataView(head.buffer);
    if (head.length < 30 || view.getUint32(0, true) !== LOCAL) throw new NoBundle("local header");
    const [length, extra] = [view.getUint16(26, true), view.getUint16(28, true)];
    if (info.flags & 0x61) throw new NoBundle("encrypted or patched");
    const name = new Uint8Array(await this.file.slice(info.at + 30, info.at + 30 + length).arrayBuffer());
    if (!sameBytes(name, info.rawName)) throw new NoBundle("another name");
    const begin = info.at + 30 + length + extra;
    if (begin + info.packedSize > this.file.size) throw new NoBundle("cut short");
    return this.file.slice(begin, begin + info.packedSize);
  }
}

async function* inflated(blob, most) {
  const reader = blob.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let count = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    count += value.length;
    if (count > most) throw new NoBundle("more than said");
    yield value;
  }
}

// {at, size, offset, count}: the end record, wherever behind it a comment begins; null without one.
async function endRecord(file) {
  const from = Math.max(0, file.size - 22 - 65535);
  const tail = new Uint8Array(await file.slice(from).arrayBuffer());
  const view = new DataView(tail.buffer);
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END) continue;
    const found = { at: from + at, size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true), before: 0 };
    if (at >= 20 && view.getUint32(at - 20, true) === LOCATOR64) return end64(file, found);
    return found;
  }
  return null;
}

async function end64(file, found) {
  const at = found.at - 20 - 56;
  if (at < 0) return found;
  const view = new DataView(await file.slice(at, at + 56).arrayBuffer());
  if (view.getUint32(0, true) !== END64) return found;
  return { at: found.at, size: Number(view.getBigUint64(40, true)), offset: Number(view.getBigUint64(48, true)), before: 76 };
}

// The central directory's rows; null when there is none that can be read.
async function directoryOf(file) {
  const end = await endRecord(file);
  if (!end) return null;
  const shift = end.at - end.before - end.size - end.offset;
  const begin = end.offset + shift;
  if (begin < 0 || end.size > 512 * 1024 * 1024) return null;
  const data = new Uint8Array(await file.slice(begin, begin + end.size).arrayBuffer());
  const view = new DataView(data.buffer);
  const rows = [];
  for (let at = 0; at < end.size; ) {
    if (at + 46 > data.length || view.getUint32(at, true) !== CENTRAL) return null;
    const [length, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    if (at + 46 + length > data.length) return null;
    const row = rowOf(view, data, at, length, extra);
    if (!row) return null;
    rows.push({ ...row, at: row.at + shift });
    at += 46 + length + extra + comment;
  }
  return rows;
}

function rowOf(view, data, at, length, extra) {
  const flags = view.getUint16(at + 8, true);
  const rawName = data.slice(at + 46, at + 46 + length);
  const row = {
    flags,
    rawName,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    at: view.getUint32(at + 42, true),
  };
  if ((view.getUint16(at + 6, true) & 0xff) > 63) return null;
  try {
    row.name = flags & 0x800 ? textOf(rawName) : Array.from(rawName, (one) => String.fromCharCode(one < 128 ? one : 0xfffd)).join("");
  } catch {
    return null;
  }
  row.name = row.name.split("\0", 1)[0];
  return widened(row, view, at + 46 + length, extra) ? row : null;
}

// zip64's extra field, for what does not fit into 32 bits.
function widened(row, view, at, length) {
  let left = ["size", "packedSize", "at"].filter((name) => row[name] === BIG);
  for (let place = at; place + 4 <= Math.min(at + length, view.byteLength); ) {
    const [kind, size] = [view.getUint16(place, true), view.getUint16(place + 2, true)];
    if (place + 4 + size > at + length) return false;
    if (kind === 1) {
      for (let number = 0; left.length && number + 8 <= size; number += 8) {
        row[left[0]] = Number(view.getBigUint64(place + 4 + number, true));
        left = left.slice(1);
      }
      return !left.length;
    }
    place += 4 + size;
  }
  return true;
}

async function lenient(file, faultAt) {
  const rows = await directoryOf(file);
  if (!rows) return null;
  const problems = [["bundle.container", String(faultAt)]];
  if (rows.length > MOST_MEMBERS || rows.reduce((sum, one) => sum + one.packedSize, 0) > file.size) {
    return new Lenient(file, new Map(), [...problems, ["bundle.unsafe", "overlapping members"]]);
  }
  const kept = new Map();
  for (const row of rows) {
    const fault = unsafe(row, kept);
    if (fault) problems.push(["bundle.unsafe", `${fault}: ${row.name.slice(0, 100)}`]);
    else kept.set(row.name, row);
  }
  return new Lenient(file, kept, problems);
}

function unsafe(row, kept) {
  if (kept.has(row.name)) return "duplicate name";
  if (!safeName(row.name)) return "unsafe name";
  if (row.flags & 1 || (row.method !== 0 && row.method !== 8)) return "encrypted or unknown compression";
  if (row.size > 1024 * 1024 && row.size > RATIO * row.packedSize) return "zip bomb";
  return "";
}

// A package to read members from: {names, problems, digest(name, {keep, moved})}. Throws NoBundle.
export async function openPackage(file, told = () => {}) {
  const found = await scan(file, told);
  const strict = new Strict(file, found);
  if (found.faultAt === null) return refuseOthers(strict, file);
  const other = await lenient(file, found.faultAt);
  const chosen = !other || other.names.length < strict.names.length ? strict : other;
  return refuseOthers(chosen, file);
}

async function refuseOthers(chosen, file) {
  const head = new TextDecoder("latin1").decode(await file.slice(0, 4096).arrayBuffer());
  if (head.includes("songda-bundle/1") || chosen.names.includes("bundle.note")) return chosen;
  if (chosen.names.includes("bundle.json")) {
    const listing = await chosen.digest("bundle.json", { keep: true });
    if (listing?.body && new TextDecoder("latin1").decode(listing.body).includes("songda-bundle/1")) return chosen;
  }
  throw new NoBundle("no bundle");
}

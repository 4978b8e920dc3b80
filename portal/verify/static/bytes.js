// Bytes, hashes and text: everything the checks need and the browser does not bring along.

const KEEP_WHOLE = 32 * 1024 * 1024; // hashed by the browser at once: fast, and no more than a phone can hold
const PIECE = 4 * 1024 * 1024;

function primes(count) {
  const found = [];
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (found.every((one) => candidate % one)) found.push(candidate);
  }
  return found;
}

// FIPS 180-4 §4.2.2: the fractional parts of cube roots of the first 64 primes. Floating point is exact enough for the
// first 32 bits only when the root is corrected, so the roots are found in whole numbers.
function rootBits(prime, power) {
  const scaled = BigInt(prime) << BigInt(32 * power);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(power) <= scaled) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

const FIRST = primes(64);
const ROUND = Int32Array.from(FIRST, (one) => rootBits(one, 3));
const START = Int32Array.from(FIRST.slice(0, 8), (one) => rootBits(one, 2));

// SHA-256 that takes a file piece by piece: the browser's own wants all of it at once.
export class Sha256 {
  constructor() {
    this.state = Int32Array.from(START);
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(64);
    this.held = 0;
    this.size = 0;
  }

  update(data) {
    this.size += data.length;
    let at = 0;
    if (this.held) {
      at = Math.min(64 - this.held, data.length);
      this.rest.set(data.subarray(0, at), this.held);
      this.held += at;
      if (this.held < 64) return this;
      this.blocks(this.rest, 0);
      this.held = 0;
    }
    at = this.blocks(data, at);
    this.rest.set(data.subarray(at));
    this.held = data.length - at;
    return this;
  }

  digest() {
    const bits = BigInt(this.size) * 8n;
    const tail = new Uint8Array(this.held < 56 ? 64 - this.held : 128 - this.held);
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, bits);
    this.update(tail);
    const out = new Uint8Array(32);
    const view = new DataView(out.buffer);
    this.state.forEach((word, number) => view.setInt32(number * 4, word));
    return out;
  }

  // All whole blocks of 64 bytes from `at` on; returns where they end. Written for speed: films are large.
  blocks(data, at) {
    const { words, state } = this;
    const end = at + ((data.length - at) & ~63);
    let h0 = state[0], h1 = state[1], h2 = state[2], h3 = state[3];
    let h4 = state[4], h5 = state[5], h6 = state[6], h7 = state[7];
    for (; at < end; at += 64) {
      for (let n = 0, from = at; n < 16; n += 1, from += 4) {
        words[n] = (data[from] << 24) | (data[from + 1] << 16) | (data[from + 2] << 8) | data[from + 3];
      }
      for (let n = 16; n < 64; n += 1) {
        const x = words[n - 15];
        const y = words[n - 2];
        const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        words[n] = (words[n - 16] + small + words[n - 7] + large) | 0;
      }
      let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
      for (let n = 0; n < 64; n += 1) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND[n] + words[n]) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
      }
      h0 = (h0 + a) | 0;
      h1 = (h1 + b) | 0;
      h2 = (h2 + c) | 0;
      h3 = (h3 + d) | 0;
      h4 = (h4 + e) | 0;
      h5 = (h5 + f) | 0;
      h6 = (h6 + g) | 0;
      h7 = (h7 + h) | 0;
    }
    state.set([h0, h1, h2, h3, h4, h5, h6, h7]);
    return end;
  }
}

const CRC = Int32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

// The same for a byte that is one, two, three places further on: four bytes at once.
const CRCS = [CRC];
for (let place = 1; place < 4; place += 1) {
  CRCS.push(CRCS[place - 1].map((value) => (value >>> 8) ^ CRC[value & 255]));
}

// CRC-32 of a zip (ISO 3309), continued from `before`.
export function crc32(data, before = 0) {
  const [one, two, three, four] = CRCS;
  const fours = data.length & ~3;
  let value = ~before;
  let at = 0;
  for (; at < fours; at += 4) {
    value ^= data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24);
    value = four[value & 255] ^ three[(value >>> 8) & 255] ^ two[(value >>> 16) & 255] ^ one[value >>> 24];
  }
  for (; at < data.length; at += 1) value = one[(value ^ data[at]) & 255] ^ (value >>> 8);
  return ~value >>> 0;
}

export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export async function sha256Hex(data) {
  return hex(await sha256(data));
}

// {sha256, size, crc, body}: of anything that comes in pieces; `body` only when it is wanted.
export async function digestOf(pieces, { keep, moved = () => {} }) {
  const hash = new Sha256();
  const kept = [];
  let crc = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    crc = crc32(piece, crc);
    if (keep) kept.push(piece);
    moved(piece.length);
  }
  const size = hash.size;
  return { sha256: hex(hash.digest()), size, crc, body: keep ? joined(kept) : null };
}

// The same for a file at hand: small ones by the browser itself, which is many times faster.
export async function digestOfBlob(blob, { keep, moved = () => {} }) {
  if (blob.size > KEEP_WHOLE) return digestOf(piecesOf(blob), { keep, moved });
  const data = new Uint8Array(await blob.arrayBuffer());
  const found = { sha256: await sha256Hex(data), size: data.length, crc: crc32(data), body: keep ? data : null };
  moved(data.length);
  return found;
}

export async function* piecesOf(blob) {
  for (let at = 0; at < blob.size; at += PIECE) {
    yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
  }
}

export function joined(parts) {
  const out = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

export function sameBytes(one, other) {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}

export function hex(data) {
  return Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
}

// Hex as Python's bytes.fromhex reads it: pairs of digits, blanks between them. Throws.
export function fromHex(text) {
  const digits = text.replace(/[ \t\n\r\f\v]+/g, "");
  if (digits.length % 2 || !/^[0-9a-fA-F]*$/.test(digits)) throw new TypeError("hex");
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(at * 2, at * 2 + 2), 16));
}

export function base64(data) {
  return btoa(String.fromCharCode(...data));
}

// Throws for anything but padded base64.
export function fromBase64(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new TypeError("base64");
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

export function utf8(text) {
  return new TextEncoder().encode(text);
}

// Throws for what is no UTF-8; a byte order mark stays and is then no JSON.
export function textOf(data) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
}

// What a phone signed at the shutter, and the ticket it was signed under, read as strictly as the court reads them.

import { base64, fromBase64, hex, sha256Hex, textOf, utf8 } from "./bytes.js";
import { Malformed, Num, canonical, isObject, load } from "./json.js";
import { openNote, signatureHolds } from "./notes.js";

const ID = /^[A-Za-z0-9._:-]+$/;
const HEX64 = /^[0-9a-f]{64}$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const MOST_MS = 100 * 366 * 24 * 3600 * 1000;
const DATUMS = ["WGS-84", "GCJ-02", "CGCS2000", "BD-09"];
const SOURCES = ["camera", "gallery", "pad", "recorder"];
const PREFIX = "songda-capture/1\n";
// The points of order 8 and less, sign bit cleared: a "signature" under such a key fits any message.
const WEAK_KEYS = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

// The members of one object, taken one by one; `close` refuses what nobody took.
class Fields {
  constructor(found) {
    if (!isObject(found)) throw new Malformed("object");
    this.left = new Map(Object.entries(found));
  }

  take(name) {
    if (!this.left.has(name)) throw new Malformed(name);
    const found = this.left.get(name);
    this.left.delete(name);
    return found;
  }

  close() {
    if (this.left.size) throw new Malformed("unknown name");
  }

  text(name, { least = 0, most, pattern = null }) {
    const found = this.take(name);
    const length = typeof found === "string" ? [...found].length : -1;
    if (length < least || length > most || !found.isWellFormed() || /[\u0000-\u001f\u007f]/.test(found)) {
      throw new Malformed(name);
    }
    if (pattern && !pattern.test(found)) throw new Malformed(name);
    return found;
  }

  oneOf(name, allowed) {
    const found = this.take(name);
    if (!allowed.includes(found)) throw new Malformed(name);
    return found;
  }

  whole(name, least, most) {
    const found = this.take(name);
    if (!(found instanceof Num) || !found.whole || found.value < least || found.value > most) throw new Malformed(name);
    return found;
  }

  number(name, least, most) {
    const found = this.take(name);
    if (!(found instanceof Num) || !(found.value >= least && found.value <= most)) throw new Malformed(name);
    return found;
  }

  flag(name) {
    const found = this.take(name);
    if (typeof found !== "boolean") throw new Malformed(name);
    return found;
  }

  time(name) {
    return momentOf(this.take(name));
  }

  object(name) {
    return new Fields(this.take(name));
  }
}

// RFC 3339 with its offset, as whole milliseconds in UTC. Throws Malformed.
function momentOf(text) {
  const found = typeof text === "string" ? TIME.exec(text) : null;
  if (!found) throw new Malformed("time");
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  const real = year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  const [hours, minutes] = [Number(found[9] ?? 0), Number(found[10] ?? 0)];
  if (!real || hours > 23 || minutes > 59) throw new Malformed("time");
  at.setUTCHours(hour, minute, second, Math.floor(Number(`0.${found[7] ?? 0}`) * 1000 + 1e-9));
  return new Date(at.getTime() - (found[8] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000);
}

const written = (moment) => moment.toISOString().replace("Z", "+00:00");

// The values of a payload. Throws Malformed.
export function readEnvelope(payload) {
  if (!payload.length || payload.length > 16 * 1024) throw new Malformed("size");
  const fields = new Fields(load(payload));
  fields.oneOf("schema", ["songda-capture/1"]);
  const found = {
    ticket: fields.text("ticket", { least: 1, most: 64, pattern: ID }),
    nonce: fields.text("nonce", { most: 64, pattern: HEX64 }),
    device: fields.text("device", { least: 1, most: 64, pattern: ID }),
    seq: fields.whole("seq", 0, 1_000_000).value,
    prev: fields.text("prev", { most: 64, pattern: HEX64 }),
    item: itemOf(fields.object("item")),
    takenAt: fields.time("taken_at"),
  };
  const clock = fields.take("clock");
  if (clock !== null) checkClock(new Fields(clock));
  const fixes = fields.take("fixes");
  if (!Array.isArray(fixes) || fixes.length > 60) throw new Malformed("fixes");
  fixes.forEach((one) => checkFix(new Fields(one)));
  const facts = fields.object("facts");
  ["model", "system", "app"].forEach((name) => facts.text(name, { most: 100 }));
  facts.close();
  found.source = fields.oneOf("from", SOURCES);
  fields.close();
  return found;
}

function itemOf(fields) {
  const found = {
    client_id: fields.text("client_id", { least: 8, most: 64, pattern: ID }),
    kind: fields.text("kind", { least: 1, most: 64, pattern: ID }),
    sha256: fields.text("sha256", { most: 64, pattern: HEX64 }),
    size: fields.whole("size", 1, 2 ** 40),
  };
  fields.close();
  return found;
}

function checkClock(fields) {
  fields.whole("offset_ms", -MOST_MS, MOST_MS);
  fields.whole("rtt_ms", 0, 3_600_000);
  fields.time("measured_at");
  fields.close();
}

function checkFix(fields) {
  fields.number("lng", -180, 180);
  fields.number("lat", -90, 90);
  fields.oneOf("datum", DATUMS);
  fields.number("accuracy_m", 0, 1_000_000);
  fields.text("provider", { most: 32 });
  fields.flag("mock");
  fields.time("at");
  fields.close();
}

// The ticket in a note, or null when this court did not sign it. `proven` as in openNote.
export async function readTicket(note, verifier) {
  try {
    const { body, proven } = await openNote(note, verifier);
    return { ...ticketOf(body), proven };
  } catch {
    return null;
  }
}

function ticketOf(body) {
  const [first, text, last, ...more] = body.split("\n");
  if (first !== "songda-ticket/1" || last !== "" || more.length || !text || utf8(text).length > 4096) throw new Malformed("ticket");
  const fields = new Fields(load(utf8(text)));
  const found = {
    court: fields.text("court", { least: 1, most: 64 }),
    ticket: fields.text("ticket", { least: 1, most: 64, pattern: ID }),
    date: fields.text("date", { most: 10, pattern: /^\d{4}-\d\d-\d\d$/ }),
    visit: fields.text("visit", { most: 64 }),
    person: fields.text("person", { least: 1, most: 64 }),
    device: fields.text("device", { least: 1, most: 64, pattern: ID }),
    device_key: fields.text("device_key", { most: 64 }),
    nonce: fields.text("nonce", { most: 64, pattern: HEX64 }),
    gallery: fields.flag("gallery"),
    issued_at: written(fields.time("issued_at")),
    expires_at: written(fields.time("expires_at")),
  };
  fields.close();
  const key = fromBase64(found.device_key);
  if (key.length !== 32) throw new Malformed("device_key");
  // Written anew it is the same, or it could be read in two ways.
  if (textOf(canonical({ ...found, device_key: base64(key) })) !== text) throw new Malformed("canonical");
  return { ...found, key };
}

export function noteSha256(note) {
  return sha256Hex(utf8(note));
}

// true, false, or null when the browser cannot tell.
export async function captureSigned(payload, signature, key) {
  if (signature.length !== 64) return false;
  const cleared = Uint8Array.from(key);
  cleared[31] &= 0x7f;
  if (WEAK_KEYS.has(hex(cleared))) return false;
  const message = new Uint8Array(PREFIX.length + payload.length);
  message.set(utf8(PREFIX));
  message.set(payload, PREFIX.length);
  return signatureHolds(key, signature, message);
}

// JSON read strictly, and written again in the one canonical form, digit by digit as the court's program writes it.
// JavaScript's own reader forgets how a number was spelt and which names stood twice: here both matter.

import { textOf, utf8 } from "./bytes.js";

export class Malformed extends Error {}

// A number with its spelling: 12 and 12.0 are the same value and different bytes.
export class Num {
  constructor(raw) {
    this.raw = raw;
    this.whole = !/[.eE]/.test(raw);
    this.value = Number(raw);
  }

  get big() {
    return BigInt(this.raw);
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const DEEPEST = 500;

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)[0];
    this.at += found.length;
    return found;
  }

  take(one) {
    if (this.text[this.at] !== one) throw new Malformed("json");
    this.at += 1;
  }

  skip() {
    this.match(SPACE);
  }

  value() {
    this.skip();
    const one = this.text[this.at];
    if (one === '"') return this.string();
    if (one === "{" || one === "[") return this.nested(one);
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return meaning;
      }
    }
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found || found[0].length > 4300) throw new Malformed("json");
    this.at += found[0].length;
    return new Num(found[0]);
  }

  nested(one) {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new Malformed("depth");
    const found = one === "{" ? this.object() : this.array();
    this.depth -= 1;
    return found;
  }

  object() {
    const found = Object.create(null);
    this.take("{");
    this.skip();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return found;
    }
    for (;;) {
      this.skip();
      const name = this.string();
      if (name in found) throw new Malformed("doubled name");
      this.skip();
      this.take(":");
      found[name] = this.value();
      if (this.ends("}")) return found;
    }
  }

  array() {
    const found = [];
    this.take("[");
    this.skip();
    if (this.text[this.at] === "]") {
      this.at += 1;
      return found;
    }
    for (;;) {
      found.push(this.value());
      if (this.ends("]")) return found;
    }
  }

  ends(close) {
    this.skip();
    if (this.text[this.at] === close) {
      this.at += 1;
      return true;
    }
    this.take(",");
    return false;
  }

  string() {
    this.take('"');
    let found = "";
    for (;;) {
      found += this.match(PLAIN);
      const one = this.text[this.at];
      if (one === '"') {
        this.at += 1;
        return found;
      }
      this.take("\\");
      found += this.escape();
    }
  }

  escape() {
    const one = this.text[this.at];
    this.at += 1;
    if (one === "u") {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new Malformed("escape");
      this.at += 4;
      return String.fromCharCode(parseInt(digits, 16));
    }
    if (!(one in ESCAPES)) throw new Malformed("escape");
    return ESCAPES[one];
  }
}

// The object in these bytes. Throws Malformed: no UTF-8, no JSON, a name twice, no object.
export function load(data) {
  let text;
  try {
    text = textOf(data);
  } catch {
    throw new Malformed("utf-8");
  }
  const reader = new Reader(text);
  const found = reader.value();
  reader.skip();
  if (reader.at !== text.length || !isObject(found)) throw new Malformed("json");
  return found;
}

export function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Num);
}

// Canonical bytes: names in the order of their code points, no spaces, UTF-8. Throws Malformed.
export function canonical(value) {
  return utf8(written(value));
}

function written(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Num) return value.whole ? wholeText(value.raw) : floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const names = Object.keys(value).sort(byCodePoint);
  return `{${names.map((name) => `${quoted(name)}:${written(value[name])}`).join(",")}}`;
}

function quoted(text) {
  if (!text.isWellFormed()) throw new Malformed("surrogate");
  return JSON.stringify(text);
}

const wholeText = (raw) => (raw === "-0" ? "0" : raw);

// A float as Python spells it: the fewest digits that lead back to it, an exponent from 1e16 on and below 1e-4.
export function floatText(value) {
  if (!Number.isFinite(value)) throw new Malformed("number");
  const [, sign, first, more = "", power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    Object.is(value, -0) ? "-0e+0" : value.toExponential(),
  );
  const exponent = Number(power);
  const digits = first + more;
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${first}${more ? `.${more}` : ""}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const before = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${before}.${digits.slice(exponent + 1) || "0"}`;
}

function byCodePoint(one, other) {
  const left = Array.from(one, (letter) => letter.codePointAt(0));
  const right = Array.from(other, (letter) => letter.codePointAt(0));
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    if (left[at] !== right[at]) return left[at] - right[at];
  }
  return left.length - right.length;
}

// Whether two values are the same, numbers by value (true is 1, as in Python). A name that is not there is as null.
export function same(one, other) {
  const [left, right] = [one ?? null, other ?? null];
  if (left instanceof Num || right instanceof Num) {
    const [first, second] = [left, right].map((found) => (typeof found === "boolean" ? Number(found) : found?.value));
    return first !== undefined && first === second;
  }
  if (left === null || typeof left !== "object" || right === null || typeof right !== "object") return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => name in right && same(left[name], right[name]));
}

// Members of an object, as the court's program asks for them. All throw Malformed.
export function member(row, name) {
  if (!isObject(row) || !(name in row)) throw new Malformed(name);
  return row[name];
}

export function textIn(row, name) {
  const found = member(row, name);
  if (typeof found !== "string") throw new Malformed(name);
  return found;
}

export function maybeText(row, name) {
  return member(row, name) === null ? null : textIn(row, name);
}

export function hashIn(row, name) {
  const found = textIn(row, name);
  if (!/^[0-9a-f]{64}$/.test(found)) throw new Malformed(name);
  return found;
}

export function wholeIn(row, name) {
  const found = member(row, name);
  if (!(found instanceof Num) || !found.whole || found.big < 0n || found.big >= 2n ** 63n) throw new Malformed(name);
  return found;
}

export function listIn(row, name) {
  const found = member(row, name);
  if (!Array.isArray(found)) throw new Malformed(name);
  return found;
}

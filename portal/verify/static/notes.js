// Signed notes (https://c2sp.org/signed-note), checkpoints (https://c2sp.org/tlog-checkpoint), Merkle proofs (RFC 9162).

import { base64, fromBase64, hex, joined, sameBytes, sha256, utf8 } from "./bytes.js";
import { Malformed } from "./json.js";

const NAME = /^[^\s+]+$/u;
const LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const MOST = 64 * 1024;

// Whether this browser knows Ed25519 (RFC 8032); asked once.
export const knowsEd25519 = (async () => {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
})();

// true, false, or null when the browser cannot tell.
export async function signatureHolds(publicKey, signature, message) {
  if (!(await knowsEd25519)) return null;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
  } catch {
    return false;
  }
}

// Base64 in its one canonical spelling.
function decoded(text) {
  const found = fromBase64(text);
  if (base64(found) !== text) throw new Malformed("base64");
  return found;
}

// One court's key: {name, key, keyId, text, fingerprint}. Throws.
export async function verifierOf(text) {
  const [name, keyId = "", ...rest] = text.split("+");
  const raw = decoded(rest.join("+"));
  if (raw.length !== 33 || raw[0] !== 1 || !NAME.test(name)) throw new Malformed("key");
  const key = raw.slice(1);
  const id = (await sha256(joined([utf8(name), Uint8Array.of(10, 1), key]))).slice(0, 4);
  if (hex(id) !== keyId) throw new Malformed("key id");
  return { name, key, keyId: id, text, fingerprint: hex(await sha256(key)) };
}

// {body, proven}: the signed text; `proven` is null when the browser cannot check signatures. Throws Malformed for a
// malformed note and for one without our signature, or with a wrong one.
export async function openNote(note, verifier) {
  if ([...note].length > MOST || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Malformed("note");
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n")) throw new Malformed("note");
  const body = note.slice(0, at + 1);
  const signatures = note.slice(at + 2);
  if (!signatures.endsWith("\n")) throw new Malformed("note");
  const ours = [];
  for (const line of signatures.slice(0, -1).split("\n")) {
    const found = LINE.exec(line);
    if (!found) throw new Malformed("note");
    const raw = decoded(found[2]);
    if (found[1] === verifier.name && sameBytes(raw.slice(0, 4), verifier.keyId)) ours.push(raw.slice(4));
  }
  if (!ours.length) throw new Malformed("no signature");
  let proven = true;
  for (const signature of ours) {
    const holds = await signatureHolds(verifier.key, signature, utf8(body));
    if (holds === false) throw new Malformed("signature");
    if (holds === null) proven = null;
  }
  return { body, proven };
}

// {origin, size, root, proven}. Throws Malformed.
export async function openCheckpoint(note, verifier) {
  const { body, proven } = await openNote(note, verifier);
  const lines = body.split("\n");
  if (lines.length < 4 || lines.at(-1) !== "" || lines.slice(0, -1).some((line) => !line)) throw new Malformed("lines");
  const [origin, size, encoded] = lines;
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size)) throw new Malformed("size");
  const root = decoded(encoded);
  if (root.length !== 32 || origin !== verifier.name) throw new Malformed("origin");
  return { origin, size: BigInt(size), root, proven };
}

export async function leafHash(data) {
  return sha256(joined([Uint8Array.of(0), data]));
}

async function nodeHash(left, right) {
  return sha256(joined([Uint8Array.of(1), left, right]));
}

// RFC 9162 §2.1.3.2: whether the proof leads from the leaf's hash to this root. `index` and `size` are BigInts.
export async function inclusionHolds(leaf, index, size, proof, root) {
  if (index < 0n || index >= size) return false;
  let [first, last, found] = [index, size - 1n, leaf];
  for (const one of proof) {
    if (last === 0n) return false;
    if (first & 1n || first === last) {
      found = await nodeHash(one, found);
      while (!(first & 1n) && first) [first, last] = [first >> 1n, last >> 1n];
    } else {
      found = await nodeHash(found, one);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n && sameBytes(found, root);
}

// Judging a bundle: the same questions in the same order as `python -m evidence verify` (evidence/bundle/verifying.py,
// items.py), with the same codes; what only the browser has to say begins with `browser.`.

import { fromHex, hex, sameBytes, sha256Hex, textOf, utf8 } from "./bytes.js";
import { readEnvelope } from "./capture.js";
import { Malformed, Num, canonical, hashIn, isObject, listIn, load, maybeText, member, same, textIn, wholeIn } from "./json.js";
import { inclusionHolds, leafHash, openCheckpoint, openNote, verifierOf } from "./notes.js";
import { Reasons, faultOf, fits, smallBody } from "./opened.js";
import { checkEnvelope } from "./sealed.js";
import { openPackage, safeName } from "./zip.js";

const SCHEMA = "songda-bundle/1";
const [NOTE, LISTING, SUMS, KEY] = ["bundle.note", "bundle.json", "SHA256SUMS", "key.txt"];
const NOT_KEPT = /^(originals|papers|exhibits)\//;
const MOST_MANIFEST = 64 * 1024;

// The report of a bundle. `trusted`: fingerprints (64 hex digits) or keys as the court prints them; `told(done, of)`
// reports bytes. Throws NoBundle for what is none.
export async function judgeBundle(file, { trusted = [], told = () => {} } = {}) {
  const pack = await openPackage(file);
  const whole = { reasons: new Reasons(pack.problems), remarks: new Reasons(), digests: new Map() };
  let done = 0;
  const moved = (count) => told((done += count), file.size);
  for (const name of pack.names) {
    whole.digests.set(name, await pack.digest(name, { keep: !NOT_KEPT.test(name), moved }));
  }
  const raw = bodyOf(whole, LISTING);
  let listing;
  try {
    listing = readListing(raw);
  } catch {
    whole.reasons.add("bundle.listing");
    return { about: null, reasons: whole.reasons.list, remarks: [], key: null, checkpoint: null, items: [], documents: [], files: [] };
  }
  checkMembers(whole, pack, listing);
  const verifier = await keyOf(whole, listing, trusted);
  const signed = verifier ? await isSigned(whole, raw, verifier) : false;
  await checkSums(whole, listing, raw);
  const opened = await openAll(whole, listing, verifier);
  const found = await judgeAll(listing, opened, { signed, distrusted: verifier?.trusted === false });
  if (listing.absent) whole.remarks.add("remark.absent", listing.absent);
  return {
    about: listing.about,
    reasons: whole.reasons.list,
    remarks: whole.remarks.list,
    key: verifier && { text: verifier.text, fingerprint: verifier.fingerprint, trusted: verifier.trusted },
    checkpoint: opened.checkpoint && { origin: opened.checkpoint.origin, size: String(opened.checkpoint.size), root: hex(opened.checkpoint.root) },
    ...found,
    files: pack.names.map((name) => ({ name, sha256: whole.digests.get(name)?.sha256 ?? "" })),
  };
}

const bodyOf = (whole, name) => whole.digests.get(name)?.body ?? new Uint8Array(0);

function readListing(raw) {
  const said = load(raw);
  if (textIn(said, "schema") !== SCHEMA) throw new Malformed("schema");
  const files = listIn(said, "files").map((one) => {
    const found = { path: textIn(one, "path"), sha256: hashIn(one, "sha256"), size: wholeIn(one, "size").value };
    if (!safeName(found.path)) throw new Malformed("path");
    return found;
  });
  const [court, scope, log, ledger] = ["court", "scope", "log", "ledger"].map((name) => member(said, name));
  const about = {
    bundle_id: textIn(said, "bundle_id"),
    court: textIn(court, "code"),
    court_name: textIn(court, "name"),
    scope: Object.fromEntries(["kind", "id", "title"].map((name) => [name, textIn(scope, name)])),
    made_at: textIn(said, "made_at"),
  };
  if (log !== null && !isObject(log)) throw new Malformed("log");
  const found = {
    about,
    court: about.court,
    log: log && Object.fromEntries(Object.keys(log).map((name) => [name, maybeText(log, name)])),
    files: new Map(files.map((one) => [one.path, one])),
    rows: listIn(said, "items"),
    documents: listIn(said, "documents"),
    absent: "absent" in asObject(ledger) ? listIn(ledger, "absent").length : 0,
  };
  if (found.files.size !== files.length) throw new Malformed("doubled path");
  return found;
}

function asObject(value) {
  if (!isObject(value)) throw new Malformed("object");
  return value;
}

// The zip against the list: nothing more, nothing less, in the listed order, with its checksums.
function checkMembers({ reasons, digests }, pack, listing) {
  const wanted = [...new Set([NOTE, LISTING, SUMS, ...listing.files.keys()])];
  const [expected, there] = [new Set(wanted), new Set(pack.names)];
  pack.names.filter((name) => !expected.has(name)).forEach((name) => reasons.add("bundle.extra", name));
  wanted.filter((name) => !there.has(name)).forEach((name) => reasons.add("file.missing", name));
  const [found, listed] = [pack.names.filter((name) => expected.has(name)), wanted.filter((name) => there.has(name))];
  if (found.some((name, at) => name !== listed[at])) reasons.add("bundle.order");
  for (const [name, one] of listing.files) {
    if (there.has(name) && !fits(digests.get(name), one)) reasons.add("file.altered", name);
  }
  for (const [name, one] of digests) {
    if (!one?.crcFits) reasons.add("bundle.crc", name);
  }
}

async function keyOf(whole, listing, trusted) {
  let verifier;
  try {
    const text = textOf(bodyOf(whole, KEY));
    verifier = await verifierOf(text.replace(/\n$/, ""));
    if (!text.endsWith("\n") || !verifier.name.endsWith(`/${listing.court}`)) throw new Malformed("key");
  } catch {
    whole.reasons.add("bundle.key");
    return null;
  }
  verifier.trusted = trusted.length ? trusted.includes(verifier.text) || trusted.includes(verifier.fingerprint) : null;
  if (verifier.trusted === null) whole.remarks.add("remark.own_key");
  else if (!verifier.trusted) whole.reasons.add("key.untrusted");
  return verifier;
}

// Whether the court signed exactly this listing; null when the browser cannot tell.
async function isSigned(whole, raw, verifier) {
  const digest = whole.digests.get(LISTING)?.sha256 ?? "";
  let proven = false;
  try {
    const note = textOf(bodyOf(whole, NOTE));
    const found = await openNote(note, verifier);
    const alone = found.body === `${SCHEMA}\n${verifier.name}\n${digest}\n${raw.length}\n` && note.split("\n— ").length === 2;
    if (alone) proven = found.proven;
  } catch {
    proven = false;
  }
  if (proven === false) whole.reasons.add("bundle.note");
  if (proven === null) whole.reasons.add("browser.no_ed25519");
  return proven;
}

async function checkSums(whole, listing, raw) {
  const first = [[await sha256Hex(bodyOf(whole, NOTE)), NOTE], [await sha256Hex(raw), LISTING]];
  const lines = [...first, ...[...listing.files.values()].map((one) => [one.sha256, one.path])];
  const wanted = utf8(lines.map(([digest, name]) => `${digest}  ${name}\n`).join(""));
  if (!sameBytes(bodyOf(whole, SUMS), wanted)) whole.reasons.add("bundle.sums");
}

// What all items are held against.
async function openAll(whole, listing, verifier) {
  const opened = { listing, digests: whole.digests, verifier, tickets: new Map(), chain: new Map(), doubled: new Set() };
  Object.assign(opened, { checkpoint: null, checkpointFault: "checkpoint.missing" });
  const path = listing.log?.checkpoint ?? null;
  if (path !== null) {
    opened.checkpointFault = "checkpoint.bad";
    try {
      opened.checkpoint = await openCheckpoint(textOf(bodyOf(whole, path)), verifier);
      whole.remarks.add(listing.log.timestamp == null ? "remark.no_stamp" : "browser.stamp");
    } catch {
      whole.reasons.add("checkpoint.bad");
    }
  }
  for (const row of listing.rows) await addToChain(row, opened);
  return opened;
}

async function addToChain(row, { digests, chain, doubled }) {
  const path = isObject(row) && isObject(row.envelope) ? row.envelope.payload : null;
  const payload = typeof path === "string" ? digests.get(path)?.body : null;
  if (!payload) return;
  try {
    const found = readEnvelope(payload);
    const place = `${found.ticket} ${found.seq}`;
    if (chain.has(place)) doubled.add(place);
    chain.set(place, await sha256Hex(payload));
  } catch {
    // What cannot be read has no place in a chain.
  }
}

async function judgeAll(listing, opened, { signed, distrusted }) {
  const items = [];
  for (const row of listing.rows) items.push(await judgeItem(row, opened));
  const ids = new Map();
  items.forEach((one) => ids.set(one.id, (ids.get(one.id) ?? 0) + 1));
  for (const one of items) {
    if (distrusted) one.reasons.add("key.untrusted");
    if (ids.get(one.id) > 1) one.reasons.add("listing.doubled", one.id);
  }
  const documents = listing.documents.map((row) => judgeDocument(row, opened, signed));
  if (distrusted) documents.forEach((one) => one.reasons.add("key.untrusted"));
  const plain = (one) => ({ ...one, reasons: one.reasons.list, remarks: one.remarks?.list ?? [] });
  return { items: items.map(plain), documents: documents.map(plain) };
}

function judgeDocument(row, opened, signed) {
  const reasons = new Reasons();
  try {
    const [title, path] = [textIn(row, "title"), textIn(row, "path")];
    const [fault, listed] = [faultOf(opened, path), opened.listing.files.get(path)];
    const [digest, size] = [member(row, "sha256"), member(row, "size")];
    if (fault) reasons.add(...fault);
    if (!listed || digest !== listed.sha256 || size?.value !== listed.size) reasons.add("listing.differs", path);
    if (signed === null) reasons.add("browser.no_ed25519");
    else if (!signed) reasons.add("signature.bad");
    return { id: path, title, reasons };
  } catch {
    return { id: "", title: "", reasons: new Reasons([["listing.bad", ""]]) };
  }
}

async function judgeItem(row, opened) {
  let id, title;
  const [reasons, remarks] = [new Reasons(), new Reasons()];
  try {
    [id, title] = [textIn(row, "evidence_id"), textIn(row, "title")];
  } catch {
    return { id: "", title: "", reasons: new Reasons([["listing.bad", ""]]), remarks };
  }
  try {
    checkFiles(row, opened, reasons);
    const said = await checkManifest(row, opened, reasons);
    if (said) {
      await checkLog(row, said, opened, reasons);
      await checkEnvelope(row, said, opened, reasons, remarks);
    }
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof TypeError)) throw error;
    reasons.add("listing.bad");
  }
  return { id, title, reasons, remarks };
}

function checkFiles(row, opened, reasons) {
  const envelope = member(row, "envelope");
  const more = envelope === null ? [] : Object.values(asObject(envelope));
  for (const path of [...["original", "manifest", "entry", "proof"].map((name) => member(row, name)), ...more]) {
    const fault = path === null ? null : faultOf(opened, path);
    if (fault) reasons.add(...fault);
  }
  const listed = opened.listing.files.get(textIn(row, "original"));
  if (!listed || member(row, "sha256") !== listed.sha256 || member(row, "size")?.value !== listed.size) {
    reasons.add("listing.differs", "original");
  }
}

// The manifest's values; null when it cannot be gone by, which the reasons then say.
async function checkManifest(row, opened, reasons) {
  const path = maybeText(row, "manifest");
  if (path === null) reasons.add("manifest.missing");
  if (path === null || faultOf(opened, path)) return null;
  const body = smallBody(opened, path);
  const said = readCanonical(body);
  if (!said || body.length > MOST_MANIFEST || said.schema !== "songda-evidence/1") {
    reasons.add("manifest.bad");
    return null;
  }
  const differs = (name) => reasons.add("listing.differs", name);
  if (member(row, "manifest_sha256") !== (await sha256Hex(body))) differs("manifest_sha256");
  for (const name of ["evidence_id", "sha256", "size", "media_type"]) {
    if (!same(member(row, name), said[name])) differs(name);
  }
  const shown = member(row, "said");
  if (typeof shown !== "string" && !Array.isArray(shown)) {
    for (const name of ["kind", "captured_at", "received_at"]) {
      if (name in asObject(shown) && !same(shown[name], said[name])) differs(name);
    }
  }
  if (said.court !== opened.listing.court) differs("court");
  const original = opened.digests.get(textIn(row, "original"));
  if (original && (original.sha256 !== said.sha256 || !same(new Num(String(original.size)), said.size))) reasons.add("original.differs");
  return said;
}

// An object whose bytes are its canonical form; null for anything else.
function readCanonical(body) {
  try {
    const found = load(body);
    return sameBytes(canonical(found), body) ? found : null;
  } catch {
    return null;
  }
}

async function checkLog(row, said, opened, reasons) {
  const [path, proofPath] = [maybeText(row, "entry"), maybeText(row, "proof")];
  if (path === null || proofPath === null) return reasons.add("entry.missing");
  if (faultOf(opened, path) || faultOf(opened, proofPath)) return undefined;
  const body = smallBody(opened, path);
  const entry = readCanonical(body);
  if (!entry) return reasons.add("entry.bad");
  compareEntry(entry, row, said, opened.listing.court, reasons);
  const proof = readProof(smallBody(opened, proofPath));
  if (!proof) return reasons.add("proof.bad");
  if (!opened.checkpoint) return reasons.add(opened.checkpointFault);
  if (!entry.seq?.whole || entry.seq.big !== proof.index) reasons.add("entry.differs", "seq");
  const { size, root, proven } = opened.checkpoint;
  if (!(await inclusionHolds(await leafHash(body), proof.index, size, proof.hashes, root))) reasons.add("proof.fails");
  if (proven === null) reasons.add("browser.no_ed25519");
  return undefined;
}

function compareEntry(entry, row, said, court, reasons) {
  const detail = isObject(entry.detail) ? entry.detail : {};
  const pairs = [
    ["id", entry.id, typeof said.evidence_id === "string" ? `ev-${said.evidence_id}` : false],
    ["action", entry.action, "evidence.received"],
    ["court", entry.court, court],
    ["manifest_sha256", detail.manifest_sha256, member(row, "manifest_sha256")],
    ["sha256", detail.sha256, said.sha256],
    ["size", detail.size, said.size],
    ["schema", detail.schema, "songda-evidence/1"],
  ];
  pairs.filter(([, found, wanted]) => !same(found, wanted)).forEach(([name]) => reasons.add("entry.differs", name));
}

function readProof(body) {
  try {
    const said = load(body);
    const found = { index: wholeIn(said, "index").big, hashes: listIn(said, "hashes").map((one) => fromHex(one)) };
    return found.hashes.every((one) => one.length === 32) ? found : null;
  } catch {
    return null;
  }
}

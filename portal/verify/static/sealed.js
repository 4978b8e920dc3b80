// The seal of the shutter: payload, signature, ticket, and the chain from one capture to the next (evidence/bundle/envelopes.py).

import { hex, sha256Hex, textOf } from "./bytes.js";
import { captureSigned, noteSha256, readEnvelope, readTicket } from "./capture.js";
import { load, maybeText, member, same, textIn } from "./json.js";
import { faultOf, smallBody } from "./opened.js";

export async function checkEnvelope(row, said, opened, reasons, remarks) {
  const [listed, wanted] = [member(row, "envelope"), said.envelope_sha256 ?? null];
  if (listed === null) return wanted ? reasons.add("envelope.lost") : remarks.add("remark.no_envelope");
  if (wanted === null) return reasons.add("envelope.added");
  const paths = [textIn(listed, "payload"), textIn(listed, "signature")];
  if (paths.some((path) => faultOf(opened, path))) return undefined;
  const [payload, signature] = paths.map((path) => smallBody(opened, path));
  if ((await sha256Hex(payload)) !== wanted) return reasons.add("envelope.differs");
  let found;
  try {
    found = readEnvelope(payload);
  } catch {
    return reasons.add("envelope.bad");
  }
  for (const name of ["client_id", "kind", "sha256", "size"]) {
    if (!same(said[name], found.item[name])) reasons.add("envelope.other", name);
  }
  if (found.source === "gallery") remarks.add("remark.gallery");
  return checkTicket({ found, payload, signature, listed, said }, opened, reasons, remarks);
}

async function checkTicket({ found, payload, signature, listed, said }, opened, reasons, remarks) {
  const note = noteOf(listed, opened);
  if (note === null) return reasons.add("ticket.missing");
  if (!opened.tickets.has(note)) opened.tickets.set(note, opened.verifier && (await readTicket(note, opened.verifier)));
  const ticket = opened.tickets.get(note);
  if (!ticket) return reasons.add("ticket.bad");
  const pairs = [
    ["ticket", found.ticket === ticket.ticket],
    ["nonce", found.nonce === ticket.nonce],
    ["device", found.device === ticket.device],
    ["court", said.court === ticket.court],
    ["person", said.server_id === ticket.person],
    ["visit", ticket.visit === "" || ticket.visit === said.visit_id],
    ["gallery", found.source !== "gallery" || ticket.gallery],
  ];
  pairs.filter(([, holds]) => !holds).forEach(([name]) => reasons.add("ticket.differs", name));
  if (otherKey(listed, ticket, opened)) reasons.add("ticket.differs", "device_key");
  const signed = await captureSigned(payload, signature, ticket.key);
  if (signed === null || ticket.proven === null) reasons.add("browser.no_ed25519");
  else if (!signed) reasons.add("envelope.unsigned");
  return checkChain(found, note, opened, reasons, remarks);
}

function noteOf(listed, opened) {
  const path = maybeText(listed, "ticket");
  if (path === null || faultOf(opened, path)) return null;
  const body = smallBody(opened, path);
  try {
    return textOf(body);
  } catch {
    return "";
  }
}

// Whether the device's file names another key than the ticket the court signed.
function otherKey(listed, ticket, opened) {
  const path = maybeText(listed, "device");
  if (path === null || faultOf(opened, path)) return false;
  const body = smallBody(opened, path);
  try {
    return load(body).public_key !== hex(ticket.key);
  } catch {
    return true;
  }
}

async function checkChain(found, note, opened, reasons, remarks) {
  const place = `${found.ticket} ${found.seq}`;
  if (opened.doubled.has(place)) reasons.add("chain.doubled");
  const before = found.seq === 0 ? await noteSha256(note) : (opened.chain.get(`${found.ticket} ${found.seq - 1}`) ?? null);
  if (before === null) remarks.add("remark.chain_gap");
  else if (before !== found.prev) reasons.add("chain.broken");
}

// Reads and judges in the background, so that the page stays answerable. One file at a time, in the order given.
// The page starts it once: from then on nothing is fetched any more, so that a check also works without a network.

import { digestOfBlob } from "./bytes.js";
import { judgeBundle } from "./judge.js";
import { NoBundle } from "./zip.js";

const EVERY_MS = 100;
let present = 0; // the newest order; whatever belongs to an older one ends at its next piece

class Stopped extends Error {}

async function looksLikeZip(file) {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

function teller(run, number) {
  let last = 0;
  return (done, of) => {
    if (run !== present) throw new Stopped();
    const now = performance.now();
    if (now - last < EVERY_MS) return;
    last = now;
    postMessage({ kind: "progress", run, number, done, of });
  };
}

async function judgeOne(file, trusted, told) {
  const name = file.name.toLowerCase();
  if (name.endsWith(".zip") || (await looksLikeZip(file))) {
    try {
      return { kind: "bundle", report: await judgeBundle(file, { trusted, told }) };
    } catch (error) {
      if (!(error instanceof NoBundle)) throw error;
    }
  }
  let done = 0;
  const moved = (count) => told((done += count), file.size);
  const { sha256, size } = await digestOfBlob(file, { keep: false, moved });
  return { kind: "file", sha256, size, zip: name.endsWith(".zip") };
}

onmessage = async ({ data: { run, files, trusted } }) => {
  present = run;
  for (const [number, file] of files.entries()) {
    postMessage({ kind: "begin", run, number, name: file.name });
    try {
      const found = await judgeOne(file, trusted, teller(run, number));
      postMessage({ run, number, name: file.name, ...found });
    } catch (error) {
      if (error instanceof Stopped) return;
      postMessage({ kind: "unreadable", run, number, name: file.name });
    }
  }
  postMessage({ kind: "end", run });
};

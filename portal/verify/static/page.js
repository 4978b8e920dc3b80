// The page: takes files, hands them to the worker, shows what comes back.

import { knowsEd25519 } from "./notes.js";
import { bundleCard, fileCard, unreadableCard } from "./show.js";

const at = (id) => document.getElementById(id);
const state = { worker: null, run: 0, found: [] };

// Keys as the court prints them, or fingerprints: 64 hex digits, however they are grouped. `#` begins a comment.
function trustedKeys() {
  const lines = at("keys").value.split("\n").map((line) => line.trim());
  return lines.filter((line) => line && !line.startsWith("#")).map(normal);
}

function normal(line) {
  const digits = line.toLowerCase().replace(/[\s:：-]+/g, "");
  return /^[0-9a-f]{64}$/.test(digits) ? digits : line;
}

function begin(files) {
  if (!files.length) return;
  order(files);
  at("working").hidden = false;
}

// An order without files ends the one before.
function order(files) {
  state.run += 1;
  state.count = files.length;
  state.worker.postMessage({ run: state.run, files, trusted: trustedKeys() });
}

function taken(data) {
  if (data.run !== state.run) return;
  if (data.kind === "begin") {
    at("step").textContent = `正在核验 ${data.name}（${data.number + 1} / ${state.count}）`;
    at("bar").value = 0;
  } else if (data.kind === "progress") {
    at("bar").value = data.of ? Math.min(1000, Math.round((1000 * data.done) / data.of)) : 0;
  } else if (data.kind === "end") {
    at("working").hidden = true;
  } else {
    state.found = [...state.found.filter((one) => one.name !== data.name), data];
    show();
  }
}

// All of it anew: a bundle that came later may hold a file that came earlier.
function show() {
  const bundles = state.found.filter((one) => one.kind === "bundle");
  const cards = state.found.map((one) => {
    if (one.kind === "bundle") return bundleCard(one.name, one.report);
    return one.kind === "file" ? fileCard(one, bundles) : unreadableCard(one.name);
  });
  at("found").replaceChildren(...cards.reverse());
}

function problem(text) {
  at("working").hidden = true;
  at("unfit").textContent = text;
  at("unfit").hidden = false;
}

function listen() {
  at("files").addEventListener("change", (event) => {
    begin([...event.target.files]);
    event.target.value = "";
  });
  at("stop").addEventListener("click", () => order([]));
  at("keyfile").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file && file.size < 1024 * 1024) at("keys").value = await file.text();
  });
  for (const name of ["dragover", "dragenter"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      at("drop").classList.add("over");
    });
  }
  addEventListener("dragleave", () => at("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    at("drop").classList.remove("over");
    begin([...event.dataTransfer.files]);
  });
}

async function start() {
  if (!globalThis.crypto?.subtle || !("isWellFormed" in String.prototype)) {
    problem("本浏览器不支持所需的加密功能：请使用新版浏览器，并以 https 地址打开本页。");
    return;
  }
  state.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  state.worker.onmessage = ({ data }) => taken(data);
  state.worker.onerror = () => problem("核验程序未能运行，请更换新版浏览器。");
  listen();
  if (!(await knowsEd25519)) {
    at("unfit").textContent = "本浏览器不能核验 Ed25519 签名：哈希值和日志证明照常核对，签名一律标为“未核验”，结论为“无法证明”。";
    at("unfit").hidden = false;
  }
}

start();

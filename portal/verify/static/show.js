// What was found, as elements. Text is only ever set as text: the words in a bundle may be anybody's.

import { VERDICTS, WORDS } from "./words.js";

const ORDER = VERDICTS.map(([verdict]) => verdict);
const LABEL = new Map(VERDICTS);
const MOST_SHOWN = 300;
const KINDS = { visit: "一次上门", case: "一个案件", day: "一日", report: "一份报告" };

export function element(name, { text, kind, children = [], ...more } = {}) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  made.append(...children.filter(Boolean));
  return made;
}

export const verdictOf = (reasons) =>
  reasons.reduce((worst, [code]) => (ORDER.indexOf(WORDS[code][0]) > ORDER.indexOf(worst) ? WORDS[code][0] : worst), "OK");

// Without anything that turns text around or hides it.
const plain = (text) => String(text).replace(/[\p{C}\u2028\u2029]/gu, "\ufffd").slice(0, 500);
const sentence = ([code, what]) => WORDS[code][1].replace("{what}", plain(what));
const tag = (verdict) => element("span", { kind: `tag ${verdict}`, text: LABEL.get(verdict) });
const grouped = (digits) => digits.replace(/(.{4})(?=.)/g, "$1 ");

function told(reasons, remarks) {
  const rows = [...reasons.map((one) => [one, "reason"]), ...remarks.map((one) => [one, "remark"])];
  const shown = rows.slice(0, MOST_SHOWN).map(([one, kind]) => element("li", { kind, text: sentence(one), "data-code": one[0] }));
  if (rows.length > MOST_SHOWN) shown.push(element("li", { text: `另有 ${rows.length - MOST_SHOWN} 条，从略` }));
  return rows.length ? element("ul", { kind: "told", children: shown }) : null;
}

function facts(pairs) {
  const children = pairs.filter(([, value]) => value).flatMap(([name, value]) => [
    element("dt", { text: name }),
    element("dd", { text: plain(value) }),
  ]);
  return element("dl", { kind: "facts", children });
}

function lineOf(one, number) {
  const verdict = verdictOf(one.reasons);
  const head = element("p", {
    kind: "row",
    children: [element("strong", { text: `${number}. ${plain(one.title) || "（无名称）"}` }), tag(verdict)],
  });
  const about = element("p", { kind: "soft id", text: plain(one.id) });
  return element("li", { kind: "item", "data-verdict": verdict, "data-id": one.id, children: [head, about, told(one.reasons, one.remarks)] });
}

function listOf(title, several) {
  if (!several.length) return [];
  return [element("h3", { text: `${title}（${several.length}）` }), element("ol", { kind: "items", children: several.map((one, at) => lineOf(one, at + 1)) })];
}

function conclusion(report) {
  const all = [report, ...report.items, ...report.documents].map((one) => verdictOf(one.reasons));
  const worst = ORDER[Math.max(...all.map((one) => ORDER.indexOf(one)))];
  const counts = ORDER.map((one) => [one, all.slice(1).filter((found) => found === one).length]).filter(([, count]) => count);
  const words = counts.map(([one, count]) => `${LABEL.get(one)} ${count} 项`).join("，");
  if (worst !== "OK") {
    const text = `未全部一致：证据包整体${LABEL.get(all[0])}；${words || "没有可核验的项目"}`;
    return element("p", { kind: `conclusion ${worst}`, text, role: "status" });
  }
  // A forger can make a whole bundle with a key of his own: green only for a key that was compared.
  const own = report.key.trusted === null;
  const text = `全部一致${own ? "（以包内公钥为准，尚未与可信公钥比对）" : ""}：${words}`;
  return element("p", { kind: `conclusion ${own ? "own" : "OK"}`, text, role: "status" });
}

export function bundleCard(name, report) {
  const { about, key, checkpoint } = report;
  const trust = key && { true: "与所给可信公钥一致", false: "不在所给可信公钥之中", null: "未与可信公钥比对" }[String(key.trusted)];
  return element("section", {
    kind: "card bundle",
    "data-verdict": verdictOf(report.reasons),
    children: [
      element("h2", { text: `证据包：${plain(name)}` }),
      conclusion(report),
      facts([
        ["法院", about?.court_name],
        ["内容", about && `${about.scope.title}（${KINDS[about.scope.kind] ?? about.scope.kind}）`],
        ["制作时间", about && shownTime(about.made_at)],
        ["公钥指纹", key && `${grouped(key.fingerprint)}（${trust}）`],
        ["日志检查点", checkpoint && `${checkpoint.size} 条，根 ${checkpoint.root.slice(0, 16)}…`],
      ]),
      element("p", { kind: "row", children: [element("strong", { text: "证据包整体" }), tag(verdictOf(report.reasons))] }),
      told(report.reasons, report.remarks),
      ...listOf("证据材料", report.items),
      ...listOf("文书及其他", report.documents),
    ],
  });
}

function shownTime(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
}

// A file by itself: its hash, and whether one of the bundles on this page holds it. `bundles`: [{name, report}].
export function fileCard({ name, sha256, size, zip }, bundles) {
  const places = bundles.flatMap(({ name: bundle, report }) =>
    report.files.filter((one) => one.sha256 === sha256).map((one) => ({ bundle, path: one.name, report })),
  );
  const lines = places.map(({ bundle, path, report }) => {
    const item = report.items.find((one) => path.startsWith(`originals/${one.id}.`)) ?? report.documents.find((one) => one.id === path);
    return element("li", {
      children: [
        element("span", { text: `与证据包“${plain(bundle)}”中的 ${plain(path)} 逐字节相同；该项 ` }),
        item ? tag(verdictOf(item.reasons)) : null,
        element("span", { text: "，证据包整体 " }),
        tag(verdictOf(report.reasons)),
      ],
    });
  });
  const none = bundles.length ? "所核验的证据包中没有与此文件相同的材料" : "再拖入证据包，即可核对此文件是否就是包内的那一份";
  return element("section", {
    kind: "card file",
    "data-places": String(places.length),
    children: [
      element("h2", { text: `文件：${plain(name)}` }),
      zip ? element("p", { kind: "problem", text: "这不是送达系统的证据包，按单个文件计算哈希值" }) : null,
      facts([["SHA-256", grouped(sha256)], ["大小", `${size.toLocaleString("zh-CN")} 字节`]]),
      places.length ? element("ul", { kind: "told", children: lines }) : element("p", { kind: "hint", text: none }),
    ],
  });
}

export function unreadableCard(name) {
  const text = "文件无法读取：可能已被移动、删除，或者正被其他程序占用。请重新选择。";
  return element("section", { kind: "card", children: [element("h2", { text: plain(name) }), element("p", { kind: "problem", text })] });
}

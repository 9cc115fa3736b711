// Draws the bars that bots write with block characters (███░░ 60 %); the characters stay as text.

import { h } from "./dom.js";

const BAR = /[█▓▒░▰▱]{5,}/;
const DONE = /[█▓▰]/g;

/** Wraps every run of block characters under `root`. */
export function drawProgress(root) {
  if (!BAR.test(root.textContent)) return;
  for (const text of barTexts(root)) {
    const [run] = text.data.match(BAR);
    text.splitText(text.data.indexOf(run)).splitText(run.length);
    const characters = text.nextSibling;
    const bar = h("span", { class: "progress" }, h("span", { class: "progress-text" }, run));
    bar.style.setProperty("--done", `${(100 * (run.match(DONE) ?? []).length) / run.length}%`);
    characters.replaceWith(bar);
    unwrapCode(bar);
  }
}

function barTexts(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (BAR.test(walker.currentNode.data)) found.push(walker.currentNode);
  return found;
}

/** Bots put bars into `code` to get equal widths; a drawn bar has no need of the frame. */
function unwrapCode(bar) {
  const code = bar.closest("code");
  if (code?.textContent === bar.textContent) code.replaceWith(bar);
}

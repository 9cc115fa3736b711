// The formatting buttons of a composer: they put Slack's marks around what is selected.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const MARKS = [
  { name: "bold", label: "Bold", around: "*" },
  { name: "italic", label: "Italic", around: "_" },
  { name: "strike", label: "Strikethrough", around: "~" },
  { name: "code", label: "Code", around: "`" },
  { name: "quote", label: "Quote", before: "> " },
  { name: "list", label: "Bulleted list", before: "• " },
];

export function buildFormatBar(input) {
  const buttons = MARKS.map((mark) =>
    h(
      "button",
      {
        type: "button",
        class: "format-button",
        tip: mark.label,
        "aria-label": mark.label,
        tabindex: -1,
        onclick: () => put(input, mark),
      },
      icon(mark.name, 18),
    ),
  );
  return h("div", { class: "format-bar", role: "toolbar", "aria-label": "Formatting" }, buttons);
}

function put(input, { around = "", before = "" }) {
  const { selectionStart, selectionEnd, value } = input;
  const selected = value.slice(selectionStart, selectionEnd);
  const marked = before
    ? selected
        .split("\n")
        .map((line) => before + line)
        .join("\n")
    : around + selected + around;
  input.setRangeText(marked, selectionStart, selectionEnd, "end");
  if (around && !selected)
    input.selectionStart = input.selectionEnd = selectionStart + around.length;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

// The table block: a first row of headings, then rows of plain, number or rich text cells.

import { h } from "./dom.js";
import { buildRichText } from "./richtext.js";

export function buildTable({ rows, column_settings = [] }, place) {
  const [head, ...body] = rows;
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((cell, column) => buildCell(cell, tag, column_settings[column], place)),
    );
  const table = h(
    "table",
    {},
    h("thead", {}, row(head, "th")),
    h(
      "tbody",
      {},
      body.map((cells) => row(cells, "td")),
    ),
  );
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    table,
  );
}

function buildCell(cell, tag, settings, place) {
  const node = h(tag, {
    class: `align-${settings?.align ?? "left"}${settings?.is_wrapped ? " wrapped" : ""}`,
  });
  node.append(
    cell.type === "rich_text" ? buildRichText(cell, place) : String(cell.text ?? cell.value ?? ""),
  );
  return node;
}

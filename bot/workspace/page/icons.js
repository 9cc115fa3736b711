// The page's icons, drawn on a 20 × 20 grid with one line width, and Lorebot's own mark.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  home: "M3 9.2 10 3.5l7 5.7v7.3h-4.7v-4.8H7.7v4.8H3z",
  chats:
    "M12.5 12.5H7L3.5 15.5v-10a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2M14.5 7h1a1.5 1.5 0 0 1 1.5 1.5v8L14 14.5",
  hash: "M7.8 3.5 6.2 16.5M13.8 3.5 12.2 16.5M3.8 7.5h13M3.2 12.5h13",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  search: "M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12M13.5 13.5l3.5 3.5",
  at: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6m3-6v4.5c0 2 4 2 4-1.5a7 7 0 1 0-3 5.7",
  slash:
    "M5.5 3h9A2.5 2.5 0 0 1 17 5.5v9a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 3 14.5v-9A2.5 2.5 0 0 1 5.5 3M11.7 6.5l-3.4 7",
  up: "M6.5 9 9.5 3c1.5 0 2.2 1 2 2.3L11 8h4.3c1 0 1.7 1 1.4 2l-1.5 5.5c-.2.8-.8 1.2-1.5 1.2H6.5zM6.5 9H3.5v7.7h3",
  down: "M6.5 11l3 6c1.5 0 2.2-1 2-2.3L11 12h4.3c1 0 1.7-1 1.4-2l-1.5-5.5c-.2-.8-.8-1.2-1.5-1.2H6.5zM6.5 11H3.5V3.3h3",
  reply:
    "M5.5 3.5h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-4 3v-3a1.5 1.5 0 0 1-1.5-1.5V5.5a2 2 0 0 1 2-2M7 7h6M7 10h4",
  close: "M5 5l10 10M15 5 5 15",
  chevron: "M6 8l4 4 4-4",
  right: "M8 5.5l4.5 4.5L8 14.5",
  back: "M16 10H4.5M9 5l-5 5 5 5",
  below: "M10 4v11.5M5 10.5l5 5 5-5",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7 6 6M14 14l1.3 1.3M15.3 4.7 14 6M6 14l-1.3 1.3",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  people:
    "M8 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.5 16.5c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5M13 3.7a3 3 0 0 1 0 5.6M14.5 12.3c1.8.5 3 1.8 3 4.2",
  bold: "M6 4h4.5a3 3 0 0 1 0 6H6zM6 10h5.5a3 3 0 0 1 0 6H6z",
  italic: "M8.5 4h6M5.5 16h6M12 4 8 16",
  strike:
    "M3 10h14M14 6.5C13.5 4.8 12 4 10 4 7.5 4 6 5.2 6 7c0 1.3.8 2.2 2 3M6 13.5c.5 1.7 2 2.5 4 2.5 2.5 0 4-1.2 4-3 0-1.3-.6-2.3-1.8-3",
  code: "M7 5.5 2.5 10 7 14.5M13 5.5l4.5 4.5-4.5 4.5",
  quote: "M4 4v12M8 6h9M8 10h9M8 14h6",
  list: "M4 5.5h.01M4 10h.01M4 14.5h.01M8 5.5h9M8 10h9M8 14.5h9",
  copy: "M7 7h9.5v9.5H7zM4.5 13H3.5V3.5H13v1",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1",
  edit: "M4 16l.8-3.5L13.5 3.8a1.6 1.6 0 0 1 2.7 2.7L7.5 15.2z",
  trash: "M3.5 5.5h13M8 5V3.5h4V5M5 5.5l.8 11h8.4l.8-11M8.3 8.5v5M11.7 8.5v5",
  bolt: "M11 2.5 4.5 11.5H9.5l-.5 6 6.5-9H10.5z",
  check: "M4 10.5l4 4 8-9",
  eye: "M2 10c2-3.5 4.7-5.2 8-5.2s6 1.7 8 5.2c-2 3.5-4.7 5.2-8 5.2S4 13.5 2 10m8 2.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6",
  file: "M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4",
  spark: "M10 3c.6 4.2 2.3 6 6.5 7-4.2.9-5.9 2.7-6.5 7-.6-4.3-2.3-6.1-6.5-7 4.2-1 5.9-2.8 6.5-7",
  alert: "M10 3 2.5 16.5h15zM10 8v4M10 14.2v.2",
};

const FILLED = {
  stop: "M6.5 5h7A1.5 1.5 0 0 1 15 6.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 5 13.5v-7A1.5 1.5 0 0 1 6.5 5",
  send: "M3 3.3v5l8 1.7-8 1.7v5l14.5-6.7z",
  more: "M5 8.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3m5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3m5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3",
};

export function icon(name, size = 20) {
  const filled = name in FILLED;
  const svg = drawing("0 0 20 20", size);
  svg.classList.add("icon", filled ? "icon-filled" : "icon-line");
  svg.append(shape("path", { d: FILLED[name] ?? PATHS[name] ?? PATHS.spark }));
  return svg;
}

/** Lorebot's mark: an open book that looks at you. */
export function mark(size) {
  const svg = drawing("4 5 32 30", size);
  svg.classList.add("mark");
  svg.append(
    shape("path", { d: "M20 11v6", class: "mark-mast" }),
    shape("circle", { cx: 20, cy: 9, r: 2.4, class: "mark-light" }),
    shape("path", { d: "M20 31c-3-2.6-7.3-3.5-12-3V15c4.7-.5 9 .4 12 3z", class: "mark-page" }),
    shape("path", { d: "M20 31c3-2.6 7.3-3.5 12-3V15c-4.7-.5-9 .4-12 3z", class: "mark-page-far" }),
    shape("circle", { cx: 14.2, cy: 22, r: 2, class: "mark-eye" }),
    shape("circle", { cx: 25.8, cy: 22, r: 2, class: "mark-eye" }),
  );
  return svg;
}

/** The few reactions that this page draws itself, so that they look the same everywhere. */
export function drawReaction(name) {
  const turn = name === "-1" ? "rotate(180 10 10)" : "";
  const svg = drawing("0 0 20 20", 18);
  svg.append(
    shape("path", { class: "thumb-cuff", transform: turn, d: "M2.5 9h3.5v8H2.5z" }),
    shape("path", {
      class: "thumb-hand",
      transform: turn,
      d: "M6.5 9.3 9.2 3c1.7-.2 2.7.9 2.5 2.5L11.3 8H15.5c1.2 0 2 1 1.7 2.1l-1.4 5.4c-.2.9-.9 1.5-1.8 1.5H6.5z",
    }),
  );
  return svg;
}

function drawing(viewBox, size) {
  const svg = shape("svg", { viewBox, width: size, height: size, "aria-hidden": "true" });
  svg.setAttribute("focusable", "false");
  return svg;
}

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

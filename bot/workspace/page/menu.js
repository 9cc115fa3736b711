// Small menus and cards that open beside what was clicked and close on Escape or a click elsewhere.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const GAP = 6;

/** Opens `content` next to `anchor` in the top layer; it is removed when it closes. */
export function openPopover(anchor, content, { className = "", role, label } = {}) {
  const popover = h(
    "div",
    { class: `popover ${className}`, popover: "auto", role, "aria-label": label },
    content,
  );
  anchor.closest("dialog, .shell").append(popover);
  anchor.setAttribute("aria-expanded", "true");
  popover.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    popover.remove();
  });
  popover.showPopover();
  place(popover, anchor.getBoundingClientRect());
  return popover;
}

/** Below the anchor where there is room, else above; never outside the window. */
function place(popover, anchor) {
  const { width, height } = popover.getBoundingClientRect();
  const below = anchor.bottom + GAP + height <= window.innerHeight;
  const top = below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - GAP - height);
  const left = Math.min(anchor.left, window.innerWidth - width - GAP);
  popover.style.top = `${top}px`;
  popover.style.left = `${Math.max(GAP, left)}px`;
}

/** Entries: {label, icon?, note?, danger?, href?, run, testid?, checked?, node?} or "divider". */
export function openMenu(anchor, entries, { label = "Menu", title, className = "" } = {}) {
  const head = title ? [h("p", { class: "menu-title" }, title)] : [];
  const items = entries.map((entry) => (entry === "divider" ? h("hr") : menuItem(entry)));
  const menu = openPopover(anchor, [...head, ...items], {
    className: `menu ${className}`,
    role: "menu",
    label,
  });
  menu.addEventListener(
    "click",
    ({ target }) => target.closest(".menu-item") && menu.hidePopover(),
  );
  menu.addEventListener("keydown", moveFocus);
  menu.querySelector(".menu-item")?.focus();
  return menu;
}

function menuItem({ label, icon: symbol, node, note, danger, href, run, testid, checked }) {
  const properties = { class: `menu-item${danger ? " menu-danger" : ""}`, testid, onclick: run };
  const role = checked === undefined ? "menuitem" : "menuitemradio";
  const words = h("span", { class: "menu-words" }, label, ...(note ? [h("small", {}, note)] : []));
  const children = [
    node ?? (symbol ? icon(symbol, 18) : null),
    words,
    checked ? icon("check", 18) : null,
  ];
  const state = checked === undefined ? {} : { "aria-checked": String(checked) };
  if (href)
    return h(
      "a",
      { ...properties, role, href, target: "_blank", rel: "noopener noreferrer" },
      children,
    );
  return h("button", { ...properties, ...state, role, type: "button" }, children);
}

function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll(".menu-item")];
  const next = items.indexOf(document.activeElement) + step;
  items[(next + items.length) % items.length].focus();
}

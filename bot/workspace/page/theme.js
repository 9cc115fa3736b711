// Light or dark: the system's wish, unless this person chose otherwise.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { recall, remember } from "./memory.js";

const system = window.matchMedia("(prefers-color-scheme: dark)");

export function applyTheme() {
  const chosen = recall("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

export function buildThemeToggle(signal) {
  const button = h("button", { class: "topbar-button", type: "button", testid: "theme-toggle" });
  const label = () => {
    const wanted = isDark() ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to ${wanted} theme`);
    button.dataset.tip = `${isDark() ? "Light" : "Dark"} theme`;
    button.replaceChildren(icon(isDark() ? "sun" : "moon"));
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    remember("theme", theme);
    label();
  });
  system.addEventListener("change", label, { signal });
  label();
  return button;
}

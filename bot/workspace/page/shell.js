// Puts the page together: top bar, rail, sidebar, channel, thread, and the keys for everywhere.

import { buildBanner } from "./banner.js";
import { buildChannelPane } from "./channel.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { mountModals } from "./modal.js";
import { titleOf } from "./people.js";
import { buildRail } from "./rail.js";
import { countUnread } from "./reading.js";
import { go } from "./route.js";
import { buildSidebar } from "./sidebar.js";
import { openSwitcher } from "./switcher.js";
import { buildThreadPane } from "./thread.js";
import { buildThemeToggle } from "./theme.js";

export function buildShell(session, signal) {
  const shade = h("div", {
    class: "shade",
    onclick: () => shell.classList.remove("shell-sidebar"),
  });
  const stage = h(
    "div",
    { class: "stage" },
    buildSidebar(session, signal),
    buildChannelPane(session, signal),
    buildThreadPane(session, signal),
  );
  const shell = h(
    "div",
    { class: "shell" },
    buildTopbar(session, signal),
    buildRail(session, signal),
    stage,
    shade,
  );
  stage.prepend(buildBanner(session, signal));
  mountModals(session, signal);
  document.addEventListener("keydown", (event) => onKey(session, shell, event), { signal });
  session.on(
    "route",
    ({ thread }) => shell.classList.toggle("shell-thread", Boolean(thread)),
    signal,
  );
  for (const topic of ["route", "messages", "read"])
    session.on(topic, () => nameWindow(session), signal);
  return shell;
}

function buildTopbar(session, signal) {
  const keys = navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K";
  const search = h(
    "button",
    {
      class: "topbar-search",
      type: "button",
      testid: "jump",
      onclick: () => openSwitcher(session),
    },
    icon("search", 16),
    h("span", {}, `Jump to a channel or person in ${session.team.name}`),
    h("kbd", {}, keys),
  );
  return h("header", { class: "topbar" }, search, buildThemeToggle(signal));
}

function onKey(session, shell, event) {
  const { channel, thread } = session.route;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openSwitcher(session);
  }
  const taken = event.defaultPrevented || document.querySelector("dialog, .popover");
  if (event.key !== "Escape" || taken) return;
  if (shell.classList.contains("shell-sidebar")) shell.classList.remove("shell-sidebar");
  else if (thread) go({ channel });
}

function nameWindow(session) {
  const channel = session.channels.get(session.route.channel);
  const counts = [...session.channels.values()].map((one) => countUnread(session, one));
  const unread = counts.reduce((sum, count) => sum + count, 0);
  const where = channel ? `${titleOf(session, channel)} – ` : "";
  document.title = `${unread ? `(${unread}) ` : ""}${where}${session.team.name}`;
}

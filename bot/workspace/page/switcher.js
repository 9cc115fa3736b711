// Ctrl+K: jump to a channel, a conversation or another person by typing a part of the name.

import { openDialog } from "./confirm.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf, person, titleOf } from "./people.js";
import { go } from "./route.js";

export function openSwitcher(session) {
  if (document.querySelector(".switcher")) return;
  openDialog({ label: "Jump to", className: "switcher", testid: "switcher" }, (close) =>
    fill(session, close),
  );
}

function fill(session, close) {
  const all = targets(session);
  const list = h("div", {
    class: "switcher-list",
    role: "listbox",
    id: "switcher-list",
    "aria-label": "Results",
  });
  const input = h("input", {
    class: "switcher-input",
    type: "text",
    placeholder: "Jump to…",
    "aria-label": "Jump to",
    "aria-controls": "switcher-list",
    autofocus: true,
  });
  let found = all;
  let active = 0;

  function show() {
    list.replaceChildren(
      ...found.map((target, index) => option(target, index === active, () => choose(target))),
    );
    if (!found.length) list.append(h("p", { class: "nothing" }, "Nothing here has that name."));
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function choose(target) {
    close();
    target?.run();
  }

  input.addEventListener("input", () => {
    found = all.filter(({ label }) =>
      label.toLowerCase().includes(input.value.trim().toLowerCase()),
    );
    active = 0;
    show();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) active = (active + step + found.length) % found.length;
    else if (event.key === "Enter") return choose(found[active]);
    else return undefined;
    event.preventDefault();
    return show();
  });
  show();
  return [h("div", { class: "switcher-head" }, icon("search"), input), list];
}

function targets(session) {
  const channels = [...session.channels.values()].map((channel) => ({
    label: titleOf(session, channel),
    note: channel.is_im ? "Direct message" : (channel.topic ?? ""),
    node: channel.is_im
      ? avatar(session, person(session, channel.user), 20)
      : icon(channel.is_private ? "lock" : "hash", 18),
    run: () => go({ channel: channel.id }),
  }));
  const people = [...session.users.values()].filter(
    (user) => !user.is_bot && user.id !== session.me.id,
  );
  const persons = people.map((user) => ({
    label: nameOf(user),
    note: "Act as this person",
    node: avatar(session, user, 20),
    run: () => session.tell("become", user.id),
  }));
  return [...channels, ...persons];
}

function option({ label, note, node }, selected, choose) {
  const properties = {
    class: "suggestion",
    role: "option",
    "aria-selected": String(selected),
    onclick: choose,
  };
  return h(
    "div",
    properties,
    node,
    h("span", { class: "suggestion-words" }, h("span", {}, h("strong", {}, label))),
    h("small", {}, note),
  );
}

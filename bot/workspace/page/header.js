// The top of a conversation: its name and topic, who is in it, and the tabs of an app.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { avatar, avatars, nameOf, person, presence } from "./people.js";
import { openProfile } from "./profile.js";
import { go } from "./route.js";

const TABS = { home: "Home", messages: "Messages", about: "About" };

export function buildHeader(session, channel, tab, signal) {
  const bar = h(
    "div",
    { class: "channel-bar" },
    sidebarButton(),
    ...title(session, channel, signal),
  );
  if (!channel.is_im && !channel.is_private) bar.append(membersButton(session));
  const tabs = session.isAppChannel(channel) ? buildTabs(channel, tab) : null;
  return h("header", { class: "channel-header" }, bar, tabs);
}

function sidebarButton() {
  const open = () => document.querySelector(".shell").classList.add("shell-sidebar");
  return h(
    "button",
    {
      class: "icon-button sidebar-open",
      type: "button",
      "aria-label": "Open sidebar",
      testid: "sidebar-open",
      onclick: open,
    },
    icon("menu"),
  );
}

function title(session, channel, signal) {
  if (!channel.is_im) {
    const name = h(
      "h1",
      { class: "channel-name" },
      icon(channel.is_private ? "lock" : "hash", 18),
      h("span", {}, channel.name),
    );
    return [name, h("span", { class: "channel-topic", title: channel.topic }, channel.topic ?? "")];
  }
  const user = person(session, channel.user);
  const dot = h("span", {});
  const showDot = () => dot.replaceChildren(presence(session, user));
  session.on("connection", showDot, signal);
  showDot();
  const profile = ({ currentTarget }) => openProfile(session, user, currentTarget);
  const button = h(
    "button",
    { class: "channel-name", type: "button", onclick: profile },
    avatar(session, user, 24),
    nameOf(user),
    dot,
  );
  return [
    h("h1", { class: "channel-title" }, button),
    h("span", { class: "channel-topic" }, user.title ?? ""),
  ];
}

/** Everybody is in every public channel. */
function membersButton(session) {
  const users = [...session.users.values()];
  const properties = { class: "members", type: "button", "aria-label": `${users.length} members` };
  const faces = avatars(session, users.map(({ id }) => id).slice(0, 3), 20);
  const button = h("button", properties, faces, h("span", {}, String(users.length)));
  const entries = users.map((user) => ({
    label: nameOf(user),
    note: user.title,
    node: avatar(session, user, 24),
    run: () => openProfile(session, user, button),
  }));
  button.addEventListener("click", () =>
    openMenu(button, entries, { label: "Members", title: `${users.length} members` }),
  );
  return button;
}

function buildTabs(channel, current) {
  const tab = (name) =>
    h(
      "button",
      {
        class: "tab",
        role: "tab",
        type: "button",
        testid: `${name}-tab`,
        "aria-selected": String(name === current),
        onclick: () => go({ channel: channel.id, tab: name }),
      },
      TABS[name],
    );
  return h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": "Lorebot" },
    Object.keys(TABS).map(tab),
  );
}

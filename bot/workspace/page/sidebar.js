// The sidebar: the workspace's channels, people and app; bold where something is unread.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf, person, presence } from "./people.js";
import { openProfile } from "./profile.js";
import { countUnread } from "./reading.js";
import { go } from "./route.js";

export function buildSidebar(session, signal) {
  const body = h("div", { class: "sidebar-body" });
  const name = h("h2", { class: "team-name" }, session.team.name);
  const sidebar = h(
    "nav",
    { class: "sidebar", "aria-label": "Channels and direct messages" },
    h("header", { class: "sidebar-head" }, name),
    body,
  );
  let shown = null;
  // Only when something differs: a row that is replaced under the pointer loses its click.
  const show = () => {
    const state = stateOf(session);
    if (state !== shown) body.replaceChildren(...sections(session));
    shown = state;
  };
  for (const topic of ["route", "read", "messages", "connection"]) session.on(topic, show, signal);
  show();
  return sidebar;
}

function stateOf(session) {
  const channels = [...session.channels.values()];
  const unread = channels.map((channel) => [channel.id, countUnread(session, channel)]);
  return JSON.stringify([session.route.channel, session.connected, unread]);
}

function sections(session) {
  const all = [...session.channels.values()];
  const channels = all.filter((channel) => !channel.is_im);
  const people = [...session.users.values()].filter((user) => !user.is_bot);
  const apps = all.filter((channel) => session.isAppChannel(channel));
  return [
    section(
      session,
      "Channels",
      channels.map((channel) => plainRow(session, channel)),
    ),
    section(
      session,
      "Direct messages",
      people.map((user) => personRow(session, user, all)),
    ),
    section(
      session,
      "Apps",
      apps.map((channel) => appRow(session, channel)),
    ),
  ];
}

function section(session, title, rows) {
  const note = ({ target }) => session.folded[target.open ? "delete" : "add"](title);
  const head = h("summary", {}, icon("chevron", 16), title);
  const open = !session.folded.has(title);
  return h("details", { class: "sidebar-section", open, ontoggle: note }, head, ...rows);
}

function plainRow(session, channel) {
  return channelRow(session, channel, icon(channel.is_private ? "lock" : "hash", 18), channel.name);
}

function channelRow(session, channel, symbol, words) {
  const unread = countUnread(session, channel);
  const current = session.route.channel === channel.id;
  const state = `${unread && !current ? " row-unread" : ""}${current ? " row-current" : ""}`;
  const properties = {
    class: `row${state}`,
    type: "button",
    testid: `channel-item-${channel.id}`,
    "aria-current": current ? "page" : null,
  };
  const badge =
    unread && !current && channel.is_im
      ? h("span", { class: "row-badge", "aria-label": `${unread} unread` }, String(unread))
      : null;
  return h(
    "button",
    { ...properties, onclick: () => open(channel.id) },
    symbol,
    h("span", { class: "row-name" }, words),
    badge,
  );
}

function appRow(session, channel) {
  const bot = person(session, channel.user);
  return channelRow(session, channel, face(session, bot), nameOf(bot));
}

/** A person without a conversation shows their card, from where one can act as them. */
function personRow(session, user, channels) {
  const channel = channels.find((one) => one.is_im && one.user === user.id);
  if (channel) return channelRow(session, channel, face(session, user), nameOf(user));
  const you = user.id === session.me.id ? h("span", { class: "row-you" }, "you") : null;
  const show = ({ currentTarget }) => openProfile(session, user, currentTarget);
  return h(
    "button",
    { class: "row", type: "button", onclick: show },
    face(session, user),
    h("span", { class: "row-name" }, nameOf(user), you),
  );
}

function face(session, user) {
  return h("span", { class: "face" }, avatar(session, user, 20), presence(session, user));
}

function open(channel) {
  document.querySelector(".shell").classList.remove("shell-sidebar");
  go({ channel });
}

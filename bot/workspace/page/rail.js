// The narrow rail at the left edge: the workspace, its two places, and the person one acts as.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { avatar, nameOf } from "./people.js";
import { go } from "./route.js";

export function buildRail(session, signal) {
  const team = h(
    "span",
    { class: "team-icon", title: session.team.name },
    session.team.name.slice(0, 1),
  );
  const home = railButton("Home", "home", () => go({ channel: lastChannel(session) }));
  const direct = railButton("DMs", "chats", () => go({ channel: session.appChannel.id }));
  session.on(
    "route",
    ({ channel }) => {
      const im = Boolean(session.channels.get(channel)?.is_im);
      home.setAttribute("aria-current", String(!im));
      direct.setAttribute("aria-current", String(im));
      if (!im) session.lastChannel = channel;
    },
    signal,
  );
  return h(
    "nav",
    { class: "rail", "aria-label": "Workspace" },
    team,
    home,
    direct,
    h("span", { class: "rail-space" }),
    personButton(session),
  );
}

function railButton(label, symbol, onclick) {
  return h(
    "button",
    { class: "rail-button", type: "button", onclick },
    h("span", { class: "rail-icon" }, icon(symbol)),
    label,
  );
}

function lastChannel(session) {
  return (
    session.lastChannel ?? [...session.channels.values()].find((channel) => !channel.is_im)?.id
  );
}

function personButton(session) {
  const { me } = session;
  const properties = {
    class: "person-button",
    type: "button",
    testid: "person-menu",
    "aria-haspopup": "menu",
  };
  const button = h("button", {
    ...properties,
    "aria-label": `You act as ${nameOf(me)}. Act as somebody else`,
  });
  button.append(avatar(session, me, 36), h("span", { class: "presence presence-here" }));
  button.addEventListener("click", () => openPeople(session, button));
  return button;
}

function openPeople(session, button) {
  const people = [...session.users.values()].filter((user) => !user.is_bot);
  const entries = people.map((user) => ({
    label: nameOf(user),
    note: [user.title, user.is_admin ? "Admin" : ""].filter(Boolean).join(" · "),
    node: avatar(session, user, 36),
    checked: user.id === session.me.id,
    testid: `person-${user.id}`,
    run: () => user.id !== session.me.id && session.tell("become", user.id),
  }));
  openMenu(button, entries, { label: "Act as", title: "Act as", className: "menu-people" });
}

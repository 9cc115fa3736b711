// How people are shown: names, avatars, and the badge of an app.

import { h } from "./dom.js";
import { mark } from "./icons.js";

export function person(session, id) {
  return session.users.get(id) ?? { id, name: id, real_name: id, initials: "?", is_bot: false };
}

export function nameOf(user) {
  return user.real_name || user.name;
}

/** What a conversation is called: a channel by its name, a direct one by the other person's. */
export function titleOf(session, channel) {
  return channel.is_im ? nameOf(person(session, channel.user)) : channel.name;
}

/** A square with the person's initials in their colour; Lorebot shows its mark. */
export function avatar(session, user, size = 36) {
  const app = user.id === session.app.user;
  const element = h("span", {
    class: `avatar avatar-${size}${app ? " avatar-app" : ""}`,
    "aria-hidden": "true",
  });
  if (app) element.append(mark(Math.round(size * 0.82)));
  else element.textContent = user.initials ?? nameOf(user).slice(0, 1);
  if (user.color) element.style.setProperty("--person", user.color);
  return element;
}

export function avatars(session, ids, size = 24) {
  const faces = ids.slice(0, 5).map((id) => avatar(session, person(session, id), size));
  return h("span", { class: "avatars" }, faces);
}

export function appBadge() {
  return h("span", { class: "badge" }, "APP");
}

/** Filled when there: every person of the workspace always is, the bot while its socket is up. */
export function presence(session, user) {
  const here = !user.is_bot || session.connected;
  return h("span", {
    class: `presence${here ? " presence-here" : ""}`,
    title: here ? "Connected" : "Not connected",
  });
}

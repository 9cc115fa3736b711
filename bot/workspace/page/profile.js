// The card that opens on a person's name: who they are, and the way to act as them.

import { h } from "./dom.js";
import { openPopover } from "./menu.js";
import { appBadge, avatar, nameOf, presence } from "./people.js";
import { go } from "./route.js";

export function openProfile(session, user, anchor) {
  const card = openPopover(
    anchor,
    profile(session, user, () => card.hidePopover()),
    {
      className: "profile",
      role: "dialog",
      label: `Profile of ${nameOf(user)}`,
    },
  );
}

function profile(session, user, close) {
  const about = user.id === session.app.user ? session.app.description : user.title;
  return [
    avatar(session, user, 72),
    h(
      "div",
      { class: "profile-words" },
      h("strong", {}, nameOf(user), presence(session, user), ...(user.is_bot ? [appBadge()] : [])),
      h(
        "span",
        { class: "profile-handle" },
        `@${user.name}${user.is_admin ? " · Workspace admin" : ""}`,
      ),
      h("p", {}, about || ""),
    ),
    profileButton(session, user, close),
  ];
}

function profileButton(session, user, close) {
  if (user.id === session.me.id) return h("span", { class: "profile-you" }, "This is you");
  if (user.id === session.app.user) {
    return button("Message", () => {
      close();
      go({ channel: session.appChannel.id });
    });
  }
  return user.is_bot
    ? null
    : button(`Act as ${nameOf(user)}`, () => session.tell("become", user.id));
}

function button(text, onclick) {
  return h("button", { class: "button", type: "button", onclick }, text);
}

// The line that says what the bot is doing ("Lorebot is reading …"), in thread or channel.

import { h } from "./dom.js";
import { avatar, person } from "./people.js";
import { go } from "./route.js";

/** What is going on in a thread, as a message in the making; empty when nothing is. */
export function threadStatus(session, key) {
  const status = session.statuses.get(key);
  if (!status) return [];
  const face = h(
    "div",
    { class: "message-gutter" },
    avatar(session, person(session, session.app.user)),
  );
  return [h("div", { class: "message message-making" }, face, line(session, status))];
}

/** What is going on in the threads of a channel that are not on show; a click opens the thread. */
export function channelStatus(session, channel) {
  const elsewhere = ({ channel: id, thread }) => id === channel && thread !== session.route.thread;
  const status = [...session.statuses.values()].reverse().find(elsewhere);
  if (!status) return [];
  const open = () => go({ channel, thread: status.thread });
  return [
    h(
      "button",
      { class: "status-open", type: "button", tip: "Open thread", onclick: open },
      line(session, status),
    ),
  ];
}

function line(session, { text }) {
  const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  const name = session.app.name;
  const words = text.startsWith(name) ? text : `${name} ${text}`;
  return h(
    "span",
    { class: "status-line", role: "status", testid: "status-line" },
    dots,
    h("span", {}, words),
  );
}

// One message: avatar, name and time, blocks, reactions, and the bar that leads to its replies.

import { showBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { markOwnName } from "./names.js";
import { appBadge, avatar, avatars, nameOf, person } from "./people.js";
import { openProfile } from "./profile.js";
import { buildReactions } from "./reactions.js";
import { hasNewReplies } from "./reading.js";
import { go } from "./route.js";
import { clockTime, fullTime, gutterTime, timeAgo } from "./time.js";
import { attempt } from "./toast.js";

export class MessageView {
  #session;
  #inThread;
  #body = h("div", { class: "message-body" });
  #head = h("div", { class: "message-head" });
  #gutter = h("div", { class: "message-gutter" });
  #foot = h("div", { class: "message-foot" });

  constructor(session, ts, inThread) {
    this.#session = session;
    this.#inThread = inThread;
    const main = h("div", { class: "message-main" }, this.#head, this.#body, this.#foot);
    this.element = h(
      "article",
      { class: "message", testid: `message-${ts}`, tabindex: -1 },
      this.#gutter,
      main,
    );
    this.element.dataset.ts = ts;
  }

  /** Shows `message`; `compact` when it continues the one above. Only what differs is touched. */
  show(message, compact) {
    const session = this.#session;
    if (message !== this.message || compact !== this.compact) {
      Object.assign(this, { message, compact });
      this.#showFrame(message, compact);
      this.element.classList.toggle("message-streaming", Boolean(message.streaming));
      const { channel, ts, thread_ts } = message;
      showBlocks(this.#body, contents(message), { session, channel, ts, thread_ts });
      markOwnName(session, this.#body);
      if (message.edited && !message.bot)
        this.#body.append(h("span", { class: "edited" }, "(edited)"));
    }
    this.#showFoot(message);
  }

  #showFrame(message, compact) {
    const state = JSON.stringify([message.user, message.ephemeral, compact]);
    if (state === this.frameState) return;
    this.frameState = state;
    const { classList } = this.element;
    classList.toggle("message-compact", compact);
    classList.toggle("message-ephemeral", Boolean(message.ephemeral));
    const user = person(this.#session, message.user);
    const profile = ({ currentTarget }) => openProfile(this.#session, user, currentTarget);
    this.#gutter.replaceChildren(
      compact ? stamp(message.ts, gutterTime) : this.#face(user, profile),
    );
    const only = message.ephemeral ? onlyYou(() => this.#session.dismiss(message)) : null;
    const name = h(
      "button",
      { class: "message-name", type: "button", onclick: profile },
      nameOf(user),
    );
    const head = compact
      ? []
      : [name, user.is_bot ? appBadge() : null, stamp(message.ts, clockTime)];
    this.#head.replaceChildren(...[only, ...head].filter(Boolean));
  }

  #face(user, onclick) {
    const label = `Profile of ${nameOf(user)}`;
    return h(
      "button",
      { class: "message-face", type: "button", "aria-label": label, tabindex: -1, onclick },
      avatar(this.#session, user),
    );
  }

  #showFoot(message) {
    const { channel, ts } = message;
    const unread = hasNewReplies(
      this.#session,
      message,
      this.#session.marks.until(`${channel}/${ts}`),
    );
    const state = JSON.stringify([
      message.reactions,
      message.reply_count,
      message.latest_reply,
      message.streaming,
      unread,
    ]);
    if (state === this.footState && this.ago === ago(message)) return;
    Object.assign(this, { footState: state, ago: ago(message) });
    const bar =
      message.reply_count && !this.#inThread ? replyBar(this.#session, message, unread) : null;
    const reactions = message.reactions?.length ? buildReactions(this.#session, message) : null;
    const stop = message.streaming ? stopButton(this.#session, message) : null;
    this.#foot.replaceChildren(...[stop, reactions, bar].filter(Boolean));
  }
}

/** The message as blocks: its own, or its text; then its files. */
function contents({ blocks, html, text, files }) {
  const words = blocks?.length ? blocks : text || html ? [{ type: "text", html, text }] : [];
  return files?.length ? [...words, { type: "files", files }] : words;
}

function ago({ reply_count, latest_reply }) {
  return reply_count ? timeAgo(latest_reply) : "";
}

function stamp(ts, words) {
  return h(
    "time",
    { class: "message-time", datetime: new Date(ts * 1000).toISOString(), title: fullTime(ts) },
    words(ts),
  );
}

function onlyYou(dismiss) {
  const link = h("button", { class: "link-button", type: "button", onclick: dismiss }, "Dismiss");
  return h(
    "div",
    { class: "only-you" },
    icon("eye", 14),
    "Only visible to you",
    h("span", {}, "·"),
    link,
  );
}

function stopButton(session, { channel, ts }) {
  const onclick = ({ currentTarget }) => {
    currentTarget.disabled = true;
    attempt(session.post("/client/stop", { channel, ts }));
  };
  return h(
    "button",
    { class: "stop", type: "button", testid: `stop-${ts}`, onclick },
    icon("stop", 14),
    "Stop",
  );
}

function replyBar(session, { channel, ts, reply_count, reply_users, latest_reply }, unread) {
  const count = reply_count === 1 ? "1 reply" : `${reply_count} replies`;
  return h(
    "button",
    {
      class: `reply-bar${unread ? " reply-bar-unread" : ""}`,
      type: "button",
      testid: `reply-bar-${ts}`,
      "aria-label": `${count}${unread ? ", new" : ""}, open thread`,
      onclick: () => go({ channel, thread: ts }),
    },
    avatars(session, reply_users),
    h("span", { class: "reply-count" }, count),
    h("span", { class: "reply-ago" }, `Last reply ${timeAgo(latest_reply)}`),
    h("span", { class: "reply-view" }, "View thread"),
    icon("right", 16),
  );
}

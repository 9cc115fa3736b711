// What can be done with a message, in a bar that follows the pointer or the keyboard focus.

import { askToConfirm } from "./confirm.js";
import { h } from "./dom.js";
import { editMessage } from "./edit.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { toggleReaction } from "./reactions.js";
import { go } from "./route.js";
import { attempt, toast } from "./toast.js";

export class Toolbar {
  #session;
  #find;
  #inThread;
  #menu = null;
  #bar;

  /** `find(ts)` gives the message that the article under the pointer shows. */
  constructor(session, column, find, inThread) {
    this.#session = session;
    this.#find = find;
    this.#inThread = inThread;
    this.#bar = this.#build();
    column.addEventListener("pointerover", ({ target }) =>
      this.#moveTo(target.closest(".message")),
    );
    column.addEventListener("focusin", ({ target }) => this.#moveTo(target.closest(".message")));
    column.addEventListener("pointerleave", () => this.#menu?.isConnected || this.#bar.remove());
    column.addEventListener("keydown", (event) => this.#walk(event, column));
  }

  #build() {
    const button = (symbol, tip, testid, run) =>
      h(
        "button",
        { type: "button", tip, "aria-label": tip, testid, onclick: run },
        icon(symbol, 18),
      );
    const buttons = [
      button("up", "React with thumbs up", "react-up", () =>
        toggleReaction(this.#session, this.#message, "+1"),
      ),
      button("down", "React with thumbs down", "react-down", () =>
        toggleReaction(this.#session, this.#message, "-1"),
      ),
      button("reply", "Reply in thread", "reply", () => this.#reply()),
      button("more", "More actions", "more", ({ currentTarget }) => this.#openMore(currentTarget)),
    ];
    if (this.#inThread) buttons.splice(2, 1);
    return h(
      "div",
      { class: "message-bar", role: "toolbar", "aria-label": "Message actions" },
      buttons,
    );
  }

  get #message() {
    return this.#find(this.#bar.closest(".message").dataset.ts);
  }

  #moveTo(article) {
    if (!article || article.contains(this.#bar) || this.#menu?.isConnected) return;
    const message = this.#find(article.dataset.ts);
    const room =
      article.getBoundingClientRect().top - article.closest(".list").getBoundingClientRect().top;
    this.#bar.classList.toggle("message-bar-low", room < 16);
    if (message && !message.ephemeral && !article.querySelector(".edit")) article.append(this.#bar);
    else this.#bar.remove();
  }

  #reply() {
    const { channel, ts, thread_ts } = this.#message;
    go({ channel, thread: thread_ts ?? ts });
  }

  #openMore(button) {
    this.#menu = openMenu(
      button,
      menuEntries(this.#session, this.#message, button.closest(".message")),
      { label: "More actions" },
    );
  }

  /** Arrow keys walk through the messages; Enter opens the thread of the one in focus. */
  #walk(event, column) {
    const article = event.target.closest(".message");
    if (event.target !== article) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = [...column.querySelectorAll(".message")];
    if (step) all[all.indexOf(article) + step]?.focus();
    else if (event.key === "Enter" && !this.#inThread) this.#reply();
    else return;
    event.preventDefault();
  }
}

function menuEntries(session, message, article) {
  const { channel, ts, text } = message;
  const link = `${location.origin}/#${channel}/${message.thread_ts ?? ts}`;
  const shortcuts = session.app.shortcuts.map(({ callback_id, name }) => ({
    label: name,
    note: session.app.name,
    icon: "bolt",
    testid: `shortcut-${callback_id}`,
    run: () => attempt(session.post("/client/shortcut", { callback_id, channel, ts })),
  }));
  const own = message.user === session.me.id ? ownEntries(session, message, article) : [];
  return [
    { label: "Copy text", icon: "copy", run: () => copy(text, "Text copied") },
    { label: "Copy link", icon: "link", run: () => copy(link, "Link copied") },
    ...(shortcuts.length ? ["divider", ...shortcuts] : []),
    ...(own.length ? ["divider", ...own] : []),
  ];
}

function ownEntries(session, message, article) {
  return [
    { label: "Edit message", icon: "edit", run: () => editMessage(session, message, article) },
    { label: "Delete message…", icon: "trash", danger: true, run: () => remove(session, message) },
  ];
}

async function remove(session, { channel, ts }) {
  const question = {
    title: { text: "Delete message" },
    text: { text: "Are you sure you want to delete this message? This cannot be undone." },
    confirm: { text: "Delete" },
    style: "danger",
  };
  if (await askToConfirm(question)) attempt(session.post("/client/delete", { channel, ts }));
}

async function copy(text, done) {
  await navigator.clipboard.writeText(text).then(
    () => toast(done, "done"),
    () => toast("The browser does not let this page use the clipboard."),
  );
}

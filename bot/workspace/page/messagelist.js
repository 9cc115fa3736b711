// The scrolling list of messages of a channel or thread: grouping, and staying where the reader is.

import { arrange, h } from "./dom.js";
import { icon } from "./icons.js";
import { Lines } from "./lines.js";
import { MessageView } from "./message.js";
import { openNamed } from "./names.js";
import { Toolbar } from "./toolbar.js";

const GROUP_SECONDS = 300;
const NEAR_BOTTOM_PX = 60;
const MINUTE_MS = 60_000;

export class MessageList {
  #session;
  #key;
  #inThread;
  #lines;
  #before;
  #views = new Map();
  #atBottom = true;
  #tail = h("div", { class: "list-tail" });
  #column = h("div", { class: "list-column" });
  #jump;

  /** `key` names the timeline; `intro` is a node that stands before the first message. */
  constructor(session, key, { intro, label, inThread = false }, signal) {
    this.#session = session;
    this.#key = key;
    this.#inThread = inThread;
    this.#lines = new Lines(session, key);
    this.#before = intro ? [intro] : [];
    const scroll = { class: "list-scroll", role: "log", "aria-label": label, tabindex: 0 };
    this.scroller = h("div", scroll, this.#column);
    this.#jump = this.#buildJump();
    const list = { class: "list", testid: inThread ? "thread-list" : "message-list" };
    this.element = h("div", list, this.scroller, this.#jump);
    new Toolbar(session, this.#column, (ts) => session.timeline(key).get(ts), inThread);
    this.#watch(signal);
  }

  /** Nodes that stand after the last message: what the bot is doing now. */
  showTail(nodes) {
    this.#tail.replaceChildren(...nodes);
  }

  show() {
    const messages = this.#session.visible(this.#key);
    this.#lines.note(messages, this.#session.timeline(this.#key).loaded);
    const grew = messages.length > this.#views.size;
    this.#forgetAllBut(messages);
    arrange(this.#column, [...this.#before, ...this.#rows(messages), this.#tail]);
    const own = messages.at(-1)?.user === this.#session.me.id;
    if (this.#atBottom || (grew && own)) this.toBottom();
    else if (grew) this.#jump.hidden = false;
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#atBottom = true;
    this.#jump.hidden = true;
  }

  #buildJump() {
    const properties = { class: "jump", type: "button", hidden: true };
    const onclick = () => this.toBottom();
    return h("button", { ...properties, onclick }, icon("below", 16), "New messages");
  }

  #forgetAllBut(messages) {
    const there = new Set(messages.map(({ ts }) => ts));
    for (const ts of [...this.#views.keys()]) if (!there.has(ts)) this.#views.delete(ts);
  }

  #rows(messages) {
    const rows = [];
    const firstNew = this.#lines.firstNew(this.#inThread ? messages.slice(1) : messages);
    messages.forEach((message, index) => {
      const previous = messages[index - 1];
      const kind = { dated: !this.#inThread, isNew: message.ts === firstNew };
      const line = this.#lines.above(message, previous, kind);
      if (line) rows.push(line);
      rows.push(this.#row(message, !line && continues(message, previous)));
      if (this.#inThread && index === 0) rows.push(this.#lines.count(message.reply_count));
    });
    return rows;
  }

  #row(message, compact) {
    const { ts } = message;
    if (!this.#views.has(ts)) {
      this.#views.set(ts, new MessageView(this.#session, ts, this.#inThread));
    }
    const view = this.#views.get(ts);
    view.show(message, compact);
    return view.element;
  }

  #watch(signal) {
    this.scroller.addEventListener("scroll", () => this.#noteScroll());
    this.#column.addEventListener("click", ({ target }) => openNamed(this.#session, target));
    document.addEventListener("visibilitychange", () => this.#noteLook(), { signal });
    const settle = new ResizeObserver(() => this.#atBottom && this.toBottom());
    settle.observe(this.#column);
    settle.observe(this.scroller);
    const timer = setInterval(() => this.show(), MINUTE_MS);
    signal.addEventListener("abort", () => {
      settle.disconnect();
      clearInterval(timer);
    });
  }

  #noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.#atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    if (this.#atBottom) this.#jump.hidden = true;
  }

  #noteLook() {
    if (document.visibilityState !== "hidden") return;
    this.#lines.lookAway(this.#session.visible(this.#key));
  }
}

function continues(message, previous) {
  if (!previous || previous.user !== message.user) return false;
  if (previous.ephemeral || message.ephemeral) return false;
  return Number(message.ts) - Number(previous.ts) < GROUP_SECONDS;
}

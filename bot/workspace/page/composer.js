// The box where messages and commands are written, for a channel or for a thread.

import { h } from "./dom.js";
import { buildFormatBar } from "./format.js";
import { icon } from "./icons.js";
import { encodeText, mentionNames, mentionPattern } from "./mentions.js";
import { Suggestions } from "./suggest.js";
import { attempt, toast } from "./toast.js";

export class Composer {
  #session;
  #channel;
  #thread;
  #key;
  #input;
  #mirror = h("div", { class: "composer-mirror", "aria-hidden": "true" });
  #suggestions;
  #send;

  constructor(session, { channel, thread = null, placeholder }) {
    this.#session = session;
    this.#channel = channel;
    this.#thread = thread;
    this.#key = thread ? `${channel}/${thread}` : channel;
    const testid = thread ? "thread-composer" : "composer";
    this.#input = h("textarea", {
      class: "composer-input",
      rows: 1,
      placeholder,
      "aria-label": placeholder,
      testid,
    });
    this.#suggestions = new Suggestions(session, this.#input);
    this.#send = this.#sendButton();
    this.element = this.#build();
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#pressed(event));
    this.write(session.drafts.get(this.#key) ?? "");
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Puts `text` into the box, ready to be changed or sent. */
  write(text) {
    this.#input.value = text;
    this.#typed();
  }

  async send(text = this.#input.value) {
    const words = text.trim();
    if (!words || this.sending) return;
    this.sending = true;
    const sent = await (words.startsWith("/") && !text.startsWith(" ")
      ? this.#command(words)
      : this.#message(words));
    this.sending = false;
    if (sent && this.#input.value === text) this.write("");
    this.#suggestions.close();
  }

  #message(words) {
    const text = encodeText(this.#session, words);
    return attempt(
      this.#session.post("/client/post", { channel: this.#channel, text, thread_ts: this.#thread }),
    );
  }

  #command(words) {
    const [, command, text] = words.match(/^(\S+)\s*([^]*)$/);
    if (!this.#session.app.commands.some((known) => known.command === command)) {
      toast(`${command} is not a command here. To send it as a message, begin it with a space.`);
      return null;
    }
    const body = { channel: this.#channel, command, text, thread_ts: this.#thread };
    return attempt(this.#session.post("/client/command", body));
  }

  #build() {
    const stack = h("div", { class: "composer-stack" }, this.#mirror, this.#input);
    const start = (symbol, label, text) =>
      h(
        "button",
        {
          type: "button",
          class: "format-button",
          tip: label,
          "aria-label": label,
          onclick: () => this.#begin(text),
        },
        icon(symbol, 18),
      );
    const tools = h(
      "div",
      { class: "composer-tools" },
      start("at", "Mention someone", "@"),
      start("slash", "Run a command", "/"),
      h(
        "span",
        { class: "composer-hint" },
        h("kbd", {}, "Shift"),
        " + ",
        h("kbd", {}, "Enter"),
        " for a new line",
      ),
      this.#send,
    );
    const box = h("div", { class: "composer-box" }, buildFormatBar(this.#input), stack, tools);
    box.addEventListener(
      "pointerdown",
      ({ target }) => target === box && setTimeout(() => this.focus()),
    );
    return h("div", { class: "composer" }, this.#suggestions.element, box);
  }

  #sendButton() {
    const properties = {
      class: "send",
      type: "button",
      testid: this.#thread ? "thread-send" : "send",
      tip: "Send",
      "aria-label": "Send",
    };
    return h("button", { ...properties, onclick: () => this.send() }, icon("send", 18));
  }

  /** A command can only be the first thing in the box. */
  #begin(text) {
    if (text === "/") this.#input.value = "/";
    else
      this.#input.setRangeText(text, this.#input.selectionStart, this.#input.selectionEnd, "end");
    this.focus();
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #typed() {
    const { value } = this.#input;
    this.#session.drafts.set(this.#key, value);
    this.#send.disabled = !value.trim();
    this.#mirror.replaceChildren(...highlighted(this.#session, value), "\u200b");
  }

  #pressed(event) {
    if (event.isComposing || this.#suggestions.takes(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.send();
  }
}

/** The typed text with its mentions marked: it lies behind the textarea and gives it its height. */
function highlighted(session, value) {
  const parts = value.split(mentionPattern(mentionNames(session)));
  return parts.map((part, index) => (index % 2 ? h("mark", {}, `@${part}`) : part));
}

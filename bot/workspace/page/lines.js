// The lines between messages: a new day, the first unread message, and the number of replies.

import { h } from "./dom.js";
import { isNews } from "./reading.js";
import { dayKey, dayName } from "./time.js";

export class Lines {
  #session;
  #made = new Map();
  #count = h("div", { class: "line line-count" }, h("span"), h("hr"));
  #from;
  #to = null;

  constructor(session, key) {
    this.#session = session;
    this.#from = session.marks.until(key);
  }

  /** Only what came before the list was opened, or while nobody looked, is under "New". */
  note(messages, loaded) {
    const away = document.visibilityState === "hidden";
    if (away || (loaded && !this.#to)) this.#to = messages.at(-1)?.ts ?? "0";
  }

  /** From here on everything is new, until somebody looks again. */
  lookAway(messages) {
    this.#from = messages.at(-1)?.ts ?? "0";
  }

  /** The ts of the message above which the "New" line stands. */
  firstNew(messages) {
    const isNew = (message) => message.ts <= this.#to && isNews(this.#session, message, this.#from);
    return messages.find(isNew)?.ts ?? null;
  }

  /** The line above `message`, kept from last time if it was there; null if there is none. */
  above(message, previous, { dated, isNew }) {
    const day = dated && (!previous || dayKey(previous.ts) !== dayKey(message.ts));
    if (!day && !isNew) return null;
    const words = day ? dayName(message.ts) : "";
    const id = `${message.ts} ${words} ${isNew}`;
    if (!this.#made.has(id)) this.#made.set(id, dividingLine(words, isNew));
    return this.#made.get(id);
  }

  count(replies) {
    this.#count.hidden = !replies;
    this.#count.firstChild.textContent = replies === 1 ? "1 reply" : `${replies} replies`;
    return this.#count;
  }
}

function dividingLine(day, isNew) {
  const label = day ? h("span", { class: "line-day" }, day) : null;
  const flag = isNew ? h("span", { class: "line-flag" }, "New") : null;
  const look = `line${isNew ? " line-new" : ""}`;
  return h("div", { class: look, role: "separator" }, h("hr"), label, flag);
}

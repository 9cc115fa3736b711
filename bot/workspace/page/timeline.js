// The messages of one channel or thread, in order, kept right while a snapshot is fetched.

export class Timeline {
  #messages = new Map();
  #missed = null;
  loaded = false;

  put(message) {
    this.#missed?.push((timeline) => timeline.put(message));
    this.#messages.set(message.ts, message);
  }

  remove(ts) {
    this.#missed?.push((timeline) => timeline.remove(ts));
    this.#messages.delete(ts);
  }

  get(ts) {
    return this.#messages.get(ts);
  }

  all() {
    return [...this.#messages.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  /** Replaces all by what `fetchMessages` resolves to, then repeats what happened meanwhile. */
  async load(fetchMessages) {
    const missed = [];
    this.#missed = missed;
    const messages = await fetchMessages();
    if (this.#missed !== missed) return;
    this.#missed = null;
    this.#messages = new Map(messages.map((message) => [message.ts, message]));
    this.loaded = true;
    for (const repeat of missed) repeat(this);
  }
}

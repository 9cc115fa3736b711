// Remembers up to which message a person has read each channel and thread.

import { recall, remember } from "./memory.js";

export class ReadMarks {
  #key;
  #marks;

  constructor(person) {
    this.#key = `read.${person}`;
    this.#marks = recall(this.#key, null) ?? { since: (Date.now() / 1000).toFixed(6) };
    remember(this.#key, this.#marks);
  }

  /** The ts up to which `key` (a channel, or "channel/thread") was read. */
  until(key) {
    return this.#marks[key] ?? this.#marks.since;
  }

  move(key, ts) {
    if (!ts || ts <= this.until(key)) return false;
    this.#marks[key] = ts;
    remember(this.#key, this.#marks);
    return true;
  }
}

/** How many messages of `channel` have news: those of others, and own threads with new replies. */
export function countUnread(session, channel) {
  const until = session.marks.until(channel.id);
  const unread = (message) =>
    isNews(session, message, until) || hasNewReplies(session, message, until);
  return session.timeline(channel.id).all().filter(unread).length;
}

export function isNews(session, message, until) {
  return message.user !== session.me.id && message.ts > until;
}

export function hasNewReplies(session, root, until) {
  const mine = root.user === session.me.id || root.reply_users?.includes(session.me.id);
  return Boolean(mine && root.latest_reply && root.latest_reply > until);
}

/** The ts of the newest thing in `channel`, replies included. */
export function newest(session, channel) {
  const stamps = session
    .timeline(channel)
    .all()
    .flatMap(({ ts, latest_reply }) => [ts, latest_reply ?? ts]);
  return stamps.reduce((latest, ts) => (ts > latest ? ts : latest), "");
}

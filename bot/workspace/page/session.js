// What one person sees of the workspace; applies the server's events and tells the views.

import { get, post } from "./api.js";
import { recall, remember } from "./memory.js";
import { ReadMarks } from "./reading.js";
import { Timeline } from "./timeline.js";

const DISMISSED_KEPT = 200;

export class Session extends EventTarget {
  #timelines = new Map();

  constructor({ team, me, users, channels, app, connected }) {
    super();
    Object.assign(this, { team, me, app, connected });
    this.users = new Map(users.map((user) => [user.id, user]));
    this.channels = new Map(channels.map((channel) => [channel.id, channel]));
    this.marks = new ReadMarks(me.id);
    this.statuses = new Map();
    this.prompts = new Map();
    this.drafts = new Map();
    this.folded = new Set();
    this.homeView = null;
    this.lost = false;
    this.online = new Promise((resolve) => {
      this.goOnline = resolve;
    });
    this.route = { channel: null, thread: null, tab: "messages" };
  }

  on(topic, listener, signal) {
    this.addEventListener(topic, ({ detail }) => listener(detail ?? {}), { signal });
  }

  tell(topic, detail) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  post(path, body) {
    return post(path, { user: this.me.id, ...body });
  }

  get appChannel() {
    return [...this.channels.values()].find((channel) => this.isAppChannel(channel));
  }

  isAppChannel(channel) {
    return channel.is_im && channel.user === this.app.user;
  }

  /** `key` is a channel id, or "channel/thread_ts" for a thread. */
  timeline(key) {
    if (!this.#timelines.has(key)) this.#timelines.set(key, new Timeline());
    return this.#timelines.get(key);
  }

  /** The messages of `key` in order, without the ephemeral ones that this person has dismissed. */
  visible(key) {
    const dismissed = recall("dismissed", []);
    return this.timeline(key)
      .all()
      .filter(({ ts }) => !dismissed.includes(ts));
  }

  dismiss({ channel, ts, thread_ts }) {
    remember("dismissed", [...recall("dismissed", []), ts].slice(-DISMISSED_KEPT));
    this.tell("messages", { channel, thread: thread_ts ?? null });
  }

  async load(key) {
    const [channel, thread_ts] = key.split("/");
    const path = thread_ts ? "/client/replies" : "/client/history";
    const parameters = { user: this.me.id, channel, ...(thread_ts && { thread_ts }) };
    await this.timeline(key).load(async () => (await get(path, parameters)).messages);
    this.tell("messages", { channel, thread: thread_ts ?? null });
  }

  /** Fetches all that is on show or counted as unread: at the start and after a lost connection. */
  async reload() {
    const threads = [...this.#timelines.keys()].filter((key) => key.includes("/"));
    await Promise.all([...this.channels.keys(), ...threads].map((key) => this.load(key)));
  }

  receive(event) {
    EVENTS[event.type]?.(this, event);
  }

  put(message) {
    const { channel, ts, thread_ts } = message;
    const reply = thread_ts && thread_ts !== ts;
    if (!reply) this.timeline(channel).put(message);
    if (reply || this.#timelines.has(`${channel}/${ts}`)) {
      this.timeline(`${channel}/${thread_ts ?? ts}`).put(message);
    }
    this.tell("messages", { channel, thread: reply ? thread_ts : null, message });
  }

  remove({ channel, ts, thread_ts }) {
    this.timeline(channel).remove(ts);
    const thread = `${channel}/${thread_ts ?? ts}`;
    if (this.#timelines.has(thread)) this.timeline(thread).remove(ts);
    this.tell("messages", { channel, thread: thread_ts ?? null });
  }

  setStatus({ channel, thread_ts, text }) {
    const key = `${channel}/${thread_ts}`;
    if (text) this.statuses.set(key, { channel, thread: thread_ts, text });
    else this.statuses.delete(key);
    this.tell("status");
  }
}

const EVENTS = {
  message: (session, { message }) => {
    session.put(message);
    session.tell("arrived", message);
  },
  message_changed: (session, { message }) => session.put(message),
  message_deleted: (session, event) => session.remove(event),
  thread: (session, { root }) => session.put(root),
  view: (session, { view }) => session.tell("view", view),
  view_closed: (session, { view_id }) => session.tell("view_closed", view_id),
  home: (session, { view }) => {
    session.homeView = view;
    session.tell("home", view);
  },
  status: (session, event) => session.setStatus(event),
  prompts: (session, event) => {
    session.prompts.set(event.channel, event);
    session.tell("prompts", event);
  },
  connection: (session, { connected }) => {
    session.connected = connected;
    session.tell("connection");
  },
};

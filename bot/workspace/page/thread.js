// The pane on the right: one message, the replies to it, and a composer for the next one.

import { Composer } from "./composer.js";
import { closeButton } from "./confirm.js";
import { h } from "./dom.js";
import { MessageList } from "./messagelist.js";
import { titleOf } from "./people.js";
import { go } from "./route.js";
import { threadStatus } from "./status.js";
import { attempt } from "./toast.js";

export function buildThreadPane(session, signal) {
  const pane = h("aside", {
    class: "thread",
    "aria-label": "Thread",
    testid: "thread-pane",
    hidden: true,
  });
  let open = { stop: new AbortController(), key: null };
  session.on(
    "route",
    ({ channel, thread }) => {
      const key = thread ? `${channel}/${thread}` : null;
      if (key === open.key) return;
      open.stop.abort();
      open = { stop: new AbortController(), key };
      signal.addEventListener("abort", () => open.stop.abort(), { signal: open.stop.signal });
      pane.hidden = !key;
      pane.replaceChildren(...(key ? build(session, channel, thread, open.stop.signal) : []));
    },
    signal,
  );
  return pane;
}

function build(session, channel, thread, signal) {
  const key = `${channel}/${thread}`;
  const composer = new Composer(session, { channel, thread, placeholder: "Reply…" });
  const list = new MessageList(session, key, { label: "Thread", inThread: true }, signal);
  const showStatus = () => list.showTail(threadStatus(session, key));
  const showList = () => {
    list.show();
    keepRead(session, key);
  };
  session.on(
    "messages",
    (change) => change.channel === channel && (change.thread ?? thread) === thread && showList(),
    signal,
  );
  session.on("status", showStatus, signal);
  document.addEventListener("visibilitychange", () => keepRead(session, key), { signal });
  showStatus();
  list.show();
  attempt(session.load(key)).then(() => signal.aborted || list.toBottom());
  setTimeout(() => composer.focus());
  return [head(session, channel), list.element, composer.element];
}

function head(session, channel) {
  const place = session.channels.get(channel);
  const where = h(
    "span",
    { class: "thread-where" },
    `${place.is_im ? "" : "# "}${titleOf(session, place)}`,
  );
  const close = closeButton(() => go({ channel }), "thread-close");
  return h("header", { class: "thread-head" }, h("h2", {}, "Thread"), where, close);
}

function keepRead(session, key) {
  const last = session.timeline(key).all().at(-1);
  if (document.visibilityState === "visible" && session.marks.move(key, last?.ts))
    session.tell("read");
}

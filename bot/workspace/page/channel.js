// The middle of the page: the open conversation with its header, messages and composer.

import { buildAbout } from "./about.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { buildHeader } from "./header.js";
import { buildHome } from "./home.js";
import { buildIntro } from "./intro.js";
import { MessageList } from "./messagelist.js";
import { titleOf } from "./people.js";
import { buildPrompts } from "./prompts.js";
import { newest } from "./reading.js";
import { channelStatus } from "./status.js";
import { attempt } from "./toast.js";

const NARROW = window.matchMedia("(max-width: 720px)");

export function buildChannelPane(session, signal) {
  const pane = h("main", { class: "conversation", "aria-label": "Conversation" });
  let open = { stop: new AbortController(), id: null, tab: null };
  session.on(
    "route",
    ({ channel, tab }) => {
      if (channel === open.id && tab === open.tab) return;
      open.stop.abort();
      open = { stop: new AbortController(), id: channel, tab };
      signal.addEventListener("abort", () => open.stop.abort(), { signal: open.stop.signal });
      show(session, pane, session.channels.get(channel), tab, open.stop.signal);
    },
    signal,
  );
  return pane;
}

function show(session, pane, channel, tab, signal) {
  if (!channel) {
    pane.replaceChildren(h("p", { class: "nothing" }, "This workspace has no channels yet."));
    return;
  }
  const content = { home: buildHome, about: buildAbout, messages: buildMessages }[tab];
  pane.replaceChildren(
    buildHeader(session, channel, tab, signal),
    ...content(session, channel, signal),
  );
}

function buildMessages(session, channel, signal) {
  const composer = new Composer(session, {
    channel: channel.id,
    placeholder: placeholder(session, channel),
  });
  const suggest = (text) => {
    composer.write(text);
    composer.focus();
  };
  const label = `Messages in ${titleOf(session, channel)}`;
  const list = new MessageList(
    session,
    channel.id,
    { intro: buildIntro(session, channel, suggest), label },
    signal,
  );
  const prompts = h("div", { class: "prompts" });
  const status = h("div", { class: "status-row" });

  const showPrompts = () =>
    prompts.replaceChildren(...buildPrompts(session, channel.id, (text) => composer.send(text)));
  const showStatus = () => status.replaceChildren(...channelStatus(session, channel.id));
  session.on(
    "messages",
    ({ channel: id, thread }) => id === channel.id && !thread && list.show(),
    signal,
  );
  session.on("arrived", (message) => forgetPrompts(session, channel, message), signal);
  session.on("prompts", showPrompts, signal);
  session.on("status", showStatus, signal);
  session.on("route", showStatus, signal);
  session.on("read", () => list.show(), signal);
  keepRead(session, channel.id, signal);
  showPrompts();
  showStatus();
  list.show();
  attempt(session.load(channel.id)).then(() => signal.aborted || list.toBottom());
  if (session.isAppChannel(channel))
    session.online.then(
      () => signal.aborted || attempt(session.post("/client/opened", { channel: channel.id })),
    );
  if (!NARROW.matches && !session.route.thread) setTimeout(() => composer.focus());
  return [list.element, prompts, composer.element, status];
}

function placeholder(session, channel) {
  return `Message ${channel.is_im ? "" : "#"}${titleOf(session, channel)}`;
}

/** What one has written oneself makes the suggestions obsolete. */
function forgetPrompts(session, channel, message) {
  if (message.channel !== channel.id || message.user !== session.me.id) return;
  session.prompts.delete(channel.id);
  session.tell("prompts");
}

/** What is on show counts as read as long as somebody looks at the page. */
function keepRead(session, channel, signal) {
  const read = () => {
    if (
      document.visibilityState === "visible" &&
      session.marks.move(channel, newest(session, channel))
    )
      session.tell("read");
  };
  session.on("messages", read, signal);
  document.addEventListener("visibilitychange", read, { signal });
  read();
}

// What stands at the beginning of a conversation: where you are, and what you can ask.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, nameOf, person } from "./people.js";

const HOW_TO_ASK =
  "Ask in your own words: the answer comes with the documents it was taken from, " +
  "and 👍 or 👎 tells whether it helped.";

/** `suggest(text)` puts a beginning into the composer. */
export function buildIntro(session, channel, suggest) {
  if (!channel.is_im) return channelIntro(session, channel, suggest);
  return directIntro(session, person(session, channel.user));
}

function channelIntro(session, channel, suggest) {
  const who = `@${session.app.name}`;
  return h(
    "div",
    { class: "intro" },
    h("div", { class: "intro-symbol" }, icon(channel.is_private ? "lock" : "hash", 32)),
    h("h2", {}, `Welcome to #${channel.name}`),
    h("p", {}, channel.topic || "This is the very beginning of this channel."),
    h(
      "p",
      { class: "intro-hint" },
      "Mention ",
      mention(who, suggest),
      " with a question: it answers in a thread, from your team's documents, ",
      "and shows where each sentence comes from.",
    ),
  );
}

function mention(who, suggest) {
  return h("button", { class: "mention", type: "button", onclick: () => suggest(`${who} `) }, who);
}

function directIntro(session, user) {
  const app = user.id === session.app.user;
  const about = app
    ? `${session.app.description} ${HOW_TO_ASK}`
    : `This conversation is just between ${nameOf(user)} and you.`;
  return h(
    "div",
    { class: "intro" },
    avatar(session, user, 72),
    h("h2", {}, nameOf(user)),
    h("p", {}, about),
  );
}

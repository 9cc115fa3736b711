// The reactions under a message: what each one looks like, and adding or taking back one's own.

import { h } from "./dom.js";
import { drawReaction } from "./icons.js";
import { nameOf, person } from "./people.js";
import { attempt } from "./toast.js";

const ALIASES = { thumbsup: "+1", thumbsdown: "-1" };
const GLYPHS = {
  eyes: "👀",
  heart: "❤️",
  tada: "🎉",
  rocket: "🚀",
  white_check_mark: "✅",
  x: "❌",
  warning: "⚠️",
  bulb: "💡",
  pray: "🙏",
  raised_hands: "🙌",
  thinking_face: "🤔",
  hourglass_flowing_sand: "⏳",
  books: "📚",
  memo: "📝",
};

export function reactionSymbol(name) {
  const known = ALIASES[name] ?? name;
  if (known === "+1" || known === "-1") return drawReaction(known);
  return h("span", { class: "reaction-glyph" }, GLYPHS[known] ?? `:${name}:`);
}

export function buildReactions(session, message) {
  const row = h("div", { class: "reactions" });
  row.append(...(message.reactions ?? []).map((reaction) => pill(session, message, reaction)));
  return row;
}

function pill(session, message, { name, users }) {
  const mine = users.includes(session.me.id);
  const names = users.map((id) => nameOf(person(session, id))).join(", ");
  return h(
    "button",
    {
      class: `reaction${mine ? " reaction-mine" : ""}`,
      type: "button",
      tip: `${names} reacted with :${name}:`,
      "aria-label": `${name}, ${users.length}, ${names}`,
      "aria-pressed": String(mine),
      onclick: () => react(session, message, name, mine),
    },
    reactionSymbol(name),
    h("span", { class: "reaction-count" }, String(users.length)),
  );
}

/** Adds this person's reaction, or takes it back if it is there. */
export function toggleReaction(session, message, name) {
  const given = message.reactions?.find((reaction) => reaction.name === name);
  return react(session, message, name, Boolean(given?.users.includes(session.me.id)));
}

function react(session, { channel, ts }, name, remove) {
  return attempt(session.post("/client/react", { channel, ts, name, remove }));
}

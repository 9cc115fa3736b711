// The suggested questions of the bot's direct messages: one click asks.

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** Chips for the prompts that the bot set in `channel`; `ask(message)` sends one. */
export function buildPrompts(session, channel, ask) {
  const given = session.prompts.get(channel);
  if (!given?.prompts?.length) return [];
  const chips = given.prompts.map(({ title, message }, index) =>
    h(
      "button",
      {
        class: "prompt",
        type: "button",
        title: message,
        testid: `prompt-${index}`,
        onclick: () => choose(session, channel, message, ask),
      },
      icon("spark", 16),
      h("span", {}, title),
    ),
  );
  const title = h("p", { class: "prompts-title" }, given.title || "Try one of these");
  return [title, h("div", { class: "prompt-row" }, chips)];
}

function choose(session, channel, message, ask) {
  session.prompts.delete(channel);
  session.tell("prompts");
  ask(message);
}

// The two thumbs under an answer; the page remembers, for each person, which one was pressed.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { act } from "./interact.js";
import { recall, remember } from "./memory.js";

export function buildFeedback(element, block, place) {
  const group = h("span", { class: "feedback", role: "group", "aria-label": "Rate this answer" });
  group.dataset.feedback = [place.session.me.id, place.channel, place.ts, element.action_id].join(
    "/",
  );
  group.append(
    thumb("positive", element.positive_button, element, block, place),
    thumb("negative", element.negative_button, element, block, place),
  );
  showPressed(group);
  return group;
}

function thumb(side, button, element, block, place) {
  const label = button.accessibility_label ?? button.text.text;
  const properties = {
    class: "button-icon",
    type: "button",
    "aria-label": label,
    tip: button.text.text,
  };
  const node = h(
    "button",
    { ...properties, testid: `feedback-${side}` },
    icon(side === "positive" ? "up" : "down", 16),
  );
  node.dataset.side = side;
  node.addEventListener("click", () =>
    press(node.parentElement.dataset.feedback, side, button, element, block, place),
  );
  return node;
}

/** The thumb shows as pressed at once, and springs back if the vote could not be sent. */
async function press(key, side, button, element, block, place) {
  const before = recall("feedback", {})[key];
  keep(key, side);
  const action = {
    type: element.type,
    action_id: element.action_id,
    value: button.value,
    text: button.text,
  };
  if (!(await act(place, block, action))) keep(key, before);
}

function keep(key, side) {
  remember("feedback", { ...recall("feedback", {}), [key]: side });
  for (const group of document.querySelectorAll("[data-feedback]")) showPressed(group);
}

function showPressed(group) {
  const pressed = recall("feedback", {})[group.dataset.feedback];
  for (const node of group.children)
    node.setAttribute("aria-pressed", String(node.dataset.side === pressed));
}

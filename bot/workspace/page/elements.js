// The interactive elements in messages and views: buttons, menus, and fields that act at once.

import { h, openOutside, safeUrl } from "./dom.js";
import { buildFeedback } from "./feedback.js";
import { buildField, isField, readField } from "./fields.js";
import { icon } from "./icons.js";
import { act, isVisible } from "./interact.js";
import { openMenu } from "./menu.js";

const BUILDERS = {
  button: buildButton,
  overflow: buildOverflow,
  feedback_buttons: buildFeedback,
  icon_button: buildIconButton,
};

const STYLES = { primary: "button-primary", danger: "button-danger" };

/** The element's node; null if this person may not see it or this page does not know it. */
export function buildElement(element, block, place) {
  if (!isVisible(element, place.session)) return null;
  if (isField(element)) return buildLiveField(element, block, place);
  return BUILDERS[element.type]?.(element, block, place) ?? null;
}

function buildButton(element, block, place) {
  const properties = {
    class: `button ${STYLES[element.style] ?? ""}`,
    "data-block-id": block.block_id,
    "data-action-id": element.action_id,
    "aria-label": element.accessibility_label,
  };
  const { type, action_id, value, text, style } = element;
  const press = () => act(place, block, { type, action_id, value, text, style }, element.confirm);
  const url = element.url && safeUrl(element.url);
  if (url) return linkButton(properties, url, text, press);
  const button = h("button", { ...properties, type: "button" }, text.text);
  button.addEventListener("click", () => whileBusy(button, press));
  return button;
}

function linkButton(properties, href, text, onclick) {
  const link = h("a", { ...properties, href, onclick }, text.text, icon("link", 14));
  openOutside(link);
  return link;
}

/** Keeps a second click from sending the same action twice. */
async function whileBusy(button, work) {
  button.disabled = true;
  await work();
  button.disabled = false;
}

function buildOverflow(element, block, place) {
  const button = h(
    "button",
    { class: "button button-square", type: "button", "aria-label": "More options" },
    icon("more"),
  );
  const entry = (option) => ({
    label: option.text.text,
    href: option.url && safeUrl(option.url),
    run: () =>
      act(
        place,
        block,
        { type: "overflow", action_id: element.action_id, selected_option: option },
        element.confirm,
      ),
  });
  button.addEventListener("click", () => openMenu(button, element.options.map(entry)));
  return button;
}

function buildIconButton(element, block, place) {
  const { type, action_id, value, text } = element;
  const label = element.accessibility_label ?? text.text;
  const press = () => act(place, block, { type, action_id, value, text }, element.confirm);
  return h(
    "button",
    {
      class: "button-icon",
      type: "button",
      "aria-label": label,
      tip: text.text,
      "data-action-id": action_id,
      onclick: press,
    },
    icon(element.icon, 16),
  );
}

/** A field outside an input block tells the bot about every change. */
function buildLiveField(element, block, place) {
  const field = buildField(element, block.block_id);
  field.addEventListener("change", () => {
    act(place, block, { action_id: element.action_id, ...readField(field) }, element.confirm);
  });
  return field;
}

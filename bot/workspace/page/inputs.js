// The input block of a modal: label, field, hint, and the sentence that says what is wrong.

import { h } from "./dom.js";
import { buildField, isEmpty, isField, readField } from "./fields.js";
import { act } from "./interact.js";

let counter = 0;

export function buildInput(block, place) {
  if (!isField(block.element)) {
    return h(
      "p",
      { class: "block-unknown" },
      `This field (${block.element.type}) can be filled in Slack only.`,
    );
  }
  const field = buildField(block.element, block.block_id);
  const label = h("label", { class: "input-label" }, block.label.text);
  if (block.optional) label.append(" ", h("span", { class: "input-optional" }, "(optional)"));
  const hint = block.hint && h("p", { class: "input-hint" }, block.hint.text);
  const error = h("p", { class: "input-error", role: "alert", hidden: true });
  name(field, label, error);
  if (block.dispatch_action) field.addEventListener("change", () => dispatch(place, block, field));
  const input = h("div", { class: "input" }, label, field, error, hint || null);
  input.dataset.input = block.block_id;
  input.addEventListener("input", () => showError(input, ""));
  return input;
}

/** Ties label and error to the field, so that a screen reader reads them together. */
function name(field, label, error) {
  counter += 1;
  const control = field.querySelector("[role=radiogroup], [role=group], input, textarea, select");
  error.id = `error-${counter}`;
  label.id = `label-${counter}`;
  control.setAttribute("aria-labelledby", label.id);
  control.setAttribute("aria-describedby", error.id);
  if (control.matches("input, textarea, select")) {
    control.id = `field-${counter}`;
    label.htmlFor = control.id;
  }
}

function dispatch(place, block, field) {
  return act(place, block, { action_id: block.element.action_id, ...readField(field) });
}

export function showError(input, text) {
  const error = input.querySelector(".input-error");
  error.textContent = text;
  error.hidden = !text;
  input.classList.toggle("input-wrong", Boolean(text));
}

/** {block_id: sentence} of the required fields that are empty: no need to ask the bot. */
export function missingValues(blocks, values) {
  const required = blocks.filter(
    ({ type, optional, element }) => type === "input" && !optional && isField(element),
  );
  const empty = required.filter(({ block_id, element }) =>
    isEmpty(values[block_id][element.action_id]),
  );
  return Object.fromEntries(
    empty.map(({ block_id }) => [block_id, "Please complete this required field."]),
  );
}

/** Shows each sentence under its field, clears the others, and takes the person to the first. */
export function showErrors(root, errors) {
  const inputs = [...root.querySelectorAll("[data-input]")];
  for (const input of inputs) showError(input, errors[input.dataset.input] ?? "");
  const first = inputs.find((input) => errors[input.dataset.input]);
  first?.querySelector("input, textarea, select")?.focus();
}

// Form fields of Block Kit (text, menus, radio buttons, checkboxes): built here and read here.

import { h } from "./dom.js";

const readers = new WeakMap();

const BUILDERS = {
  plain_text_input: textField,
  static_select: selectField,
  multi_static_select: choiceField,
  radio_buttons: choiceField,
  checkboxes: choiceField,
};

export function isField(element) {
  return element.type in BUILDERS;
}

/** A `.field` whose input elements carry `data-block-id` and `data-action-id`. */
export function buildField(element, blockId) {
  const ids = { "data-block-id": blockId, "data-action-id": element.action_id };
  const { children, read } = BUILDERS[element.type](element, ids);
  const field = h("div", { class: `field field-${element.type}` }, children);
  readers.set(field, () => ({ type: element.type, ...read() }));
  Object.assign(field.dataset, { fieldBlock: blockId, fieldAction: element.action_id });
  return field;
}

export function readField(field) {
  return readers.get(field)();
}

/** `state.values`: {block_id: {action_id: {type, value | selected_option | selected_options}}}. */
export function readFields(root) {
  const values = {};
  for (const field of root.querySelectorAll(".field")) {
    const { fieldBlock, fieldAction } = field.dataset;
    (values[fieldBlock] ??= {})[fieldAction] = readField(field);
  }
  return values;
}

export function isEmpty({ value, selected_option, selected_options }) {
  return !(value?.trim() || selected_option || selected_options?.length);
}

function textField(element, ids) {
  const properties = {
    ...ids,
    class: "text-input",
    placeholder: element.placeholder?.text,
    minlength: element.min_length,
    maxlength: element.max_length,
    autofocus: element.focus_on_load,
  };
  const input = element.multiline
    ? h("textarea", { ...properties, rows: 4 })
    : h("input", { ...properties, type: "text", autocomplete: "off" });
  input.value = element.initial_value ?? "";
  return { children: [input], read: () => ({ value: input.value || null }) };
}

function selectField(element, ids) {
  const options = allOptions(element);
  const initial = element.initial_option?.value ?? "";
  const select = h("select", {
    ...ids,
    class: "select-input",
    "aria-label": element.placeholder?.text,
  });
  const placeholder = h(
    "option",
    { value: "", hidden: true },
    element.placeholder?.text ?? "Select an option",
  );
  select.append(placeholder, ...optionNodes(element));
  select.value = initial;
  const read = () => ({
    selected_option: options.find(({ value }) => value === select.value) ?? null,
  });
  return { children: [select], read };
}

function optionNodes(element) {
  const node = ({ text, value }) => h("option", { value }, text.text);
  const group = ({ label, options }) => h("optgroup", { label: label.text }, options.map(node));
  return element.option_groups
    ? element.option_groups.map(group)
    : (element.options ?? []).map(node);
}

/** One answer (radio buttons) or several (checkboxes, and a multi-select as a list to tick). */
function choiceField(element, ids) {
  const single = element.type === "radio_buttons";
  const chosen = [element.initial_option ?? [], element.initial_options ?? []].flat();
  const isChosen = (option) => chosen.some(({ value }) => value === option.value);
  const name = `${ids["data-block-id"]}/${ids["data-action-id"]}/${Math.random()}`;
  const options = allOptions(element);
  const rows = options.map((option) =>
    choiceRow(option, single, isChosen(option), { ...ids, name }),
  );
  const list = h("div", { class: "choices", role: single ? "radiogroup" : "group" }, rows);
  const ticked = () => options.filter((_, index) => rows[index].querySelector("input").checked);
  const read = () =>
    single ? { selected_option: ticked()[0] ?? null } : { selected_options: ticked() };
  return { children: [list], read };
}

function choiceRow(option, single, checked, properties) {
  const input = h("input", {
    ...properties,
    type: single ? "radio" : "checkbox",
    value: option.value,
    checked,
  });
  const note = option.description && h("span", { class: "choice-note" }, option.description.text);
  return h(
    "label",
    { class: "choice" },
    input,
    h("span", {}, option.text.text, ...(note ? [note] : [])),
  );
}

function allOptions({ options, option_groups }) {
  return options ?? (option_groups ?? []).flatMap((group) => group.options);
}

// Completion above a composer: people after "@", commands after "/" with hints on their use.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { appBadge, avatar, nameOf } from "./people.js";

const MOST = 8;
let counter = 0;

export class Suggestions {
  #session;
  #input;
  #items = [];
  #active = 0;
  #list;

  constructor(session, input) {
    counter += 1;
    this.#session = session;
    this.#input = input;
    this.#list = h("div", {
      class: "suggestions",
      role: "listbox",
      id: `suggestions-${counter}`,
      hidden: true,
      "aria-label": "Suggestions",
    });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.#list.id);
    input.addEventListener("input", () => this.update());
    input.addEventListener("click", () => this.update());
    input.addEventListener("blur", () => this.close());
    this.element = this.#list;
  }

  update() {
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    this.#items = commandItems(this.#session, before) ?? peopleItems(this.#session, before) ?? [];
    this.#active = 0;
    this.#show();
  }

  close() {
    this.#items = [];
    this.#show();
  }

  /** Whether the key was for the list; the composer then leaves it alone. */
  takes(event) {
    const choices = this.#items.filter(({ insert }) => insert);
    if (event.key === "Escape" && this.#items.length) this.close();
    else if (!choices.length) return false;
    else if (event.key === "ArrowDown") this.#move(1);
    else if (event.key === "ArrowUp") this.#move(-1);
    else if (event.key === "Tab" || (event.key === "Enter" && !this.#isWholeCommand()))
      this.#choose(choices[this.#active]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** "/lore" typed in full is sent by Enter, not completed again. */
  #isWholeCommand() {
    return this.#session.app.commands.some(({ command }) => command === this.#input.value.trim());
  }

  #move(step) {
    this.#active = (this.#active + step + this.#items.length) % this.#items.length;
    this.#show();
  }

  #choose({ insert, length }) {
    const { selectionStart } = this.#input;
    this.#input.setRangeText(insert, selectionStart - length, selectionStart, "end");
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
    this.#input.focus();
  }

  #show() {
    this.#list.hidden = this.#items.length === 0;
    this.#list.replaceChildren(...this.#items.map((item, index) => this.#option(item, index)));
    const active = this.#list.querySelector("[aria-selected=true]");
    if (active) this.#input.setAttribute("aria-activedescendant", active.id);
    else this.#input.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  }

  #option(item, index) {
    const selected = Boolean(item.insert) && index === this.#active;
    const properties = {
      class: "suggestion",
      role: "option",
      id: `${this.#list.id}-${index}`,
      "aria-selected": String(selected),
    };
    const option = h("div", properties, item.show());
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (item.insert) this.#choose(item);
    });
    return option;
  }
}

function commandItems(session, before) {
  const [, typed, rest] = before.match(/^(\/\S*)(\s[^\n]*)?$/) ?? [];
  if (typed === undefined) return null;
  const commands = session.app.commands.filter(({ command }) =>
    rest === undefined ? command.startsWith(typed) : command === typed,
  );
  return commands.map((command) => ({
    insert: rest === undefined ? `${command.command} ` : "",
    length: typed.length,
    show: () => commandRow(session, command),
  }));
}

function commandRow(session, { command, usage_hint, description }) {
  return [
    h("span", { class: "suggestion-icon" }, icon("bolt", 18)),
    h(
      "span",
      { class: "suggestion-words" },
      h("span", {}, h("strong", {}, command), " ", h("code", {}, usage_hint ?? "")),
      h("small", {}, description ?? ""),
    ),
    h("small", {}, session.app.name),
  ];
}

function peopleItems(session, before) {
  const [, typed] = before.match(/(?:^|[\s(])@([\p{L}\p{N}._-]*)$/u) ?? [];
  if (typed === undefined) return null;
  const wanted = typed.toLowerCase();
  const fits = (user) =>
    [user.name, ...nameOf(user).split(" ")].some((word) => word.toLowerCase().startsWith(wanted));
  const botFirst = (a, b) => Number(b.id === session.app.user) - Number(a.id === session.app.user);
  const found = [...session.users.values()].filter(fits).sort(botFirst).slice(0, MOST);
  return found.map((user) => ({
    insert: `@${nameOf(user)} `,
    length: typed.length + 1,
    show: () => personRow(session, user),
  }));
}

function personRow(session, user) {
  const words = h(
    "span",
    { class: "suggestion-words" },
    h("span", {}, h("strong", {}, nameOf(user)), " ", user.title ?? ""),
  );
  return [avatar(session, user, 24), words, ...(user.is_bot ? [appBadge()] : [])];
}

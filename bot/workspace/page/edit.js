// Editing one's own message in place.

import { h } from "./dom.js";
import { decodeText, encodeText } from "./mentions.js";
import { attempt } from "./toast.js";

export function editMessage(session, message, article) {
  const body = article.querySelector(".message-body");
  const input = h("textarea", { class: "text-input", rows: 3, "aria-label": "Edit message" });
  const form = h("div", { class: "edit" }, input, buttons());
  input.value = decodeText(session, message.typed ?? message.text);

  function buttons() {
    const cancel = h(
      "button",
      { class: "button button-small", type: "button", onclick: close },
      "Cancel",
    );
    const keep = h(
      "button",
      { class: "button button-small button-primary", type: "button", onclick: save },
      "Save",
    );
    return h("div", { class: "edit-buttons" }, cancel, keep);
  }

  function close() {
    form.remove();
    body.hidden = false;
  }

  async function save() {
    const { channel, ts } = message;
    const text = encodeText(session, input.value.trim());
    if (text && (await attempt(session.post("/client/edit", { channel, ts, text })))) close();
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  article.querySelector(".message-bar")?.remove();
  body.hidden = true;
  body.after(form);
  input.focus();
}

// The modals that the bot opens: a stack of views; the top one is filled in and submitted.

import { showBlocks } from "./blocks.js";
import { closeButton } from "./confirm.js";
import { h } from "./dom.js";
import { readFields } from "./fields.js";
import { missingValues, showErrors } from "./inputs.js";

export function mountModals(session, signal) {
  const stack = [];
  session.on(
    "view",
    (view) => {
      const open = stack.find((modal) => modal.view.id === view.id);
      if (open) open.show(view);
      else stack.push(new Modal(session, view));
    },
    signal,
  );
  session.addEventListener(
    "view_closed",
    ({ detail }) => {
      const index = stack.findIndex((modal) => modal.view.id === detail);
      if (index >= 0) stack.splice(index, 1)[0].remove();
    },
    { signal },
  );
}

class Modal {
  #session;
  #title = h("h2", {});
  #head;
  #body = h("div", { class: "dialog-body", tabindex: -1 });
  #failure = h("p", { class: "dialog-failure", role: "alert", hidden: true });
  #foot = h("footer", { class: "dialog-foot" });
  #dialog;

  constructor(session, view) {
    this.#session = session;
    this.#head = h(
      "header",
      { class: "dialog-head" },
      this.#title,
      closeButton(() => this.#close(), "modal-close"),
    );
    const form = h(
      "form",
      { class: "dialog-form", novalidate: true },
      this.#head,
      this.#body,
      this.#failure,
      this.#foot,
    );
    this.#dialog = h("dialog", { class: "dialog modal", testid: "modal" }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#close();
    });
    document.getElementById("app").append(this.#dialog);
    this.show(view);
    this.#dialog.showModal();
    this.#body.querySelector("textarea, input, select")?.focus();
  }

  /** Shows a view, also anew: blocks that stay the same keep what was typed into them. */
  show(view) {
    this.view = view;
    this.#title.textContent = view.title?.text ?? "";
    this.#dialog.setAttribute("aria-label", this.#title.textContent);
    const values = () => readFields(this.#body);
    showBlocks(this.#body, view.blocks, { session: this.#session, view_id: view.id, values });
    this.#showFoot();
  }

  remove() {
    this.#dialog.close();
    this.#dialog.remove();
  }

  #showFoot() {
    const { submit, close } = this.view;
    const cancel = h(
      "button",
      { class: "button", type: "button", testid: "modal-cancel", onclick: () => this.#close() },
      close?.text ?? (submit ? "Cancel" : "Close"),
    );
    const send =
      submit &&
      h(
        "button",
        { class: "button button-primary", type: "submit", testid: "modal-submit" },
        submit.text,
      );
    this.#foot.replaceChildren(cancel, ...(send ? [send] : []));
  }

  async #submit() {
    const values = readFields(this.#body);
    const missing = missingValues(this.view.blocks, values);
    showErrors(this.#body, missing);
    if (Object.keys(missing).length || this.busy) return;
    this.#setBusy(true);
    const { id } = this.view;
    try {
      const { closed, errors } = await this.#session.post("/client/view/submit", {
        view_id: id,
        values,
      });
      if (errors) showErrors(this.#body, errors);
      if (closed) this.#session.tell("view_closed", id);
    } catch (error) {
      this.#fail(error.message);
    }
    this.#setBusy(false);
  }

  #setBusy(busy) {
    this.busy = busy;
    if (busy) this.#fail("");
    const send = this.#foot.querySelector("[type=submit]");
    send?.classList.toggle("button-busy", busy);
    send?.setAttribute("aria-busy", String(busy));
  }

  #fail(sentence) {
    this.#failure.textContent = sentence;
    this.#failure.hidden = !sentence;
  }

  /** The bot hears of it later: a person who closes a modal must not wait for it. */
  #close() {
    const { id } = this.view;
    this.#session.tell("view_closed", id);
    this.#session.post("/client/view/close", { view_id: id }).catch(() => null);
  }
}

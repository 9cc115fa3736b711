// The page's own dialogs: a frame that closes on Escape, and the question "are you sure?".

import { h, rendered } from "./dom.js";
import { icon } from "./icons.js";

/** A modal dialog that removes itself when closed; `fill(close)` returns its children. */
export function openDialog({ label, className = "", testid }, fill) {
  const dialog = h("dialog", { class: `dialog ${className}`, "aria-label": label, testid });
  dialog.append(...fill((answer = "") => dialog.close(answer)));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
  document.getElementById("app").append(dialog);
  dialog.showModal();
  return dialog;
}

export function closeButton(close, testid) {
  const properties = { class: "icon-button", type: "button", "aria-label": "Close", testid };
  return h("button", { ...properties, onclick: () => close() }, icon("close"));
}

/** Shows a Block Kit confirmation object; resolves to whether the person confirmed. */
export function askToConfirm({ title, text, confirm, deny, style }) {
  return new Promise((resolve) => {
    const kind = style === "danger" ? "button-danger-filled" : "button-primary";
    const dialog = openDialog(
      { label: title.text, className: "confirm", testid: "confirm" },
      (close) => [
        h("header", { class: "dialog-head" }, h("h2", {}, title.text), closeButton(close)),
        h("div", { class: "dialog-body" }, rendered(text)),
        h(
          "footer",
          { class: "dialog-foot" },
          answerButton(deny?.text ?? "Cancel", "", "confirm-deny", () => close("no")),
          answerButton(confirm?.text ?? "Yes", kind, "confirm-yes", () => close("yes")),
        ),
      ],
    );
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}

function answerButton(text, kind, testid, onclick) {
  return h("button", { class: `button ${kind}`, type: "button", testid, onclick }, text);
}

// Short notes at the edge of the window: what could not be done, and why.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;

export function toast(text, kind = "error") {
  const symbol = icon(kind === "error" ? "alert" : "check", 18);
  const note = h("div", { class: `toast toast-${kind}` }, symbol, h("span", {}, text));
  const box = document.getElementById("toasts");
  box.append(note);
  // Shown anew, it comes to lie above a dialog that was opened since.
  box.hidePopover();
  box.showPopover();
  setTimeout(() => note.remove(), SHOWN_MS);
}

/** Resolves to what the server answered, or to null after telling the person why it refused. */
export async function attempt(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(error.message);
    return null;
  }
}

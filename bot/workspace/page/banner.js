// Tells when nobody answers: the page has lost the workspace, or the bot is not connected to it.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function buildBanner(session, signal) {
  const words = h("span", {});
  const banner = h(
    "div",
    { class: "banner", role: "status", testid: "connection-banner", hidden: true },
    icon("alert", 18),
    words,
  );
  const show = () => {
    const text = sentence(session);
    banner.hidden = !text;
    words.textContent = text;
  };
  session.on("connection", show, signal);
  show();
  return banner;
}

function sentence({ lost, connected, app }) {
  if (lost) return "The connection to the workspace is lost. Trying again…";
  if (!connected)
    return `${app.name} is not connected, so it cannot answer now. This page sees when it is back.`;
  return "";
}

// The Home tab of the app: the view that the bot publishes for this person.

import { get } from "./api.js";
import { showBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { readFields } from "./fields.js";
import { avatar, person } from "./people.js";
import { attempt } from "./toast.js";

export function buildHome(session, _channel, signal) {
  const page = h("div", { class: "home-page" });
  const scroller = h(
    "div",
    { class: "home", testid: "home", tabindex: 0, role: "region", "aria-label": "Home" },
    page,
  );
  session.on("home", (view) => show(session, page, view), signal);
  show(session, page, session.homeView);
  attempt(get("/client/home", { user: session.me.id })).then((answer) => {
    if (!answer || signal.aborted) return;
    session.homeView = answer.view ?? session.homeView;
    show(session, page, session.homeView);
  });
  return [scroller];
}

function show(session, page, view) {
  if (!view) return page.replaceChildren(empty(session));
  page.querySelector(".intro")?.remove();
  return showBlocks(page, view.blocks, {
    session,
    view_id: view.id,
    values: () => readFields(page),
  });
}

function empty(session) {
  return h(
    "div",
    { class: "intro intro-middle" },
    avatar(session, person(session, session.app.user), 72),
    h("h2", {}, `${session.app.name} is setting up your home`),
    h("p", {}, "It appears here as soon as the bot has answered."),
  );
}

// The About tab of the app: what it does and every way to reach it.

import { h } from "./dom.js";
import { avatar, person } from "./people.js";

export function buildAbout(session) {
  const { name, description, commands, shortcuts } = session.app;
  const rows = [
    [`@${name}`, "Mention it in a channel: the answer comes in a thread."],
    ["Direct message", "Write to it under Messages, without a mention."],
    ["Follow up", "In a thread it takes part in, just go on asking."],
    ...commands.map(({ command, usage_hint, description: about }) => [
      `${command} ${usage_hint ?? ""}`,
      about,
    ]),
    ...shortcuts.map((shortcut) => [`⋯ › ${shortcut.name}`, "In the menu of any message."]),
  ];
  const list = rows.flatMap(([term, about]) => [h("dt", {}, term), h("dd", {}, about ?? "")]);
  const page = h(
    "div",
    { class: "home-page about" },
    avatar(session, person(session, session.app.user), 72),
    h("h2", {}, name),
    h("p", {}, description),
    h("h3", {}, `Ways to use ${name}`),
    h("dl", {}, list),
  );
  return [
    h(
      "div",
      { class: "home", testid: "about", tabindex: 0, role: "region", "aria-label": "About" },
      page,
    ),
  ];
}

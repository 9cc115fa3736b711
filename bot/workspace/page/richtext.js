// The rich_text block as the server rendered it, or built node by node from its plain strings.

import { h, openOutside, rendered, safeUrl } from "./dom.js";
import { nameOf, person } from "./people.js";

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s", code: "code" };

const CONTAINERS = {
  rich_text_section: (element, place) => h("p", {}, inlines(element, place)),
  rich_text_quote: (element, place) => h("blockquote", {}, inlines(element, place)),
  rich_text_preformatted: (element, place) => h("pre", {}, h("code", {}, inlines(element, place))),
  rich_text_list: (element, place) =>
    h(
      element.style === "ordered" ? "ol" : "ul",
      {},
      element.elements.map((item) => h("li", {}, inlines(item, place))),
    ),
};

const INLINE = {
  text: ({ text }) => text,
  link: inlineLink,
  emoji: ({ name }) => `:${name}:`,
  user: ({ user_id }, { session }) => mention(`@${nameOf(person(session, user_id))}`),
  channel: ({ channel_id }, { session }) =>
    mention(`#${session.channels.get(channel_id)?.name ?? channel_id}`),
  broadcast: ({ range }) => mention(`@${range}`),
};

export function buildRichText({ elements, html }, place) {
  if (typeof html === "string") return rendered({ html });
  return h(
    "div",
    { class: "rich" },
    elements.map((element) => CONTAINERS[element.type]?.(element, place) ?? null),
  );
}

function inlines({ elements }, place) {
  return elements.map((element) =>
    styled(INLINE[element.type]?.(element, place) ?? "", element.style ?? {}),
  );
}

function styled(content, style) {
  const tags = Object.keys(STYLE_TAGS).filter((name) => style[name]);
  return tags.reduce((inner, name) => h(STYLE_TAGS[name], {}, inner), content);
}

function mention(text) {
  return h("span", { class: "mention" }, text);
}

function inlineLink({ url, text }) {
  const href = safeUrl(url);
  if (!href) return text ?? url;
  const link = h("a", { href }, text ?? url);
  openOutside(link);
  return link;
}

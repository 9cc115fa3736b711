// The files of a message: images are shown, everything else is offered for download.

import { h, safeUrl } from "./dom.js";
import { icon } from "./icons.js";

export function buildFiles({ files }) {
  return h("div", { class: "files" }, files.map(buildFile));
}

function buildFile({ name, title, description, mimetype, url }) {
  const href = safeUrl(url) ?? "#";
  const properties = { href, target: "_blank", rel: "noopener noreferrer" };
  if (mimetype?.startsWith("image/")) {
    return h(
      "a",
      { ...properties, class: "file-image" },
      h("img", { src: href, alt: description, title, loading: "lazy" }),
    );
  }
  const words = h(
    "span",
    { class: "file-words" },
    h("strong", {}, name),
    h("span", {}, kindOf(name, mimetype)),
  );
  return h(
    "a",
    { ...properties, class: "file-card" },
    h("span", { class: "file-icon" }, icon("file", 24)),
    words,
  );
}

function kindOf(name, mimetype) {
  const ending = name.includes(".") ? name.split(".").pop() : mimetype;
  return (ending || "file").toUpperCase();
}

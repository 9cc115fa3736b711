// Renders Block Kit, one function for each kind of block; what did not change keeps its nodes.

import { arrange, h, rendered, safeUrl } from "./dom.js";
import { buildElement } from "./elements.js";
import { buildFiles } from "./files.js";
import { buildInput } from "./inputs.js";
import { drawProgress } from "./progress.js";
import { buildRichText } from "./richtext.js";
import { buildTable } from "./table.js";

const sources = new WeakMap();

const RENDERERS = {
  text: (block) => rendered(block),
  section: renderSection,
  markdown: (block) => rendered(block, "div", "rich markdown"),
  context: renderContext,
  divider: () => h("hr", { class: "block-divider" }),
  header: (block) => h("h3", { class: "block-header" }, block.text.text),
  image: renderImage,
  actions: renderActions,
  context_actions: renderActions,
  input: buildInput,
  rich_text: buildRichText,
  table: buildTable,
  files: buildFiles,
};

/** Shows `blocks` in `container`; one that did not change keeps its node and what was typed. */
export function showBlocks(container, blocks, place) {
  const kept = new Map();
  for (const node of container.children) {
    const source = sources.get(node);
    kept.set(source, [...(kept.get(source) ?? []), node]);
  }
  arrange(
    container,
    blocks.map((block) => kept.get(JSON.stringify(block))?.shift() ?? renderBlock(block, place)),
  );
}

function renderBlock(block, place) {
  const node = h("div", { class: `block block-type-${block.type}` });
  const render = RENDERERS[block.type];
  node.append(render ? render(block, place) : unknown(block));
  drawProgress(node);
  if (block.block_id) node.dataset.block = block.block_id;
  sources.set(node, JSON.stringify(block));
  return node;
}

function unknown(block) {
  return h(
    "p",
    { class: "block-unknown" },
    `This block (${block.type}) can be seen in Slack only.`,
  );
}

function renderSection(block, place) {
  const main = h("div", { class: "section-main" });
  if (block.text) main.append(rendered(block.text));
  if (block.fields)
    main.append(
      h(
        "div",
        { class: "section-fields" },
        block.fields.map((field) => rendered(field)),
      ),
    );
  const section = h("div", { class: "section" }, main);
  if (block.accessory) section.append(renderAccessory(block, place));
  return section;
}

function renderAccessory(block, place) {
  const { accessory } = block;
  const node =
    accessory.type === "image" ? picture(accessory) : buildElement(accessory, block, place);
  return h("div", { class: `section-accessory accessory-${accessory.type}` }, node);
}

function renderContext(block) {
  const element = (item) => (item.type === "image" ? picture(item) : rendered(item, "span"));
  return h("div", { class: "context" }, block.elements.map(element));
}

function renderImage(block) {
  const title = block.title && h("figcaption", {}, block.title.text);
  return h("figure", { class: "image" }, title || null, picture(block));
}

function picture({ image_url, slack_file, alt_text }) {
  const src = pictureUrl(image_url ?? slack_file?.url ?? "");
  const image = h("img", { src, alt: alt_text ?? "", loading: "lazy" });
  image.addEventListener("error", () =>
    image.replaceWith(h("span", { class: "image-missing" }, alt_text || "Image")),
  );
  return image;
}

function pictureUrl(address) {
  return address.startsWith("data:image/") ? address : (safeUrl(address) ?? "");
}

function renderActions(block, place) {
  const elements = block.elements.map((element) => buildElement(element, block, place));
  return h("div", { class: block.type === "actions" ? "actions" : "context-actions" }, elements);
}

// Builds DOM nodes; the only file that parses HTML, and only strings that the server has sanitised.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) assign(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function assign(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "testid") element.dataset.testid = value;
  else if (name === "tip") element.dataset.tip = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** The element showing a server-rendered text: its sanitised `html`, or its plain `text`. */
export function rendered(text, tag = "div", className = "rich") {
  const element = h(tag, { class: className });
  if (typeof text.html === "string") element.innerHTML = text.html;
  else element.textContent = text.text ?? "";
  for (const link of element.querySelectorAll("a[href]")) openOutside(link);
  return element;
}

/** Links leave the workspace open behind them. */
export function openOutside(link) {
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

/** The address if a person may be sent there, else null: bots write `javascript:` too. */
export function safeUrl(address) {
  try {
    const url = new URL(address, location.href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Makes `nodes` the children of `parent`; those that stay are not moved and keep the focus. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let current = parent.firstChild;
  for (const node of nodes) {
    if (node === current) current = current.nextSibling;
    else parent.insertBefore(node, current);
  }
}

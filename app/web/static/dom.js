// Making elements. Text only ever becomes text: nothing here takes markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, to] of Object.entries(value)) element.style.setProperty(property, to);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make an HTML element: attributes, listeners (`onclick`), custom properties (`style`), then children or texts. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** Make an SVG element. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Put new content into a place, and leave whoever uses it where they are: focus, open details, typed text. */
export function put(place, ...children) {
  const active = document.activeElement;
  const focused = place.contains(active) && active.id ? active.id : null;
  const open = new Map([...place.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
  const scrolled = new Map([...place.querySelectorAll("[data-scroll][id]")].map((each) => [each.id, each.scrollTop]));
  place.replaceChildren(...children.flat(4).filter(Boolean));
  for (const [id, was] of open) {
    const found = document.getElementById(id);
    if (found) found.open = was;
  }
  for (const [id, top] of scrolled) {
    const found = document.getElementById(id);
    if (found) found.scrollTop = top;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

export const byId = (id) => document.getElementById(id);

// The newest intentions, and the way of one of them.

import { get, id, post } from "./api.js";
import { told } from "./dialog.js";
import { h } from "./dom.js";
import { ago, duration } from "./format.js";
import { t } from "./i18n.js";
import { chip, domain, narrow } from "./parts.js";
import { way } from "./way.js";

let search = "";

export default {
  kinds: ["intentions", "approvals", "specialists", "validation"],
  async load({ about }) {
    const listed = (await get(`intentions?limit=60&q=${id(search)}`)).intentions;
    const chosen = about || (narrow() ? "" : listed[0]?.id);
    const one = chosen ? (await get(`intentions/${id(chosen)}`)).way : null;
    return { listed, one, chosen };
  },
  render({ listed, one, chosen }, context) {
    return h("div", { class: `split${context.about ? " has-choice" : ""}` },
      h("section", { class: "list", "aria-label": t("list.intentions") },
        asking(context),
        h("div", { class: "field" }, h("label", { class: "sr", for: "search" }, t("search")),
          h("input", { id: "search", type: "search", placeholder: t("search"), value: search, oninput: (event) => {
            search = event.target.value;
            context.refresh();
          } })),
        listed.length ? h("ol", { class: "rows", "data-scroll": true, id: "rows" }, listed.map((item) => row(item, chosen)))
          : h("p", { class: "muted" }, t("empty"))),
      h("section", { class: "choice", "aria-label": t("about.intentions") },
        context.about && h("a", { class: "back", href: "#/intentions" }, `← ${t("back")}`),
        one ? way(one, context) : h("p", { class: "muted card" }, t(chosen ? "unknown.intention" : "choose.intention"))));
  },
};

function asking(context) {
  if (!context.me.name) return null;
  return h("form", { class: "asking", onsubmit: async (event) => {
    event.preventDefault();
    const input = event.target.elements.text;
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    try {
      const sent = await post("intentions", { text });
      context.say(t("ask.sent"));
      location.hash = `#/intentions/${id(sent.intention_id)}`;
    } catch (error) {
      input.value = text;
      context.say(told(error), "bad");
    }
  } },
    h("label", { class: "sr", for: "ask-text" }, t("ask.label")),
    h("input", { id: "ask-text", name: "text", placeholder: t("ask.label"), maxlength: 10000, autocomplete: "off" }),
    h("button", { class: "button is-primary", type: "submit", id: "ask-go" }, t("ask.go")));
}

function row(item, chosen) {
  return h("li", null, h("a", { href: `#/intentions/${id(item.id)}`, id: `row-${item.id}`, "aria-current": item.id === chosen ? "true" : null },
    h("span", { class: "row-text" }, item.text),
    h("span", { class: "row-meta" }, chip(item.status), item.domain && h("span", null, domain(item.domain)),
      h("span", { class: "muted" }, ago(item.at)), item.took_ms !== null && h("span", { class: "muted num" }, duration(item.took_ms)))));
}

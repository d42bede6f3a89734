// Dead letters: why each is one, what was in it, and what is to be done with it.

import { get, id, post } from "./api.js";
import { askFor, told } from "./dialog.js";
import { h } from "./dom.js";
import { ago, moment, number } from "./format.js";
import { t } from "./i18n.js";
import { chip, narrow } from "./parts.js";

let every = false;

export default {
  kinds: ["letters"],
  async load({ about }) {
    const { letters } = await get(`letters?limit=200${every ? "&all=1" : ""}`);
    const chosen = about || (narrow() ? "" : letters[0]?.id);
    const one = chosen ? await get(`letters/${chosen}`).catch((refused) => ({ refused })) : null;
    return { letters, one, chosen };
  },
  render({ letters, one, chosen }, context) {
    return h("div", { class: `split${context.about ? " has-choice" : ""}` },
      h("section", { class: "list", "aria-label": t("view.letters") },
        h("label", { class: "check", for: "every" }, h("input", { id: "every", type: "checkbox", checked: every, onchange: (event) => {
          every = event.target.checked;
          context.refresh();
        } }), h("span", null, t("letters.every"))),
        letters.length ? h("ol", { class: "rows", "data-scroll": true, id: "rows" }, letters.map((item) => row(item, chosen)))
          : h("p", { class: "card muted" }, t("letters.none"))),
      h("section", { class: "choice", "aria-label": t("letters.one") },
        context.about && h("a", { class: "back", href: "#/letters" }, `← ${t("letters.back")}`),
        !one ? h("p", { class: "muted card" }, t("letters.choose"))
          : one.refused ? h("p", { class: "card problem", role: "alert" }, told(one.refused)) : shown(one, context)));
  },
};

function row(item, chosen) {
  return h("li", null, h("a", { href: `#/letters/${item.id}`, id: `row-${item.id}`, "aria-current": item.id === chosen ? "true" : null },
    h("span", { class: "row-text" }, item.message || item.reason || item.error || "–"),
    h("span", { class: "row-meta" }, chip(item.status), h("code", null, item.came_from), h("span", { class: "muted" }, ago(item.at)))));
}

function shown(one, context) {
  const facts = [
    ["letters.from", h("code", null, `${one.came_from}-${one.partition}@${one.offset}`)],
    ["letters.stage", one.stage],
    ["letters.why", `${one.error || one.reason}${one.reason && one.error ? ` (${one.reason})` : ""}`],
    ["letters.when", moment(one.at)],
    one.attempts > 0 && ["letters.tried", number(one.attempts)],
    one.key !== null && ["letters.key", h("code", null, one.key)],
    one.by && ["letters.by", `${one.by}${one.by_why ? `: ${one.by_why}` : ""}`],
    ...Object.entries(one.headers).map(([name, value]) => [name, h("code", null, value ?? "–")]),
  ].filter(Boolean);
  const handled = one.status === "replayed" || one.status === "dropped";
  return h("article", { class: "card letter", "aria-labelledby": "letter-title" },
    h("header", { class: "row" }, h("h2", { id: "letter-title" }, h("code", null, one.id)), chip(one.status)),
    h("p", { class: "answer" }, one.message),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", null, h("dt", null, t(name)), h("dd", null, value)))),
    h("h3", null, t("letters.value", { n: number(one.bytes) })),
    one.value === null ? h("p", { class: "muted" }, t("letters.tombstone")) : h("pre", { tabindex: 0, "aria-label": t("letters.value", { n: number(one.bytes) }) }, pretty(one.value)),
    one.why_not && h("p", { class: "note card" }, t("letters.whynot", { why: one.why_not })),
    context.me.name && h("div", { class: "buttons" },
      !handled && h("button", { class: "button", id: "drop", onclick: () => handle(one, "drop", false, context) }, t("letters.drop")),
      !one.why_not && h("button", { class: "button is-primary", id: "replay", onclick: () => handle(one, "replay", handled, context) }, t(handled ? "letters.again" : "letters.replay"))));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function handle(one, action, again, context) {
  askFor({
    title: t(`letters.${action}.title`), about: t(`letters.${action}.about`), content: h("blockquote", null, one.message || one.error),
    fields: [{ name: "reason", label: t(action === "drop" ? "reason.kept" : "approve.reason"), type: "text-long", required: action === "drop" }],
    go: t(`letters.${action}`), kind: action === "drop" ? "danger" : "primary",
    send: async ({ reason }) => {
      await post(`letters/${one.id.split("/").map(id).join("/")}`, { action, reason: reason || null, again });
      context.say(t(`letters.${action}.done`));
      context.refresh();
    },
  });
}

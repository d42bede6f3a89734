// Intentions that understanding was not sure of: a person says which domain each has.

import { get, id, post } from "./api.js";
import { told } from "./dialog.js";
import { h } from "./dom.js";
import { ago } from "./format.js";
import { t } from "./i18n.js";
import { domain, share } from "./parts.js";

const DOMAINS = ["BUSINESS", "TECHNICAL", "INFRASTRUCTURE", "SECURITY", "BEHAVIOR", "OPERATIONAL", "COMPLIANCE"];

export default {
  kinds: ["validation"],
  load: () => get("validation?limit=100"),
  render({ waiting }, context) {
    return [
      !context.me.name && waiting.length > 0 && h("p", { class: "card note" }, t(context.me.can_sign_in ? "signin.first" : "error.read-only")),
      waiting.length ? h("ol", { class: "cards" }, waiting.map((item) => h("li", null, card(item, context)))) : h("p", { class: "card muted" }, t("validation.none")),
    ];
  },
};

function card(item, context) {
  const guessed = new Map(item.guesses.map((guess) => [guess.domain, guess.probability]));
  const best = item.guesses[0]?.domain;
  const sorted = [...DOMAINS].sort((one, other) => (guessed.get(other) ?? 0) - (guessed.get(one) ?? 0));
  return h("article", { class: "card", "aria-labelledby": `v-${item.intention_id}`, id: `wait-${item.intention_id}` },
    h("header", null, h("h2", { id: `v-${item.intention_id}` }, item.text),
      h("p", { class: "muted small" }, t("approvals.asked", { when: ago(item.waits_since_ms) }), " · ", h("a", { href: `#/intentions/${id(item.intention_id)}` }, t("approvals.follow")))),
    context.me.name
      ? h("fieldset", { class: "domains" }, h("legend", null, t("validation.which")), sorted.map((name) =>
        h("button", { class: `button domain${name === best ? " is-best" : ""}`, id: `${item.intention_id}-${name}`, onclick: (event) => place(item, name, event.currentTarget, context) },
          h("span", null, domain(name)), guessed.has(name) && share(guessed.get(name), domain(name), "is-warn"))))
      : h("ul", { class: "guesses" }, item.guesses.map((guess) => h("li", null, h("span", null, domain(guess.domain)), share(guess.probability, domain(guess.domain), "is-warn")))));
}

async function place(item, name, button, context) {
  const all = button.closest("fieldset");
  all.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await post(`validation/${id(item.intention_id)}`, { domain: name });
    context.say(t("validation.done", { domain: domain(name) }));
    context.refresh();
  } catch (error) {
    all.disabled = false;
    button.removeAttribute("aria-busy");
    context.say(told(error), "bad");
  }
}

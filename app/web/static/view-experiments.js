// Experiments: how a challenger does against its champion, with the interval that holds at any look.

import { interval } from "./charts.js";
import { get, id, post } from "./api.js";
import { askFor } from "./dialog.js";
import { h } from "./dom.js";
import { ago, number, percent, signed } from "./format.js";
import { t } from "./i18n.js";
import { chip, narrow, table } from "./parts.js";

const WORDS = { running: ["expand", "pause", "stop"], paused: ["resume", "stop"], passed: ["stop"] };

export default {
  kinds: ["experiments"],
  pace: 1000,
  load: () => get("experiments"),
  render({ experiments }, context) {
    if (!experiments.length) return h("p", { class: "card muted" }, t("experiments.none"));
    return h("ol", { class: "cards" }, experiments.map((one) => h("li", null, card(one, context))));
  },
};

function card(one, context) {
  const words = context.me.name ? WORDS[one.status] ?? [] : [];
  const of = (events, all) => (all ? `${number(events)} / ${number(all)} (${percent(events / all, 1)})` : "–");
  const rows = [
    [t("experiments.actors"), number(one.units[0]), number(one.units[1])],
    [t("experiments.plans"), number(one.plans[0]), number(one.plans[1])],
    [t("experiments.right"), of(one.right[0], one.outcomes[0]), of(one.right[1], one.outcomes[1])],
    ...Object.entries(one.guardrails).map(([name, seen]) => [t(`guard.${name}`), of(seen.events[0], seen.units[0]), of(seen.events[1], seen.units[1])]),
  ];
  const known = one.difference && one.outcomes[0] + one.outcomes[1] > 0;
  return h("article", { class: "card experiment", "aria-labelledby": `e-${one.experiment_id}`, id: `experiment-${one.experiment_id}` },
    h("header", null,
      h("div", { class: "row" }, h("h2", { id: `e-${one.experiment_id}` }, one.experiment_id), chip(one.status)),
      h("p", null, t("experiments.versus", { who: t(`specialist.${one.specialist}`), challenger: one.challenger, champion: one.champion ?? t("experiments.rules") })),
      h("p", { class: "muted small" }, t("experiments.began", { when: ago(one.began_at), by: one.by }), one.next && ` · ${one.next}`)),
    h("ol", { class: "ramp", "aria-label": t("experiments.ramp") }, one.rules.traffic.map((share, at) =>
      h("li", { class: at < one.stage ? "is-past" : at === one.stage ? "is-now" : null, "aria-current": at === one.stage ? "step" : null }, percent(share / 100)))),
    h("figure", null,
      h("figcaption", null, h("b", null, t("experiments.effect")), " ",
        known ? h("span", { class: "num" }, `${signed(one.difference[1])}  [${signed(one.difference[0])}, ${signed(one.difference[2])}]`) : h("span", { class: "muted" }, t("experiments.unknown"))),
      known && interval(one.difference, -one.rules.margin, t("experiments.interval", { low: signed(one.difference[0]), mid: signed(one.difference[1]), high: signed(one.difference[2]) }), { width: narrow() ? 320 : 560 })),
    h("details", { id: `figures-${one.experiment_id}` }, h("summary", null, t("experiments.figures")),
      table(t("experiments.figures"), ["", t("experiments.champion"), t("experiments.challenger")], rows, [0, 1, 1])),
    words.length > 0 && h("div", { class: "buttons" }, words.map((word) =>
      h("button", { class: `button${word === words[0] && word !== "stop" ? " is-primary" : ""}`, id: `${word}-${one.experiment_id}`, onclick: () => tell(one, word, context) }, t(`word.${word}`)))));
}

function tell(one, word, context) {
  askFor({
    title: t(`word.${word}.title`), content: h("blockquote", null, one.experiment_id), go: t(`word.${word}`), kind: word === "stop" ? "danger" : "primary",
    fields: [{ name: "reason", label: t(word === "stop" ? "reason.kept" : "approve.reason"), type: "text-long", required: word === "stop" }],
    send: async ({ reason }) => {
      await post(`experiments/${id(one.experiment_id)}`, { word, reason: reason || null });
      context.say(t("word.done"));
      context.refresh();
    },
  });
}

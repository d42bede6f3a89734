// How sure the five specialists are over time, and what their learners have seen to change.

import { lines } from "./charts.js";
import { get } from "./api.js";
import { h } from "./dom.js";
import { ago, clock, moment, number, percent } from "./format.js";
import { t } from "./i18n.js";
import { share } from "./parts.js";

export default {
  kinds: ["specialists"],
  pace: 1500,
  load: () => get("specialists"),
  render(data) {
    const drifts = data.changes.filter((change) => change.kind === "drift");
    return [
      h("section", { class: "card" },
        h("h2", null, t("specialists.confidence")),
        data.plans === 0 ? h("p", { class: "muted" }, t("specialists.none"))
          : [h("p", { class: "muted small" }, t("specialists.over", { n: number(data.plans), from: moment(data.begin), to: clock(data.end) })),
            h("div", { class: "specialists" }, data.specialists.map((one) => specialist(one, data, drifts)))]),
      h("section", { class: "card", "aria-live": "polite" },
        h("h2", { id: "changes" }, t("specialists.changes")),
        data.changes.length ? h("ol", { class: "changes", id: "change-list", tabindex: 0, "data-scroll": true, "aria-labelledby": "changes" }, data.changes.map(change)) : h("p", { class: "muted" }, t("specialists.still"))),
    ];
  },
};

function specialist(one, data, drifts) {
  const marks = drifts.filter((change) => change.who === one.specialist && change.at >= data.begin && change.at <= Math.max(data.end, data.begin + 1));
  const said = Object.entries(one.recommended);
  const all = said.reduce((sum, [, count]) => sum + count, 0) || 1;
  return h("article", { class: "specialist", "aria-labelledby": `s-${one.specialist}` },
    h("header", { class: "row" }, h("h3", { id: `s-${one.specialist}` }, t(`specialist.${one.specialist}`)),
      one.confidence !== null && share(one.confidence, t("col.confidence"))),
    lines(one.slices.map((slice) => [slice.at, slice.confidence]), [data.begin, data.end], marks.map((mark) => [mark.at, mark.level]),
      t("specialists.chart", { who: t(`specialist.${one.specialist}`), p: one.confidence === null ? "–" : percent(one.confidence), n: marks.length })),
    h("p", { class: "small muted" }, said.map(([name, count], at) => [at > 0 && " · ", `${t(`rec.${name}`)} ${percent(count / all)}`])),
    h("p", { class: "small muted" }, one.champion ? t("specialists.learner", { champion: one.champion, n: number(one.learned), drifts: one.drifts }) : t("specialists.rules")));
}

function change(one) {
  const level = one.level === "drift" ? "bad" : one.level === "warning" ? "warn" : one.kind === "drift" ? "good" : "info";
  const moved = one.before !== null && one.after !== null ? `${number(one.before, 3)} → ${number(one.after, 3)}` : "";
  return h("li", null,
    h("span", { class: "muted num", title: moment(one.at) }, ago(one.at)),
    h("span", { class: `chip is-${level}` }, one.kind === "drift" ? t(`drift.${one.level}`) : t(`change.${one.kind}`)),
    h("span", null, h("b", null, one.kind === "drift" ? t(`specialist.${one.who}`) : one.who), " ",
      one.kind === "drift" ? [t(`drift.source.${one.source}`), moved && h("span", { class: "num" }, ` ${moved}`), one.what !== "none" && ` · ${t(`drift.did.${one.what}`)}`] : one.what.replaceAll("_", " "),
      one.movers.length > 0 && h("span", { class: "muted" }, ` · ${one.movers.join(", ")}`),
      one.by && h("span", { class: "muted" }, ` · ${one.by}`), one.why && h("span", { class: "muted" }, ` · ${one.why}`)));
}

// An intention's way, step by step.

import { dag, taskTable } from "./dag.js";
import { h } from "./dom.js";
import { cell, clock, duration, moment, percent } from "./format.js";
import { t } from "./i18n.js";
import { chip, domain, narrow, risk, share, table } from "./parts.js";

export function way(told, context) {
  const began = told.submitted_at ?? told.understood[0]?.at ?? null;
  const since = (at) => (at === null || began === null || at < began ? null : t("way.after", { time: duration(at - began) }));
  return h("article", { class: "way", "aria-labelledby": "way-title" },
    h("header", { class: "card" },
      h("h2", { id: "way-title" }, told.text),
      h("p", { class: "row" }, chip(told.status),
        told.ended_at && began !== null && h("span", { class: "muted" }, t("way.total", { time: duration(told.ended_at - began) })),
        h("code", { class: "muted" }, told.id))),
    h("ol", { class: "steps" },
      began !== null && step(t("way.text"), moment(began), null, null, "done"),
      told.understood.map((one) => understood(one, since)),
      told.plan && planned(told, since),
      told.verdict && verdict(told.verdict, since),
      told.approval && approval(told.approval, since, context),
      ending(told, since)));
}

function step(title, at, content, aside, state = "done") {
  return h("li", { class: `step is-${state}` }, h("div", { class: "step-head" }, h("h3", null, title), aside, at && h("span", { class: "muted num" }, at)), content);
}

function understood(one, since) {
  const unsure = one.outcome === "validation" || one.outcome === "domain_requires_validation";
  const title = one.by ? t("way.validated", { by: one.by }) : one.outcome === "duplicate" ? t("way.duplicate") : t("way.understood");
  return step(title, since(one.at),
    h("div", null,
      h("p", null, h("b", null, one.outcome === "validation" ? t("way.unsure") : domain(one.domain)), one.subcategory && ` · ${one.subcategory}`),
      !one.by && one.guesses.length > 0 && h("ul", { class: "guesses" }, one.guesses.slice(0, 3).map((guess) =>
        h("li", null, h("span", null, domain(guess.domain)), share(guess.probability, domain(guess.domain), unsure ? "is-warn" : ""))))),
    !one.by && one.confidence !== null && h("span", { class: "muted" }, t("way.confidence", { p: percent(one.confidence) })), unsure ? "warn" : "done");
}

function planned(told, since) {
  const plan = told.plan;
  return step(t("way.planned"), since(plan.created_at),
    h("div", null, plan.tasks.length > 0 && [dag(plan.tasks, narrow()), taskTable(plan.tasks, "way")],
      plan.reasons.length > 0 && h("details", { id: "risk-way" }, h("summary", null, t("risk.why")), h("ul", null, plan.reasons.map((reason) => h("li", null, reason))))),
    risk(plan.risk_score, plan.risk_band));
}

function verdict(told, since) {
  const rows = told.opinions.map((one) => [
    h("b", null, t(`specialist.${one.specialist}`)), t(`rec.${one.recommendation}`), share(one.confidence, t("col.confidence")), one.risk, one.weight ?? "–", one.learned]);
  return step(t("way.judged"), since(told.at),
    h("div", null,
      h("p", null, h("b", null, t(`rec.${told.decision}`)), ` · ${t(told.unanimous ? "verdict.unanimous" : "verdict.divided")} · ${t("way.confidence", { p: percent(told.confidence) })}`),
      h("details", { id: "opinions" }, h("summary", null, t("view.specialists")),
        table(t("way.judged"), ["col.specialist", "col.says", "col.confidence", "col.risk", "col.weight", "col.learned"].map((name) => t(name)), rows, [0, 0, 0, 1, 1, 1]))),
    null);
}

function approval(told, since, context) {
  const waits = told.status === "pending";
  return step(t("way.approval"), since(told.decided_at), h("div", null,
    waits ? [h("p", null, t("way.nochange")), h("a", { class: "button", href: `#/approvals/${told.plan_id}` }, t(context.me.name ? "view.approvals" : "view.approvals"))]
      : h("p", null, t("approvals.by", { status: t(`status.${told.status}`), by: told.by ?? "–", when: told.decided_at ? clock(told.decided_at) : "–" }), told.reason && ` — ${told.reason}`)),
  chip(told.status), waits ? "warn" : told.status === "approved" ? "done" : "bad");
}

function ending(told, since) {
  if (told.answer) {
    const { answer } = told;
    const numeric = answer.columns.map((_, at) => answer.rows.length > 0 && answer.rows.every((row) => row[at] === null || typeof row[at] === "number"));
    const columns = answer.columns.map((name, at) => (answer.units[at] ? `${name} (${answer.units[at]})` : name));
    return step(t("way.answered"), since(told.ended_at), h("div", null,
      h("p", { class: "answer" }, answer.text),
      table(t("way.answered"), columns, answer.rows.map((row) => row.map(cell)), numeric),
      h("p", { class: "muted small" }, t("way.source", { source: answer.source }), answer.rows_in_all > answer.rows.length && ` · ${t("way.rows", { n: answer.rows.length, all: answer.rows_in_all })}`)),
    chip(told.status));
  }
  if (told.ended_at === null) return null;
  const bad = told.status === "failed" || told.status === "cancelled" || told.status === "rejected";
  return step(t("way.ended"), since(told.ended_at), told.error && h("p", { class: bad ? "bad" : null }, told.error), chip(told.status), bad ? "bad" : "done");
}

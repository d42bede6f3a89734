// What several views show alike.

import { meter } from "./charts.js";
import { h } from "./dom.js";
import { cell, percent } from "./format.js";
import { t } from "./i18n.js";

const TONE = {
  answered: "good", done: "good", completed: "good", approved: "good", replayed: "good", passed: "good",
  failed: "bad", rejected: "bad", cancelled: "bad", expired: "bad", not_understood: "bad", open: "bad", rolled_back: "bad",
  waits_for_approval: "warn", waits_for_validation: "warn", pending: "warn", partial: "warn", not_grounded: "warn", waiting: "warn", paused: "warn",
  running: "info", planned_now: "info", understood: "info", handed_off: "info", planned: "info",
};

export const chip = (status, text) => h("span", { class: `chip is-${TONE[status] ?? "plain"}` }, text ?? t(`status.${status}`));

export const domain = (name) => (name ? t(`domain.${name}`) : "–");

export const risk = (score, band) => h("span", { class: `chip is-risk-${band}` }, t("risk", { score: score.toFixed(2), band: t(`band.${band}`) }));

/** A probability as a bar and a number. */
export const share = (value, label, kind = "") =>
  h("span", { class: "share" }, meter(value, kind, `${label}: ${percent(value)}`), h("span", { class: "num" }, percent(value)));

/** A table that scrolls in its own place on a narrow screen. */
export function table(label, columns, rows, numeric = []) {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", null,
      h("thead", null, h("tr", null, columns.map((name, at) => h("th", { scope: "col", class: numeric[at] ? "num" : null }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((value, at) =>
        h("td", { class: numeric[at] ? "num" : null }, value instanceof Node || Array.isArray(value) ? value : cell(value))))))));
}

export const narrow = () => matchMedia("(max-width: 720px)").matches;

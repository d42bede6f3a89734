// Plans that wait for a person, and the person's word.

import { get, id, post } from "./api.js";
import { dag, taskTable } from "./dag.js";
import { askFor } from "./dialog.js";
import { h } from "./dom.js";
import { ago } from "./format.js";
import { t } from "./i18n.js";
import { chip, narrow, risk } from "./parts.js";

export default {
  kinds: ["approvals"],
  async load() {
    const [open, decided] = await Promise.all([get("approvals?limit=50"), get("approvals?limit=20&all=1")]);
    return { open: open.approvals, decided: decided.approvals.filter((one) => one.status !== "pending") };
  },
  render({ open, decided }, context) {
    const first = open.find((one) => one.plan_id === context.about);
    const sorted = first ? [first, ...open.filter((one) => one !== first)] : open;
    return [
      !context.me.name && open.length > 0 && h("p", { class: "card note" }, t(context.me.can_sign_in ? "signin.first" : "error.read-only")),
      open.length ? h("ol", { class: "cards" }, sorted.map((one) => h("li", null, card(one, context)))) : h("p", { class: "card muted" }, t("approvals.none")),
      decided.length > 0 && h("section", { class: "card" }, h("h2", null, t("approvals.decided")), h("ul", { class: "plain" }, decided.map((one) => past(one, context)))),
    ];
  },
};

function card(one, context) {
  const destructive = one.plan?.tasks.filter((task) => task.is_destructive) ?? [];
  return h("article", { class: `card approval${one.is_destructive ? " is-destructive" : ""}`, "aria-labelledby": `q-${one.plan_id}`, id: `plan-${one.plan_id}` },
    h("header", null,
      h("h2", { id: `q-${one.plan_id}` }, one.question),
      h("p", { class: "row" }, risk(one.risk_score, one.risk_band),
        h("span", { class: "muted" }, t("approvals.asked", { when: ago(one.since) })),
        one.expires_at && h("span", { class: "muted" }, t("approvals.expires", { when: ago(one.expires_at) })))),
    one.is_destructive && h("div", { class: "alarm" }, h("b", null, t("approvals.risk")), h("ul", null, destructive.map((task) => h("li", null, task.description)))),
    one.plan && dag(one.plan.tasks, narrow()),
    one.plan && taskTable(one.plan.tasks, one.plan_id),
    one.plan?.reasons.length > 0 && h("details", { id: `why-${one.plan_id}` }, h("summary", null, t("risk.why")), h("ul", null, one.plan.reasons.map((reason) => h("li", null, reason)))),
    h("div", { class: "buttons" },
      one.intention_id && h("a", { class: "button is-quiet", href: `#/intentions/${id(one.intention_id)}` }, t("approvals.follow")),
      context.me.name && [
        h("button", { class: "button", id: `reject-${one.plan_id}`, onclick: () => decide(one, "rejected", context) }, t("reject")),
        h("button", { class: "button is-primary", id: `approve-${one.plan_id}`, onclick: () => decide(one, "approved", context) }, t("approve")),
      ]));
}

const VERB = { approved: "approve", rejected: "reject", reverted: "revert", republished: "republish" };

function decide(one, decision, context) {
  const verb = VERB[decision];
  const destructive = decision === "approved" && one.is_destructive;
  const mustSay = decision === "rejected" || decision === "reverted";
  askFor({
    title: t(`${verb}.title`),
    about: destructive ? t("approve.about") : null,
    content: h("blockquote", null, one.question),
    fields: [
      ...(destructive ? [{ name: "sure", label: t("approve.sure"), type: "check", required: true }] : []),
      { name: "reason", label: t(mustSay ? "reason.asker" : "approve.reason"), type: "text-long", required: mustSay },
    ],
    go: t(verb),
    kind: destructive || decision === "reverted" ? "danger" : "primary",
    send: async ({ reason }) => {
      await post(`approvals/${id(one.plan_id)}`, { decision, reason: reason || null });
      context.say(t(`done.${decision}`));
      if (decision === "approved" && one.intention_id) location.hash = `#/intentions/${id(one.intention_id)}`;
      else context.refresh();
    },
  });
}

function past(one, context) {
  return h("li", { class: "past" },
    h("span", { class: "row-text" }, one.intention_id ? h("a", { href: `#/intentions/${id(one.intention_id)}` }, one.question) : one.question),
    h("span", { class: "row-meta" }, chip(one.status), h("span", { class: "muted" }, one.by ?? "–", one.decided_at && ` · ${ago(one.decided_at)}`), one.reason && h("span", null, `“${one.reason}”`),
      context.me.name && one.status === "approved" && h("button", { class: "button is-small", id: `revert-${one.plan_id}`, onclick: () => decide(one, "reverted", context) }, t("revert"))));
}

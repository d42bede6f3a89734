// How much goes through: the figures, the stages drawn, and every topic.

import { spark } from "./charts.js";
import { get } from "./api.js";
import { told } from "./dialog.js";
import { h, put, s } from "./dom.js";
import { duration, number, percent, rate, short } from "./format.js";
import { t } from "./i18n.js";
import { narrow } from "./parts.js";

const LANES = [
  ["intentions", /^(intentions\.(?!dead)|feedback\.intentions)/],
  ["plans", /^plans\.(?!dead|completed|outcomes)/],
  ["execution", /^(execution\.(?!dead)|plans\.completed|plans\.outcomes)/],
  ["learning", /^(learning|specialists|models|experiments|retraining|feedback)\./],
  ["records", /./],
];

// Where the stages stand: column and row; a narrow screen has them turned.
const STAGES = [
  { name: "asker", at: [0, 0] }, { name: "understand", at: [1, 0] }, { name: "plan", at: [2, 0] }, { name: "orchestrate", at: [3, 0] }, { name: "answers", at: [4, 0] },
  { name: "learn", at: [0, 1] }, { name: "validate", at: [1, 1], to: "validation", person: true }, { name: "approve", at: [2, 1], to: "approvals", person: true },
  { name: "execute", at: [3, 1] }, { name: "letters", at: [4, 1], to: "letters" },
];
const EDGES = [
  { from: "asker", to: "understand", topics: /^intentions\.submitted$/ },
  { from: "understand", to: "plan", topics: /^intentions\.(business|technical|infrastructure|security|behavior|operational|compliance)$/ },
  { from: "plan", to: "orchestrate", topics: /^plans\.ready$/ },
  { from: "orchestrate", to: "answers", topics: /^plans\.completed$/ },
  { from: "understand", to: "validate", topics: /^intentions\.validation$/, side: -1 },
  { from: "validate", to: "understand", topics: /^intentions\.validated$/, side: 1 },
  { from: "plan", to: "approve", topics: /^plans\.approval-requests$/, side: 0 },
  { from: "approve", to: "orchestrate", topics: /^plans\.approval-responses$/, diagonal: true },
  { from: "orchestrate", to: "execute", topics: /^execution\.tickets/, side: -1 },
  { from: "execute", to: "orchestrate", topics: /^execution\.results$/, side: 1 },
  { from: "learn", to: "understand", topics: /^(models|specialists)\.snapshots$/, diagonal: true },
];

const ORDER = ["understand", "plan", "deliberate", "approve", "execute", "answer"];
const LOOK_MS = 10_000;
let stages = { rows: [], problem: null };
let looked = 0;

export default {
  kinds: [],
  async load() {
    const [flow] = await Promise.all([get("flow"), look()]);
    return flow;
  },
  render,
  told(data, context, body) {
    put(body, render(data, context));
    if (Date.now() - looked > LOOK_MS) look();
  },
};

/** Ask what all workers have counted: that changes by the minute, not with every event. */
async function look() {
  looked = Date.now();
  stages = await get("stages").catch((error) => ({ rows: [], problem: told(error) }));
}

const sum = (topics, key) => topics.reduce((total, topic) => total + (topic[key] ?? 0), 0);
const history = (topics) => {
  const most = Math.max(0, ...topics.map((topic) => topic.history.length));
  return Array.from({ length: most }, (_, at) => topics.reduce((total, topic) => total + (topic.history.at(at - most) ?? 0), 0));
};

function render(data, context) {
  const of = (name) => data.topics.filter((topic) => topic.name === name);
  const counts = context.counts();
  const people = (counts.approvals ?? 0) + (counts.validation ?? 0);
  const [came, went] = [of("intentions.submitted"), of("plans.completed")];
  return [
    data.problem && h("p", { class: "card problem", role: "alert" }, data.problem),
    h("div", { class: "kpis" },
      kpi("kpi.in", t("per.second", { n: rate(sum(came, "per_s")) }), spark(history(came), t("kpi.in"))),
      kpi("kpi.out", t("per.second", { n: rate(sum(went, "per_s")) }), spark(history(went), t("kpi.out"))),
      kpi("kpi.lag", short(sum(data.topics, "lag")), null, sum(data.topics, "lag") > 0 ? "warn" : "good"),
      kpi("kpi.people", number(people), null, people ? "warn" : "good", "#/approvals"),
      kpi("kpi.letters", number(counts.letters ?? 0), null, counts.letters ? "bad" : "good", "#/letters")),
    h("section", { class: "card" },
      h("div", { class: "row" }, h("h2", null, t("flow.drawn")), worker(data.worker)),
      drawing(data)),
    hour(),
    h("section", { class: "card" }, h("h2", null, t("flow.topics")), LANES.map(([name]) => lane(name, data.topics)),
      data.skipped > 0 && h("p", { class: "muted" }, t("flow.skipped", { n: number(data.skipped) })),
      h("p", { class: "muted small" }, `≈ ${t("flow.approx")}`)),
  ];
}

/** The last hour of all workers, stage by stage. */
function hour() {
  if (!stages.rows.length && !stages.problem) return null;
  const rows = [...stages.rows].sort((one, other) => ORDER.indexOf(one.stage) - ORDER.indexOf(other.stage));
  return h("section", { class: "card" }, h("h2", null, t("stages.hour")),
    stages.problem && h("p", { class: "muted" }, stages.problem),
    rows.length > 0 && h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("stages.hour") },
      h("table", null,
        h("thead", null, h("tr", null, h("th", { scope: "col" }, t("stages.stage")), h("th", { scope: "col" }, t("stages.minutes")),
          ["stages.count", "stages.failed", "col.confidence", "stages.p50", "stages.p95"].map((name) => h("th", { scope: "col", class: "num" }, t(name))))),
        h("tbody", null, rows.map((row) => h("tr", null,
          h("th", { scope: "row" }, t(`stages.${row.stage}`)),
          h("td", null, spark(row.points, `${t(`stages.${row.stage}`)}: ${t("stages.minutes")}`)),
          h("td", { class: "num" }, short(row.count)),
          h("td", { class: `num${row.failed ? " warn" : ""}` }, percent(row.error_ratio, 1)),
          h("td", { class: "num" }, row.confidence === null ? "–" : percent(row.confidence)),
          h("td", { class: "num" }, row.latency_ms ? duration(row.latency_ms.p50) : "–"),
          h("td", { class: "num" }, row.latency_ms ? duration(row.latency_ms.p95) : "–")))))));
}

function kpi(name, value, chart, tone = "plain", href = null) {
  const inside = [h("span", { class: "kpi-name" }, t(name)), h("span", { class: `kpi-value is-${tone}` }, value), chart];
  return href ? h("a", { class: "card kpi", href, id: name }, inside) : h("div", { class: "card kpi" }, inside);
}

function worker(told) {
  const waits = told.ready ? t("worker.ready") : t("worker.waits", { what: told.waits_for.join(", ") });
  return h("span", { class: `chip is-${told.ready ? "good" : "warn"}` }, `${t("worker", { name: told.worker })} · ${waits}`);
}

function drawing(data) {
  const upright = narrow();
  const [boxW, boxH, stepX, stepY] = upright ? [142, 56, 200, 104] : [150, 60, 222, 136];
  const flip = ([column, row]) => (upright ? [row, column] : [column, row]);
  const place = new Map(STAGES.map((stage) => {
    const [x, y] = flip(stage.at);
    return [stage.name, [x * stepX, y * stepY]];
  }));
  const [width, height] = upright ? [stepX + boxW, stepY * 4 + boxH] : [stepX * 4 + boxW, stepY + boxH];
  const edges = EDGES.map((edge) => {
    const through = data.topics.filter((topic) => edge.topics.test(topic.name));
    const value = sum(through, "per_s");
    const [[x1, y1], [x2, y2]] = [edgeEnd(place.get(edge.from), place.get(edge.to), boxW, boxH, edge.side), edgeEnd(place.get(edge.to), place.get(edge.from), boxW, boxH, edge.side ? -edge.side : 0, true)];
    const strong = 1.5 + Math.min(4, Math.log10(1 + value) * 2);
    const label = value > 0 ? t("per.second", { n: rate(value) }) : "";
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const across = Math.abs(x2 - x1) > Math.abs(y2 - y1);
    const beside = edge.diagonal ? [across ? 0 : 8, across ? -10 : 4, "middle"] : across ? [0, edge.side === -1 ? 18 : -8, "middle"] : [(edge.side ?? 1) > 0 || edge.side === 0 ? 7 : -7, 4, (edge.side ?? 1) > 0 || edge.side === 0 ? "start" : "end"];
    return s("g", { class: `flow-edge${value > 0 ? " is-moving" : ""}` },
      s("title", null, `${through.map((topic) => topic.name).join(", ")}: ${t("per.second", { n: rate(value) })}`),
      s("line", { x1, y1, x2, y2, "stroke-width": strong, "marker-end": "url(#flow-arrow)" }),
      label && s("text", { x: mx + beside[0], y: my + beside[1], "text-anchor": beside[2] }, label));
  });
  const stages = STAGES.map((stage) => {
    const [x, y] = place.get(stage.name);
    const paused = data.worker.paused?.[stage.name];
    const into = data.topics.filter((topic) => EDGES.some((edge) => edge.to === stage.name && edge.topics.test(topic.name)));
    const waits = sum(into, "lag");
    const under = paused ? t("flow.paused", { why: paused }) : waits ? `${short(waits)} ${t("flow.lag").toLowerCase()}` : "";
    const box = s("g", { class: `flow-stage${stage.person ? " is-person" : ""}${paused ? " is-paused" : ""}${stage.at[0] % 4 === 0 && stage.at[1] === 0 ? " is-end" : ""}`, transform: `translate(${x} ${y})` },
      s("title", null, under ? `${t(`stage.${stage.name}`)}: ${under}` : t(`stage.${stage.name}`)),
      s("rect", { width: boxW, height: boxH, rx: 10 }),
      lines(t(`stage.${stage.name}`), under).map(([text, kind], at, all) =>
        s("text", { class: kind, x: boxW / 2, y: boxH / 2 + 5 + (at - (all.length - 1) / 2) * 17, "text-anchor": "middle" }, text)));
    return stage.to ? s("a", { href: `#/${stage.to}`, "aria-label": t(`stage.${stage.name}`) }, box) : box;
  });
  return h("div", { class: "flow-drawing" },
    s("svg", { viewBox: `-6 -6 ${width + 12} ${height + 12}`, role: "group", "aria-label": t("flow.drawn") },
      s("defs", null, s("marker", { id: "flow-arrow", viewBox: "0 0 8 8", refX: 6.5, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
        s("path", { class: "arrow", d: "M0 0 8 4 0 8z" }))),
      edges, stages));
}

function lines(title, under) {
  const [first, ...rest] = title.split(": ");
  return [[first, "stage-name"], ...rest.map((text) => [text, "stage-under"]), ...(under ? [[under.length > 22 ? `${under.slice(0, 21)}…` : under, "stage-under"]] : [])];
}

/** The point on a box's edge that faces another box; `side` moves it, so that two ways lie beside each other. */
function edgeEnd([x, y], [ox, oy], width, height, side = 0, head = false) {
  const [cx, cy] = [x + width / 2, y + height / 2];
  const [dx, dy] = [ox - x, oy - y];
  const gap = head ? 4 : 1;
  const shift = side * 11;
  if (dx && dy) {
    const k = Math.min((width / 2 + gap) / Math.abs(dx), (height / 2 + gap) / Math.abs(dy));
    return [cx + dx * k, cy + dy * k];
  }
  if (dx) return [cx + Math.sign(dx) * (width / 2 + gap), cy + shift * -Math.sign(dx)];
  return [cx + shift * Math.sign(dy), cy + Math.sign(dy) * (height / 2 + gap)];
}

function lane(name, all) {
  const mine = all.filter((topic) => LANES.find(([, pattern]) => pattern.test(topic.name))[0] === name);
  if (!mine.length) return null;
  const waits = sum(mine, "lag");
  const busy = mine.filter((topic) => topic.total > 0);
  const quiet = mine.filter((topic) => topic.total === 0);
  return h("details", { id: `lane-${name}`, open: name === "intentions" || name === "plans" },
    h("summary", null, h("span", null, t(`lane.${name}`)), h("span", { class: "muted num" }, t("per.second", { n: rate(sum(mine, "per_s")) }), waits > 0 && ` · ${short(waits)} ${t("flow.lag").toLowerCase()}`)),
    busy.length > 0 && h("table", { class: "topics" },
      h("thead", null, h("tr", null, h("th", { scope: "col" }, t("flow.topic")), h("th", { scope: "col", class: "can-go" }, t("flow.history")), ["flow.rate", "flow.lag"].map((each) => h("th", { scope: "col", class: "num" }, t(each))), h("th", { scope: "col", class: "num can-go" }, t("flow.total")))),
      h("tbody", null, busy.map((topic) => h("tr", null,
        h("th", { scope: "row" }, broken(topic.name)),
        h("td", { class: "can-go" }, spark(topic.history, `${topic.name}: ${t("flow.history")}`)),
        h("td", { class: "num" }, topic.is_counted ? "" : "≈ ", t("per.second", { n: rate(topic.per_s) })),
        h("td", { class: `num${topic.lag ? " warn" : ""}` }, topic.lag === null ? h("span", { class: "muted", title: t("flow.notread") }, "–") : number(topic.lag)),
        h("td", { class: "num muted can-go" }, short(topic.total)))))),
    quiet.length > 0 && h("p", { class: "muted small quiet" }, `${t("flow.quiet")} `, quiet.map((topic, at) => [at > 0 && ", ", broken(topic.name)])));
}

/** A topic's name, which may go on in the next line after a dot or a hyphen. */
const broken = (name) => name.split(/(?<=[.-])/).flatMap((part, at) => (at ? [h("wbr"), part] : [part]));

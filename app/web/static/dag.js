// A plan drawn: its tasks in layers, what waits for what as curves between them.

import { h, s } from "./dom.js";
import { duration } from "./format.js";
import { t } from "./i18n.js";

const WIDTH = 212;
const HEIGHT = 62;
const GLYPH = {
  waiting: "○", released: "◔", running: "◑", retrying: "↻", completed: "✓", failed: "✕", skipped: "–",
  handed_off: "↗", compensating: "↩", compensated: "↩", uncompensated: "!",
};

/** Return the layer of each task: one more than the deepest that it waits for. */
export function layers(tasks) {
  const known = new Map(tasks.map((task) => [task.id, task]));
  const depth = new Map();
  const of = (id, seen) => {
    if (depth.has(id)) return depth.get(id);
    if (seen.has(id)) return 0;
    const before = (known.get(id)?.after ?? []).filter((name) => known.has(name));
    const found = before.length ? 1 + Math.max(...before.map((name) => of(name, new Set([...seen, id])))) : 0;
    depth.set(id, found);
    return found;
  };
  const rows = [];
  for (const task of tasks) (rows[of(task.id, new Set())] ??= []).push(task);
  for (let place = 1; place < rows.length; place++) {
    const above = new Map(rows.slice(0, place).flatMap((row) => row.map((task, at) => [task.id, at])));
    const middle = (task) => {
      const at = task.after.map((name) => above.get(name)).filter((found) => found !== undefined);
      return at.length ? at.reduce((sum, each) => sum + each, 0) / at.length : 0;
    };
    rows[place].sort((one, other) => middle(one) - middle(other));
  }
  return rows;
}

function wrap(text, width, lines) {
  const found = [""];
  for (const word of text.split(/\s+/)) {
    const last = found[found.length - 1];
    if (!last || last.length + word.length < width) found[found.length - 1] = last ? `${last} ${word}` : word;
    else found.push(word);
  }
  if (found.length > lines) found[lines - 1] = `${found[lines - 1].slice(0, width - 1)}…`;
  return found.slice(0, lines).map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

function node(task, x, y) {
  const words = [task.id, t(`type.${task.type}`), t(`task.${task.status}`)];
  if (task.is_destructive) words.push(t("destroys"));
  const took = task.duration_ms ?? (task.completed_at && task.started_at ? task.completed_at - task.started_at : null);
  return s("g", { class: `node is-${task.status}${task.is_destructive ? " is-destructive" : ""}`, transform: `translate(${x} ${y})` },
    s("title", null, `${words.join(" · ")}: ${task.description}`),
    s("rect", { width: WIDTH, height: HEIGHT, rx: 8 }),
    s("text", { class: "node-kind", x: 12, y: 19 }, `${GLYPH[task.status] ?? ""} ${t(`type.${task.type}`)}`),
    task.is_destructive
      ? s("text", { class: "node-warn", x: WIDTH - 12, y: 19, "text-anchor": "end" }, `⚠ ${t("destroys")}`)
      : took !== null && s("text", { class: "node-time", x: WIDTH - 12, y: 19, "text-anchor": "end" }, duration(took)),
    wrap(task.description || task.id, 26, 2).map((line, at) => s("text", { class: "node-text", x: 12, y: 37 + at * 15 }, line)));
}

/** Draw the tasks of a plan; `upright` for a narrow place. */
export function dag(tasks, upright) {
  const rows = layers(tasks);
  const most = Math.max(...rows.map((row) => row.length), 1);
  const [gapLayer, gapRow] = upright ? [34, 12] : [52, 14];
  const along = upright ? HEIGHT : WIDTH;
  const across = upright ? WIDTH : HEIGHT;
  const size = [rows.length * (along + gapLayer) - gapLayer, most * (across + gapRow) - gapRow];
  const places = new Map();
  rows.forEach((row, layer) => {
    const used = row.length * (across + gapRow) - gapRow;
    row.forEach((task, at) => {
      const a = layer * (along + gapLayer);
      const b = (size[1] - used) / 2 + at * (across + gapRow);
      places.set(task.id, upright ? [b, a] : [a, b]);
    });
  });
  const edges = tasks.flatMap((task) => task.after.filter((name) => places.has(name)).map((name) => {
    const [x1, y1] = places.get(name);
    const [x2, y2] = places.get(task.id);
    const done = tasks.find((each) => each.id === name)?.status === "completed";
    const [a, b, c, d] = upright
      ? [x1 + WIDTH / 2, y1 + HEIGHT, x2 + WIDTH / 2, y2 - 3]
      : [x1 + WIDTH, y1 + HEIGHT / 2, x2 - 3, y2 + HEIGHT / 2];
    const bend = upright ? `${a} ${b + 20} ${c} ${d - 20}` : `${a + 28} ${b} ${c - 28} ${d}`;
    return s("path", { class: `edge${done ? " is-done" : ""}`, d: `M${a} ${b} C${bend} ${c} ${d}`, "marker-end": "url(#arrow)" });
  }));
  const [width, height] = upright ? [size[1], size[0]] : size;
  return h("div", { class: "dag", tabindex: 0, role: "group", "aria-label": t("plan.drawn") },
    s("svg", {
      viewBox: `-2 -2 ${width + 4} ${height + 4}`, width: width + 4, height: height + 4, role: "img", style: { "--wide": `${width + 4}px` },
      "aria-label": t("plan.drawn.of", { n: tasks.length }),
    },
      s("defs", null, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        s("path", { class: "arrow", d: "M0 0 8 4 0 8z" }))),
      edges, tasks.map((task) => node(task, ...places.get(task.id)))));
}

/** The same as a table, for whoever can't see the drawing or wants the whole text. */
export function taskTable(tasks, key) {
  return h("details", { id: `tasks-${key}` },
    h("summary", null, t("tasks.table", { n: tasks.length })),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("tasks.table", { n: tasks.length }) },
      h("table", null,
        h("thead", null, h("tr", null, ["col.task", "col.what", "col.after", "col.state", "col.took"].map((name) => h("th", { scope: "col" }, t(name))))),
        h("tbody", null, tasks.map((task) => h("tr", null,
          h("th", { scope: "row" }, task.id),
          h("td", { class: "wide" }, h("b", null, t(`type.${task.type}`)), ` ${task.description}`,
            task.error && h("div", { class: "bad" }, task.error), task.source && h("div", { class: "muted" }, task.source)),
          h("td", null, task.after.join(", ") || "–"),
          h("td", null, t(`task.${task.status}`), task.attempts > 1 && ` ×${task.attempts}`),
          h("td", { class: "num" }, task.duration_ms === null ? "–" : duration(task.duration_ms))))))));
}

// Small charts as SVG: what they show is said in words as well.

import { s } from "./dom.js";

/** A line without axes; `label` says what it shows. */
export function spark(values, label, { width = 96, height = 22 } = {}) {
  const most = Math.max(...values, 0) || 1;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((value, at) => [at * step, height - 1.5 - (value / most) * (height - 4)]);
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return s("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, preserveAspectRatio: "none" },
    points.length > 1 && s("polygon", { class: "spark-area", points: `0,${height} ${line} ${width},${height}` }),
    points.length > 1 && s("polyline", { class: "spark-line", points: line }));
}

/** A share between 0 and 1 as a bar. */
export function meter(share, kind, label) {
  return s("svg", { class: `meter ${kind}`, viewBox: "0 0 100 6", width: 100, height: 6, preserveAspectRatio: "none", role: "img", "aria-label": label },
    s("rect", { class: "meter-back", width: 100, height: 6, rx: 3 }),
    s("rect", { class: "meter-bar", width: Math.max(0, Math.min(1, share)) * 100, height: 6, rx: 3 }));
}

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

/** Shares over time as a line from 0 to 100 %, with marks where something happened; points are [ms, share]. */
export function lines(points, [begin, end], marks, label, { width = 320, height = 84 } = {}) {
  const [left, top, bottom] = [30, 6, 6];
  const x = (at) => left + ((at - begin) / Math.max(1, end - begin)) * (width - left - 6);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const path = points.map(([at, share], place) => `${place ? "L" : "M"}${x(at).toFixed(1)} ${y(share).toFixed(1)}`).join(" ");
  return s("svg", { class: "lines", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    [0, 0.5, 1].map((share) => [
      s("line", { class: "grid", x1: left, x2: width - 6, y1: y(share), y2: y(share) }),
      s("text", { class: "axis", x: left - 6, y: y(share) + 4, "text-anchor": "end" }, String(share * 100)),
    ]),
    marks.map(([at, level]) => s("line", { class: `mark is-${level}`, x1: x(at), x2: x(at), y1: top, y2: height - bottom })),
    path && s("path", { class: "line", d: path }),
    points.length < 40 && points.map(([at, share]) => s("circle", { class: "dot", cx: x(at), cy: y(share), r: 2.6 })));
}

/** An interval around zero: [low, estimate, high]; `margin` is where it may lie without being worse. */
export function interval([low, middle, high], margin, label, { width = 560, height = 56 } = {}) {
  const most = Math.max(0.05, Math.abs(low), Math.abs(high)) * 1.08;
  const x = (value) => width / 2 + (value / most) * (width / 2 - 12);
  const kind = low > 0 ? "good" : high < 0 ? "bad" : low > margin ? "info" : "plain";
  return s("svg", { class: `interval is-${kind}`, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    s("rect", { class: "worse", x: 0, y: 4, width: x(margin), height: height - 24 }),
    s("line", { class: "zero", x1: x(0), x2: x(0), y1: 2, y2: height - 18 }),
    [-most / 1.08, 0, most / 1.08].map((value, at) => s("text", { class: "axis", x: x(value), y: height - 4, "text-anchor": ["start", "middle", "end"][at] }, (value > 0 ? "+" : "") + value.toFixed(2))),
    s("line", { class: "range", x1: x(low), x2: x(high), y1: (height - 16) / 2, y2: (height - 16) / 2 }),
    [low, high].map((value) => s("line", { class: "range", x1: x(value), x2: x(value), y1: (height - 16) / 2 - 7, y2: (height - 16) / 2 + 7 })),
    s("circle", { class: "estimate", cx: x(middle), cy: (height - 16) / 2, r: 6 }));
}

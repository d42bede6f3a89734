// Numbers and times, as the language of the page writes them.

let language = "en";
export const speak = (to) => {
  language = to;
};

const cached = new Map();
function by(kind, options) {
  const key = kind.name + language + JSON.stringify(options);
  if (!cached.has(key)) cached.set(key, new kind(language, options));
  return cached.get(key);
}

export const number = (value, digits = 0) => by(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);
export const short = (value) => by(Intl.NumberFormat, { notation: "compact", maximumFractionDigits: 1 }).format(value);
export const percent = (value, digits = 0) =>
  by(Intl.NumberFormat, { style: "percent", maximumFractionDigits: digits }).format(value);
export const rate = (value) => (value >= 100 ? short(value) : number(value, value >= 10 ? 0 : 1));
export const signed = (value) =>
  by(Intl.NumberFormat, { signDisplay: "exceptZero", minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);

export const clock = (ms) => by(Intl.DateTimeFormat, { timeStyle: "medium" }).format(ms);
export const moment = (ms) => by(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "medium" }).format(ms);

export function duration(ms) {
  if (ms < 1000) return `${number(Math.max(0, ms))} ms`;
  if (ms < 60_000) return `${number(ms / 1000, 1)} s`;
  if (ms < 3_600_000) return `${number(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${number(ms / 3_600_000)} h`;
  return `${number(ms / 86_400_000)} d`;
}

export function ago(ms, now = Date.now()) {
  const seconds = Math.round((ms - now) / 1000);
  const relative = by(Intl.RelativeTimeFormat, { numeric: "auto", style: "short" });
  for (const [unit, length] of [["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(Math.min(0, seconds) || seconds, "second");
}

/** Write a cell of an answer. */
export function cell(value) {
  if (value === null) return "–";
  if (typeof value === "number") return number(value, 2);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  return value;
}

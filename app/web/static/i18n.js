// The page's words, in the person's language.

import { en } from "./en.js";
import { speak } from "./format.js";
import { pt } from "./pt.js";

const WORDS = { en, pt };
const KEY = "hive-language";
let language = "en";

/** Say something; `{name}` in it is replaced by what is given. What is not known is said as it is. */
export function t(key, given = {}) {
  const text = WORDS[language][key] ?? en[key] ?? key.slice(key.lastIndexOf(".") + 1).replaceAll("_", " ");
  return text.replace(/\{(\w+)\}/g, (_, name) => String(given[name] ?? ""));
}

export const known = (key) => key in en;

export function choose(to) {
  language = to in WORDS ? to : "en";
  speak(language === "pt" ? "pt-BR" : "en");
  document.documentElement.lang = language === "pt" ? "pt-BR" : "en";
  return language;
}

export function remembered() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch { /* no storage: the browser's language, each time */ }
  return kept ?? (navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en");
}

export function remember(to) {
  try {
    localStorage.setItem(KEY, to);
  } catch { /* no storage */ }
}

export const now = () => language;

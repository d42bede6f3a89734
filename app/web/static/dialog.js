// Asking a person before something is done: a form in a modal dialog, with what is said when it is refused.

import { post } from "./api.js";
import { h } from "./dom.js";
import { known, t } from "./i18n.js";

const place = () => document.getElementById("say");
let fading = null;

/** Say something, also to a screen reader. */
export function say(text, kind = "good") {
  const toast = place();
  toast.className = `toast is-shown is-${kind}`;
  toast.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => toast.classList.remove("is-shown"), 6000);
}

/** What is said of a refusal: in the person's language where there are words for it, and what the worker said. */
export const told = (error) => (known(`error.${error.code}`) ? t(`error.${error.code}`) : error.message);

/**
 * Ask for what is needed, and do it.
 *
 * `fields` are {name, label, type, required}; `send` is called with their values and what it throws is shown here.
 */
export function askFor({ title, about, content, fields = [], go, kind = "primary", send }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const inputs = fields.map((field) => {
    const id = `ask-${field.name}`;
    const attributes = { id, name: field.name, required: field.required, autocomplete: field.autocomplete ?? "off" };
    if (field.type === "check") {
      return h("label", { class: "check", for: id }, h("input", { ...attributes, type: "checkbox" }), h("span", null, field.label));
    }
    const input = field.type === "text-long"
      ? h("textarea", { ...attributes, rows: 3, maxlength: 2000 })
      : h("input", { ...attributes, type: field.type ?? "text", maxlength: 256 });
    return h("div", { class: "field" }, h("label", { for: id }, field.label), input);
  });
  const button = h("button", { class: `button is-${kind}`, type: "submit" }, go);
  const form = h("form", { method: "dialog" },
    h("h2", { id: "ask-title" }, title), about && h("p", null, about), content, inputs, problem,
    h("div", { class: "buttons" },
      h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("cancel")), button));
  const dialog = h("dialog", { "aria-labelledby": "ask-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = t("waiting");
    problem.textContent = "";
    try {
      await send(Object.fromEntries(new FormData(form)));
      dialog.close();
    } catch (error) {
      problem.textContent = told(error);
      button.disabled = false;
      button.textContent = go;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("input, textarea")?.focus();
}

/** Ask for name and token. */
export function signIn(then) {
  askFor({
    title: t("signin.title"), about: t("signin.about"), go: t("signin.go"),
    fields: [
      { name: "name", label: t("signin.name"), required: true, autocomplete: "username" },
      { name: "token", label: t("signin.token"), type: "password", required: true, autocomplete: "current-password" },
    ],
    send: async (given) => {
      await post("session", given);
      await then();
    },
  });
}

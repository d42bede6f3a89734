// The shell: who looks, which view, and what is told while one looks.

import { get, post, whoami } from "./api.js";
import { say, signIn, told } from "./dialog.js";
import { byId, h, put } from "./dom.js";
import { choose, now, remember, remembered, t } from "./i18n.js";
import { hush, listen, on } from "./live.js";
import approvals from "./view-approvals.js";
import experiments from "./view-experiments.js";
import flow from "./view-flow.js";
import intentions from "./view-intentions.js";
import letters from "./view-letters.js";
import specialists from "./view-specialists.js";
import validation from "./view-validation.js";

const VIEWS = { flow, intentions, approvals, validation, specialists, experiments, letters };
const page = { me: null, counts: {}, shown: null, leave: [], link: "off" };

async function begin() {
  choose(remembered());
  try {
    page.me = await whoami();
  } catch (error) {
    page.me = null;
    frame();
    return put(byId("main"), problem(error));
  }
  frame();
  if (!page.me.may_look) {
    hush();
    put(byId("main"), h("section", { class: "card narrow" }, h("h1", null, t("signin.title")), h("p", null, t("signin.about")),
      h("button", { class: "button is-primary", id: "sign-in-first", onclick: () => signIn(begin) }, t("sign.in"))));
    return null;
  }
  listen((state) => {
    const came = state === "live" && page.link === "lost";
    page.link = state;
    link();
    if (came) refresh();
  }, begin);
  await count();
  return show();
}

/** The parts around the view. */
function frame() {
  byId("skip").textContent = t("skip");
  link();
  tabs();
  const me = page.me;
  put(byId("who"),
    h("button", { class: "button is-quiet", id: "language", lang: now() === "pt" ? "en" : "pt-BR", "aria-label": t("language"), title: t("language"), onclick: () => {
      remember(now() === "pt" ? "en" : "pt");
      begin();
    } }, now() === "pt" ? "EN" : "PT"),
    me?.name && h("span", { class: "name", id: "me" }, me.name),
    me && !me.can_sign_in && h("span", { class: "pill", id: "read-only" }, t("read.only")),
    me?.can_sign_in && (me.name
      ? h("button", { class: "button is-quiet", id: "sign-out", onclick: async () => {
        await post("sign-out");
        await begin();
      } }, t("sign.out"))
      : h("button", { class: "button", id: "sign-in", onclick: () => signIn(begin) }, t("sign.in"))));
}

function link() {
  const pill = byId("link");
  pill.className = `pill is-${page.link}`;
  pill.textContent = t(`live.${page.link}`);
}

function tabs() {
  const [current] = route();
  byId("tabs").setAttribute("aria-label", t("views"));
  put(byId("tabs"), h("ul", null, Object.keys(VIEWS).map((name) => {
    const waiting = page.counts[name];
    return h("li", null, h("a", { href: `#/${name}`, id: `tab-${name}`, "aria-current": name === current ? "page" : null },
      t(`view.${name}`), waiting > 0 && h("span", { class: "badge" }, waiting > 99 ? "99+" : waiting)));
  })));
  const [bar, here] = [byId("tabs"), byId(`tab-${current}`)];
  if (here.offsetLeft + here.offsetWidth > bar.scrollLeft + bar.clientWidth || here.offsetLeft < bar.scrollLeft) {
    bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2; // on a phone they don't all fit
  }
}

const count = debounced(async () => {
  try {
    page.counts = await get("counts");
    tabs();
    if (page.shown === "flow") refresh();
  } catch { /* said where the view is loaded */ }
}, 700);

function route() {
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("/");
  return [name in VIEWS ? name : "flow", rest.map(decodeURIComponent).join("/")];
}

let refresh = () => {};

/** Show the view that the address names, and keep it up to date. */
async function show() {
  for (const end of page.leave.splice(0)) end();
  const [name, about] = route();
  const view = VIEWS[name];
  const fresh = page.shown !== name;
  page.shown = name;
  tabs();
  document.title = `${t(`view.${name}`)} · Neural Hive-Mind`;
  const context = { me: page.me, about, counts: () => page.counts, signIn: () => signIn(begin), refresh: () => refresh(), say };
  const body = h("div", { id: "view", class: `view view-${name}` }, h("p", { class: "muted" }, t("loading")));
  put(byId("main"),
    h("div", { class: "head" }, h("h1", null, t(`view.${name}`)), h("p", { class: "muted" }, t(`about.${name}`, { app: page.me.app_id }))), body);
  if (!fresh && about) byId("main").focus({ preventScroll: true });
  let left = false;
  const load = async () => {
    try {
      const data = await view.load(context);
      if (!left) put(body, view.render(data, context));
    } catch (error) {
      if (error.code === "sign-in") return begin();
      if (!left) put(body, problem(error));
    }
    return null;
  };
  refresh = debounced(load, view.pace ?? 250);
  page.leave.push(() => {
    left = true;
  });
  for (const kind of view.kinds) page.leave.push(on(kind, refresh));
  if (view.told) page.leave.push(on("flow", (data) => !left && view.told(data, context, body)));
  await load();
}

function problem(error) {
  return h("div", { class: "card problem", role: "alert" }, h("b", null, t("error.title")), h("p", null, told(error)));
}

/** Call at most once in `ms`, the last time for sure. */
function debounced(call, ms) {
  let timer = null;
  let running = false;
  let again = false;
  const go = async () => {
    timer = null;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await call();
    } finally {
      running = false;
      if (again) {
        again = false;
        timer = setTimeout(go, ms);
      }
    }
  };
  return () => {
    timer ??= setTimeout(go, ms);
  };
}

for (const kind of ["approvals", "validation", "letters", "experiments"]) on(kind, count);
addEventListener("hashchange", () => page.me?.may_look && show());
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
begin();

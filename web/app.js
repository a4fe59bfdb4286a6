// Which page is shown: #/new, #/runs, #/suites, #/run/ID, #/compare/A/B.
import { ask, h } from "./dom.js";
import { newRun } from "./new_run.js";
import { compare, history } from "./history.js";
import { run } from "./run.js";
import { suites } from "./suites.js";

const main = document.getElementById("main");
let leave = null; // what the page before asks to be done when it goes
let visit = 0;

async function show() {
  const [, page = "new", ...rest] = location.hash.split("/");
  const mine = ++visit;
  if (leave) leave();
  leave = null;
  for (const name of ["new", "runs", "suites"]) {
    const link = document.getElementById("nav-" + name);
    if (name === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const place = h("div");
  main.replaceChildren(place);
  const pages = { new: newRun, runs: history, suites, run, compare };
  try {
    const bye = await (pages[page] || newRun)(place, ...rest.map(decodeURIComponent));
    if (mine === visit) leave = bye || null;
    else if (bye) bye();
  } catch (error) {
    place.replaceChildren(h("div", { class: "notice bad", role: "alert" }, h("b", {}, "This page cannot be shown. "), error.message),
      h("button", { onclick: show }, "Try again"));
  }
}

async function load() {
  const line = document.getElementById("load");
  try {
    const health = await ask("/health");
    line.textContent = `${health.running} running, ${health.queued} queued · ${health.version}`;
  } catch {
    line.textContent = "no connection to the server";
  }
}

function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
}
theme(localStorage.getItem("theme"));
document.getElementById("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  theme(next);
});
addEventListener("hashchange", show);
show();
load();
setInterval(load, 3000);

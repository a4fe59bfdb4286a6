// The table of runs, and two of them side by side.
import { difference, pre } from "./code.js";
import { ask, badge, file, fileOfRun, h, seconds, share, tell, when } from "./dom.js";

const COLUMNS = [["status", "Status"], ["problem", "Problem"], ["started", "Started (UTC)"], ["platform", "Platform"], ["kernels", "Kernels", "n"], ["seconds", "Time", "n"]];
const STATUSES = ["queued", "running", "accepted", "not_verified", "failed", "interrupted", "stopped", "killed"];

export async function history(place) {
  let sort = "-started", timer = 0;
  const chosen = new Set();
  const search = h("input", { id: "search", type: "search", placeholder: "problem, id, message" });
  const status = h("select", { id: "status" }, h("option", { value: "" }, "any"), STATUSES.map((one) => h("option", { value: one }, one.replace("_", " "))));
  const side = h("button", { disabled: true, onclick: () => { location.hash = "#/compare/" + [...chosen].join("/"); } }, "Compare two");
  const table = h("div", { class: "scroll" }), count = h("span", { class: "quiet", role: "status" });

  function head([key, title, kind]) {
    const sorted = sort.replace("-", "") === key;
    return h("th", { class: kind, "aria-sort": sorted ? (sort[0] === "-" ? "descending" : "ascending") : "none" },
      h("button", { onclick: tell(() => { sort = sort === "-" + key ? key : "-" + key; return draw(); }) }, title, sorted ? (sort[0] === "-" ? " ↓" : " ↑") : ""));
  }
  function row(run) {
    const box = h("input", { type: "checkbox", "aria-label": "Compare " + run.id, checked: chosen.has(run.id) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(run.id); else chosen.delete(run.id);
      side.disabled = chosen.size !== 2;
    });
    const remove = tell(async () => {
      if (!confirm(`Delete ${run.id} and all its files?`)) return;
      await ask("/runs/" + run.id, { method: "DELETE" });
      await draw();
    });
    return h("tr", {}, h("td", {}, box), h("td", {}, badge(run.status)),
      h("td", {}, h("a", { href: "#/run/" + run.id }, file(run.problem)), run.message && h("div", { class: "small quiet" }, run.message.slice(0, 160))),
      h("td", {}, when(run.started), h("div", { class: "small quiet mono" }, run.id)), h("td", {}, run.platform), h("td", { class: "n" }, run.kernels || ""), h("td", { class: "n" }, seconds(run.seconds)),
      h("td", {}, h("button", { class: "danger plain", "aria-label": "Delete " + run.id, onclick: remove, disabled: run.status === "running" }, "Delete")));
  }
  async function draw() {
    const asked = new URLSearchParams({ sort, search: search.value, status: status.value, limit: 200 });
    const list = await ask("/runs?" + asked);
    count.textContent = list.total === 1 ? "1 run" : `${list.total} runs`;
    if (!list.runs.length) {
      const filtered = search.value || status.value;
      table.replaceChildren(h("p", { class: "notice" }, filtered ? "No run is like that. Clear the search or the filter." : h("span", {}, "No runs yet. ", h("a", { href: "#/new" }, "Start one"), ".")));
      return;
    }
    table.replaceChildren(h("table", {}, h("caption", { class: "skip" }, "Runs"), h("thead", {}, h("tr", {}, h("th", {}, h("span", { class: "small" }, "Compare")), COLUMNS.map(head), h("th", {}, ""))),
      h("tbody", {}, list.runs.map(row))));
  }
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(tell(draw), 200); });
  status.addEventListener("change", tell(draw));
  place.append(h("h1", {}, "Runs"), h("div", { class: "card" },
    h("div", { class: "row" }, h("label", { for: "search" }, "Search"), search, h("label", { for: "status" }, "Status"), status, side, count), table));
  await draw();
}

function facts(run) {
  const certificate = run.certificate || {}, verdict = run.verdict || {};
  const trials = (verdict.trials || []).length;
  return [["Status", badge(run.status)], ["Problem", run.problem], ["Started", when(run.started)], ["Platform", run.platform], ["Time", seconds(run.seconds)],
    ["Kernels", String(run.kernels)], ["Subgraphs", run.plan ? String(run.plan.length) : "–"], ["Input sets", trials ? String(trials) : "–"],
    ["Allowed error used", certificate.worst_bound_used !== undefined ? share(Number(certificate.worst_bound_used)) : "–"],
    ["Message", run.message || "–"], ["Command", h("code", {}, run.command)]];
}

/** The composed programs of two runs, compared. */
async function programs(runs) {
  const [one, other] = await Promise.all(runs.map((run) => fileOfRun(run.id, "compose_out/composed_kernel.py")));
  if (one === null || other === null) return h("p", { class: "notice" }, "They are compared where both runs have composed a program.");
  return one === other ? h("div", {}, h("p", {}, "The same, to the byte."), pre("composed_kernel.py", one)) : difference(one, other);
}

export async function compare(place, first, second) {
  const runs = await Promise.all([first, second].map((id) => ask("/runs/" + id)));
  const [a, b] = runs.map(facts);
  const differs = (at) => (a[at][1].textContent ?? a[at][1]) !== (b[at][1].textContent ?? b[at][1]);
  const kernels = runs.map((run) => new Map((run.plan || []).map((subgraph) => [subgraph.signature, subgraph])));
  const all = [...new Set([...kernels[0].keys(), ...kernels[1].keys()])];
  place.append(h("h1", {}, "Two runs"), h("div", { class: "card scroll" }, h("table", { class: "compare" },
    h("thead", {}, h("tr", {}, h("th", {}, ""), runs.map((run) => h("th", {}, h("a", { href: "#/run/" + run.id }, run.id))))),
    h("tbody", {}, a.map(([title], at) => h("tr", { class: differs(at) ? "chosen" : "" }, h("th", {}, title, differs(at) ? " ≠" : ""), h("td", {}, a[at][1]), h("td", {}, b[at][1])))))),
  h("div", { class: "card scroll" }, h("h2", {}, "Subgraphs"), all.length ? h("table", {}, h("thead", {}, h("tr", {}, runs.map((run) => h("th", {}, run.id)))),
    h("tbody", {}, all.map((signature) => h("tr", {}, kernels.map((map) => h("td", {}, map.has(signature) ? `${map.get(signature).id}: ${map.get(signature).title}` : "–")))))) : h("p", { class: "notice" }, "Neither run has a plan.")),
  h("div", { class: "card" }, h("h2", {}, "Programs, line by line"), await programs(runs)));
}

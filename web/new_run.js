// The form: a problem by text, file or list; the settings of the command line; Run.
import { ask, file, h, tell, text } from "./dom.js";

const TEMPLATE = `import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.relu(x) * 2


def get_inputs():
    return [torch.randn(64, 128)]


def get_init_inputs():
    return []
`;

function field(setting) {
  const id = "setting-" + setting.key;
  const given = setting.given || setting.default;
  const input = setting.choices.length
    ? h("select", { id, name: setting.key, "aria-describedby": id + "-help" },
      setting.choices.map((choice) => h("option", { value: choice, selected: choice === given }, choice)))
    : h("input", { id, name: setting.key, value: setting.given || "", placeholder: setting.default || "none", "aria-describedby": id + "-help", autocomplete: "off" });
  input.dataset.start = input.value;
  // A flag without an argument says what it turns on or off; here its setting is chosen by name.
  const name = setting.argument ? setting.flag.replace(/^--/, "") : setting.key.replace("_", " ");
  return h("div", { class: "field" }, h("label", { for: id }, name), input,
    h("span", { class: "help", id: id + "-help" }, setting.meaning));
}

function services(providers) {
  const rows = providers.services.filter((service) => service.key_variable);
  const state = (service) => (service.key === "set" ? h("span", { class: "badge good" }, "present") : h("span", { class: "badge" }, "missing"));
  return h("details", {}, h("summary", {}, "Keys of model services"),
    h("p", { class: "small quiet" }, "Keys are read from the environment of `kernelagent ui`; they are never shown or sent."),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "service"), h("th", {}, "variable"), h("th", {}, "key"))),
      h("tbody", {}, rows.map((service) => h("tr", {}, h("td", {}, service.prefix || service.name), h("td", { class: "mono" }, service.key_variable), h("td", {}, state(service)))))));
}

export async function newRun(place) {
  const [options, problems, providers] = await Promise.all([ask("/options"), ask("/problems"), ask("/providers").catch(() => null)]);
  let picked = "";

  const area = h("textarea", { id: "problem", spellcheck: "false", "aria-describedby": "problem-help", placeholder: TEMPLATE });
  const name = h("input", { id: "name", value: "problem.py", autocomplete: "off" });
  const chooser = h("select", { id: "chooser" }, h("option", { value: "" }, "your own text"),
    problems.folders.map((folder) => h("optgroup", { label: folder.name },
      folder.problems.map((problem) => h("option", { value: `${folder.name}/${problem}` }, problem)))));
  chooser.addEventListener("change", tell(async () => {
    picked = chooser.value;
    if (!picked) return;
    area.value = await text("/problems/" + picked.split("/").map(encodeURIComponent).join("/"));
    name.value = file(picked);
  }));
  area.addEventListener("input", () => { picked = ""; chooser.value = ""; });
  const take = tell(async (from) => {
    area.value = await from.text();
    name.value = from.name;
    picked = chooser.value = "";
  });
  area.addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    area.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  const upload = h("input", { type: "file", id: "upload", accept: ".py", onchange: (event) => event.target.files[0] && take(event.target.files[0]) });

  const until = h("select", { id: "until" }, h("option", { value: "judge" }, "Full pipeline: verified program"),
    h("option", { value: "write" }, "Kernels only: write and judge each subgraph"), h("option", { value: "plan" }, "Plan only: trace, route, cut"));
  const groups = new Map();
  for (const setting of options.settings) {
    if (!setting.choosable || (!setting.flag && !setting.variable)) continue;
    if (!groups.has(setting.group)) groups.set(setting.group, []);
    groups.get(setting.group).push(field(setting));
  }
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const button = h("button", { class: "main", type: "submit" }, "Run");
  const form = h("form", { class: "columns" },
    h("section", { class: "card" }, h("h2", {}, "Problem"),
      h("div", { class: "row" }, h("label", { for: "chooser" }, "Pick"), chooser, h("label", { for: "upload" }, "or open"), upload),
      h("p", { class: "small quiet", id: "problem-help" }, "Python with class Model(nn.Module), get_inputs() and get_init_inputs(). Paste it here, or drop a file."),
      h("label", { for: "problem" }, "Text"), area,
      h("div", { class: "row" }, h("label", { for: "name" }, "File name"), name)),
    h("section", { class: "card" }, h("h2", {}, "What to do"),
      h("div", { class: "field" }, h("label", { for: "until" }, "Mode"), until), problem, h("p", {}, button, " ", h("span", { class: "small quiet" }, "Ctrl+Enter")),
      h("h2", {}, "Settings"),
      [...groups].map(([group, fields], at) => h("details", { open: at === 0 }, h("summary", {}, group), fields)),
      providers && services(providers)));

  const start = async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      const settings = {};
      for (const input of form.querySelectorAll("[data-start]"))
        if (input.value !== input.dataset.start) settings[input.name] = input.value;
      const order = { until: until.value, settings, ...(picked ? { problem: picked } : { text: area.value, name: name.value }) };
      if (!picked && !area.value.trim()) throw new Error("There is no problem yet: pick one, or paste its text.");
      location.hash = "#/run/" + (await ask("/runs", { method: "POST", body: order })).run;
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); start(); });
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); start(); } });
  place.append(h("h1", {}, "New run"), form);
}

// The form: one of three ways in; a problem by words, text, file or list; the settings of the command line; Run.
import { ask, file, h, tell, text } from "./dom.js";
import { chosenSettings, serviceKeys, settingGroups } from "./settings.js";

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
const WORDS = "Softmax over the last axis of a contiguous float32 tensor of 4096 rows and 1024 columns.";

/** A row of choices of which one holds, as radio buttons that look like tabs. */
function choice(name, legend, options, chosen, changed) {
  return h("fieldset", { class: "choice" }, h("legend", {}, legend), h("div", { class: "choices" }, options.map((option) =>
    h("label", {}, h("input", { type: "radio", name, value: option.name, checked: option.name === chosen, onchange: () => changed(option.name) }),
      h("span", {}, h("b", {}, option.title), option.meaning && h("span", { class: "small quiet" }, option.meaning))))));
}

/** The fields of a program: picked from a list, opened, dropped or typed. */
function programFields(folders) {
  let picked = "";
  const area = h("textarea", { id: "problem", spellcheck: "false", "aria-describedby": "problem-help", placeholder: TEMPLATE });
  const name = h("input", { id: "name", value: "problem.py", autocomplete: "off" });
  const chooser = h("select", { id: "chooser" }, h("option", { value: "" }, "your own text"),
    folders.map((folder) => h("optgroup", { label: folder.name },
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
  return {
    element: h("div", {}, h("div", { class: "row" }, h("label", { for: "chooser" }, "Pick"), chooser, h("label", { for: "upload" }, "or open"), upload),
      h("p", { class: "small quiet", id: "problem-help" }, "Python with class Model(nn.Module), get_inputs() and get_init_inputs(). Paste it here, or drop a file."),
      h("label", { for: "problem" }, "Text"), area, h("div", { class: "row" }, h("label", { for: "name" }, "File name"), name)),
    order() {
      if (picked) return { problem: picked };
      if (!area.value.trim()) throw new Error("There is no problem yet: pick one, or paste its text.");
      return { text: area.value, name: name.value };
    },
  };
}

export async function newRun(place, entry) {
  const [options, problems, providers] = await Promise.all([ask("/options"), ask("/problems"), ask("/providers").catch(() => null)]);
  const program = programFields(problems.folders);
  let mode = options.modes.find((one) => one.name === entry) || options.modes[options.modes.length - 1], source = "program";

  const words = h("textarea", { id: "words", class: "short", "aria-describedby": "words-help", placeholder: WORDS });
  const inWords = h("div", {}, h("label", { for: "words" }, "Describe the problem"), words, h("p", { class: "small quiet", id: "words-help" },
    "Say what is computed, on which shapes and types. The model writes the problem file, which you see at once; what is accepted is accepted against that file until you confirm that it is what you meant."));
  const sources = choice("source", "The problem is given", [{ name: "program", title: "as a program" }, { name: "words", title: "in words" }], source, (name) => { source = name; arrange(); });
  const until = h("select", { id: "until" }, options.phases.map((phase) => h("option", { value: phase }, phase)));
  const last = h("div", { class: "field" }, h("label", { for: "until" }, "last phase"), until);
  const needed = h("div", { class: "notice wait", hidden: true });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const button = h("button", { class: "main", type: "submit" }, "Run");
  const modes = choice("mode", "What to do", options.modes, mode.name, (name) => {
    mode = options.modes.find((one) => one.name === name);
    history.replaceState(null, "", "#/new/" + name); // the same form: what was typed stays
    arrange();
  });
  const groups = settingGroups(options.settings, "Target and judge");
  const form = h("form", {}, modes, h("div", { class: "columns" },
    h("section", { class: "card" }, h("h2", {}, "Problem"), sources, program.element, inWords),
    h("section", { class: "card" }, needed, problem, h("p", {}, button, " ", h("span", { class: "small quiet" }, "Ctrl+Enter")), last,
      h("h2", {}, "Settings"), groups, providers && serviceKeys(providers))));
  const model = form.querySelector("#setting-model"), setting = options.settings.find((one) => one.key === "model");

  function needModel() {
    const asks = source === "words" || mode.route === "agent";
    needed.hidden = !asks || Boolean(model.value || setting.now);
    if (needed.hidden) return;
    const ready = providers ? providers.services.filter((service) => service.set_up && service.key === "set") : [];
    const show = h("button", { type: "button", class: "plain", onclick: () => { model.closest("details").open = true; model.focus(); } }, "Name a model");
    needed.replaceChildren(h("b", {}, "A model writes this, and none is named. "), ready.length
      ? `Among the settings; ${ready.map((service) => service.prefix).join(", ")} ${ready.length === 1 ? "has its" : "have their"} key. `
      : "No service has its key: set one, for example OPENAI_API_KEY or ANTHROPIC_API_KEY, in the environment or in .env, and start kernelagent ui again. ", show);
  }
  function arrange() {
    if (!mode.takes_words) source = "program";
    sources.hidden = !mode.takes_words;
    inWords.hidden = source !== "words";
    program.element.hidden = source === "words";
    last.hidden = mode.name !== "pipeline" || source === "words";
    until.value = mode.until;
    if (mode.route === "agent" || source === "words") model.closest("details").open = true;
    needModel();
  }
  model.addEventListener("input", needModel);

  async function start() {
    problem.hidden = true;
    button.disabled = true;
    try {
      const order = { mode: mode.name, settings: chosenSettings(form) };
      if (!last.hidden) order.until = until.value;
      if (source === "words" && !words.value.trim()) throw new Error("There is no description yet: say in words what is wanted.");
      Object.assign(order, source === "words" ? { words: words.value } : program.order());
      location.hash = "#/run/" + (await ask("/runs", { method: "POST", body: order })).run;
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); start(); });
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); start(); } });
  place.append(h("h1", {}, "New run"), form);
  arrange();
}

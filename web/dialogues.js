// What models were asked and what became of it: a lane for each worker, a step for each round, and below them the round that is looked at.
import { difference, pre } from "./code.js";
import { ask, h, share, text } from "./dom.js";

const MANY = 6; // groups of lanes that are all unfolded

const title = (lane) => (lane.phase === "write" ? lane.subgraph : lane.phase === "problem" ? "The problem, from words" : "The program, rewritten so that it can be traced");

function verdictTable(verdict) {
  const rows = (verdict.trials || []).flatMap((trial) => (trial.outputs || []).map((output) => h("tr", {}, h("td", {}, trial.distribution), h("td", {}, output.name),
    ["rms_error", "rms_allowed", "max_error"].map((key) => h("td", { class: "n" }, Number(output[key]).toExponential(2))), h("td", { class: "n" }, share(Number(output.bound_used))),
    h("td", { class: "small" }, output.problem || ""))));
  return h("div", {}, rows.length > 0 ? h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Input set", "Output"].map((name) => h("th", {}, name)), ["Error, rms", "Allowed", "Largest error", "Of the bound"].map((name) => h("th", { class: "n" }, name)), h("th", {}, "What is wrong"))), h("tbody", {}, rows))) : h("p", { class: "quiet small" }, "It was refused before it ran on any input."));
}

export function dialogues(id, story) {
  const groups = h("div"), panel = h("div", { class: "round" }), element = h("section", { class: "card", hidden: true }, h("h2", {}, "Workers, round by round"), groups, panel);
  const chips = new Map();
  let opened = "", moving = true, shown = "";
  const address = (round, name) => `/runs/${id}/files/${[...round.folder.split("/"), name].map(encodeURIComponent).join("/")}`;
  const source = (round) => round.files.find((name) => name.endsWith(".py"));

  /** What a round came to, in a word or two; the kind colours it. */
  function state(lane, round) {
    const checked = story.answers.find((answer) => answer.phase === lane.phase && answer.seed === lane.seed && answer.round === round.round);
    if (round.verdict) {
      const used = round.verdict.bound_used;
      return [round.verdict.verdict.startsWith("accepted") ? "good" : "bad", `${round.verdict.verdict}${used ? " " + share(used) : ""}`];
    }
    if (checked && lane.phase !== "write") return checked.fault ? ["bad", "sent back"] : ["good", "taken"];
    const has = (name) => round.files.includes(name);
    if (has("feedback.md")) return ["bad", source(round) ? "sent back" : "no kernel in the reply"];
    if (source(round)) return moving ? ["wait", "is judged …"] : ["", "given up"];
    return moving ? ["wait", "is asked …"] : ["", "no reply"];
  }

  async function open(lane, round, last) {
    opened = round.folder;
    for (const [folder, chip] of chips) chip.setAttribute("aria-pressed", String(folder === opened));
    const content = h("div"), tabs = h("div", { class: "tabs", role: "group", "aria-label": "This round" });
    const show = (make) => async (event) => {
      for (const tab of tabs.children) tab.setAttribute("aria-pressed", String(tab === event.currentTarget));
      try { content.replaceChildren(await make()); } catch (error) { content.replaceChildren(h("p", { class: "notice bad" }, error.message)); }
    };
    const tab = (name, make) => tabs.append(h("button", { type: "button", "aria-pressed": "false", onclick: show(make) }, name));
    const code = source(round), before = last && source(last);
    if (round.files.includes("verdict.json")) tab("Verdict", async () => verdictTable(JSON.parse(await text(address(round, "verdict.json")))));
    if (code) tab(lane.phase === "write" ? "Kernel" : "Program", async () => pre(code, await text(address(round, code))));
    if (code && before) tab("Changes", async () => difference(await text(address(last, before)), await text(address(round, code))));
    for (const [name, file] of [["Prompt", "prompt.md"], ["Reply", "reply.md"], ["What it was told", "feedback.md"]])
      if (round.files.includes(file)) tab(name, async () => pre(file, await text(address(round, file))));
    panel.replaceChildren(h("h3", {}, `${title(lane)}, worker ${lane.seed}, round ${round.round}`), h("p", { class: "small" }, round.verdict ? `${round.verdict.verdict}: ${round.verdict.reason}` : ""), tabs, content);
    const first = [...tabs.children].find((one) => one.textContent === (before ? "Changes" : "Kernel")) || tabs.children[0];
    if (first) first.click();
  }

  function chip(lane, round, last) {
    const [kind, words] = state(lane, round);
    const button = h("button", { type: "button", class: `chip ${kind}`, "aria-pressed": String(round.folder === opened), onclick: () => open(lane, round, last) }, `${round.round} ${words}`);
    chips.set(round.folder, button);
    return button;
  }

  async function draw(active) {
    moving = active;
    const { lanes } = await ask(`/runs/${id}/dialogues`);
    element.hidden = !lanes.length;
    const now = JSON.stringify([lanes, active, story.answers.length]);
    if (now === shown) return;
    shown = now;
    const focused = [...chips].find(([, chip]) => chip === document.activeElement), folded = new Map([...groups.children].map((group) => [group.dataset.title, group.open]));
    chips.clear();
    const byTitle = new Map();
    for (const lane of lanes) byTitle.set(title(lane), [...(byTitle.get(title(lane)) || []), lane]);
    groups.replaceChildren(...[...byTitle].map(([name, mine]) => h("details", { "data-title": name, open: folded.has(name) ? folded.get(name) : byTitle.size <= MANY }, h("summary", {}, name),
      h("ul", { class: "lanes" }, mine.map((lane) => h("li", {}, h("span", { class: "name small" }, `worker ${lane.seed}`), h("div", { class: "chips" }, lane.rounds.map((round, at) => chip(lane, round, lane.rounds[at - 1])))))))));
    if (focused && chips.has(focused[0])) chips.get(focused[0]).focus();
    if (opened || active || !lanes.length) return;
    // Nobody has chosen yet: the round that was taken, else the last one.
    const all = lanes.flatMap((lane) => lane.rounds.map((round, at) => [lane, round, lane.rounds[at - 1]]));
    const taken = all.find(([lane, round]) => lane.phase === "write" && state(lane, round)[0] === "good") || all[all.length - 1];
    if (taken) await open(...taken);
  }
  let drawing = Promise.resolve();
  return {
    element,
    /** Draws the lanes again where anything has changed; `active` says that the run goes on. One after another: the last answer is drawn last. */
    refresh(active) {
      drawing = drawing.catch(() => {}).then(() => draw(active));
      return drawing;
    },
  };
}

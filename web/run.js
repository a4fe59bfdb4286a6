// One run: live while it goes on, its result when it has ended.
import { pre } from "./code.js";
import { dialogues } from "./dialogues.js";
import { ask, badge, file, h, seconds, share, tell } from "./dom.js";
import { ledger } from "./ledger.js";
import { picture } from "./picture.js";
import { result } from "./result.js";
import { Story, follow } from "./story.js";
import { chosen as tuning, subgraph } from "./subgraph.js";

const ASK_EVERY = 1500; // milliseconds: dialogues and the ledger have no events of their own
const RETRY_AFTER = 2000;
const DRAW_EVERY = 120; // milliseconds: ten thousand events are not ten thousand drawings

export async function run(place, id) {
  const [first, names] = await Promise.all([ask("/runs/" + id), ask("/options")]);
  let details = first, due = 0, drawing = null, drawn = false, chosen = "", gone = false, asked = "";
  const story = new Story(names.phases, names.every_phase), rows = new Map();
  const path = "/runs/" + id;

  const state = h("span", { role: "status" }), lost = h("p", { class: "notice wait", hidden: true }, "The connection to the server is lost; the run goes on without it. Trying again …");
  const act = (name, options) => tell(async () => { await ask(path + name, options); await refresh(); });
  const stop = h("button", { onclick: act("/stop", { method: "POST" }) }, "Stop");
  const resume = h("button", { onclick: tell(async () => { await ask(path + "/resume", { method: "POST" }); again(); }) }, "Resume");
  const confirmed = h("button", { hidden: true, onclick: tell(async () => { await ask(path + "/confirm", { method: "POST" }); again(); }) }, "Confirm: this is the problem I meant");
  const remove = h("button", { class: "danger", onclick: tell(async () => {
    if (!confirm(`Delete ${id} and all its files?`)) return;
    await ask(path, { method: "DELETE" });
    location.hash = "#/runs";
  }) }, "Delete");
  const phases = h("ol", { class: "phases" });
  const notices = h("div"), outcome = h("div"), plan = h("div"), written = h("div"), detail = h("div", { "aria-live": "off" });
  const body = h("tbody"), lanes = h("ul", { class: "lanes" });
  const table = h("section", { class: "card", hidden: true }, h("h2", {}, "Subgraphs"),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["Subgraph", "What", "Kernel"].map((name) => h("th", {}, name)),
      ["Error used", "Time", "Places"].map((name) => h("th", { class: "n" }, name)))), body)));
  const work = h("section", { class: "card", hidden: true }, h("h2", {}, "Candidates, in the order they were judged"), lanes);
  const lanesOfModels = dialogues(id, story), account = ledger(id);
  const log = h("pre", { tabindex: "0", "aria-label": "events" });
  const logbox = h("details", { class: "card", ontoggle: () => drawLog() }, h("summary", {}, "Log: every event"), log);

  place.append(h("h1", {}, file(details.problem), " ", state), lost,
    h("div", { class: "row card" }, stop, resume, remove, h("a", { class: "button", href: `/api/v1${path}/archive` }, "Download all (.tar.gz)"), h("span", { class: "mono quiet" }, id)),
    h("section", { class: "card", "aria-label": "Phases" }, phases), notices, written, outcome, lanesOfModels.element, account.element, h("div", { class: "columns" }, h("div", {}, plan, table), h("div", {}, detail, work)), logbox);

  function choose(name) {
    chosen = name;
    for (const [key, row] of rows) row.element.classList.toggle("chosen", key === name);
    const all = [...story.subgraphs.keys()];
    if (drawing) drawing.mark(all.indexOf(name));
    subgraph(detail, id, story, name);
  }
  function row(one) {
    const button = h("button", { class: "link", onclick: () => choose(one.id) }, one.id);
    const cells = ["", "", "", ""].map((_, at) => h("td", { class: at ? "n" : "" }));
    const element = h("tr", {}, h("td", {}, button), h("td", {}, one.title), cells);
    const chips = h("div", { class: "chips" });
    const lane = h("li", {}, h("span", { class: "name small" }, one.id), chips);
    body.append(element);
    lanes.append(lane);
    return { element, cells, chips, shown: 0 };
  }
  function drawSubgraph(one) {
    if (!rows.has(one.id)) rows.set(one.id, row(one));
    const { cells, chips } = rows.get(one.id);
    const kernel = one.kernel;
    cells[0].replaceChildren(kernel ? h("span", { class: "badge good" }, `${kernel.author}, ${kernel.how}`) : one.failure ? h("span", { class: "badge bad" }, "none")
      : one.candidates.length ? h("span", { class: "badge running" }, `${one.candidates.length} judged`) : h("span", { class: "badge" }, "waiting"));
    cells[1].textContent = kernel ? share(kernel.bound_used || 0) : "";
    cells[2].textContent = kernel && kernel.milliseconds ? kernel.milliseconds.toFixed(3) + " ms" : "";
    cells[2].title = one.tuned ? tuning(one.tuned) : "";
    cells[3].textContent = one.count || 1;
    const mine = rows.get(one.id);
    for (; mine.shown < one.candidates.length; mine.shown++) {
      const candidate = one.candidates[mine.shown], good = candidate.verdict.startsWith("accepted");
      chips.append(h("span", { class: "chip " + (good ? "good" : "bad"), title: `${candidate.schedule || ""} ${candidate.reason || ""}`.trim() }));
    }
    one.candidates.forEach((candidate, at) => { // a time may come later than the verdict
      chips.children[at].textContent = `${candidate.author} ${candidate.number || at + 1}: ${candidate.verdict}${candidate.milliseconds ? ` ${candidate.milliseconds.toFixed(3)} ms` : ""} · ${seconds(candidate.seconds)}`;
    });
  }
  function drawPhases() {
    const steps = story.steps();
    while (phases.children.length !== steps.length) if (phases.children.length < steps.length) phases.append(h("li")); else phases.lastChild.remove();
    steps.forEach((phase, at) => {
      const item = phases.children[at], word = { done: "✓", now: "…", broken: "✗" }[phase.state] || "";
      item.className = phase.state;
      item.replaceChildren(h("b", {}, `${word} ${phase.name}`, h("span", {}, seconds(phase.seconds))), h("span", { class: "quiet" }, phase.reused ? "kept: " : "", phase.summary));
    });
  }
  function drawNotices() {
    const end = story.end, lines = story.warnings.map((warning) => h("p", { class: "notice wait" }, warning));
    if (end && end.status !== "accepted") {
      const kind = end.status === "failed" || end.status === "not_verified" ? "bad" : "wait";
      lines.push(h("p", { class: "notice " + kind }, h("b", {}, end.status.replace("_", " "), ". "), end.message, end.where && ` (${end.where})`, end.hint && h("span", {}, h("br"), end.hint)));
    }
    if (details.status === "killed") lines.push(h("div", { class: "notice bad" }, h("b", {}, "killed. "), details.message, details.console && h("pre", {}, details.console)));
    notices.replaceChildren(...lines);
  }
  function drawLog() {
    if (!logbox.open) return;
    log.textContent = story.events.map((event) => `${event.time}  ${JSON.stringify({ ...event, time: undefined })}`).join("\n");
  }
  function drawProblem() {
    if (!story.problem || written.dataset.text === story.problem.text) return;
    written.dataset.text = story.problem.text;
    written.replaceChildren(h("section", { class: "card" }, h("h2", {}, "The problem, as a model wrote it"), h("p", {}, `${story.problem.author} wrote it from: `, h("q", {}, details.run.description || "")),
      pre("problem.py", story.problem.text), h("div", { class: "row" }, confirmed, h("span", { class: "small quiet" }, "The verdict says that a model wrote the problem until a person confirms it; the program is then judged again."))));
  }
  async function drawPlan() {
    if (drawing || drawn || !story.subgraphs.size) return;
    drawn = true;
    try {
      drawing = await picture(id, (index) => choose([...story.subgraphs.keys()][index]));
      plan.replaceChildren(h("section", { class: "card" }, h("h2", {}, "Plan"), drawing.element));
      drawing.fit();
      if (chosen) choose(chosen);
    } catch (error) {
      plan.replaceChildren(h("p", { class: "notice" }, "There is no picture of the plan: ", error.message));
    }
  }
  function draw() {
    due = 0;
    if (gone) return;
    drawPhases();
    drawNotices();
    drawProblem();
    for (const name of story.changed) drawSubgraph(story.subgraphs.get(name));
    if (chosen && story.changed.has(chosen)) subgraph(detail, id, story, chosen);
    story.changed.clear();
    table.hidden = work.hidden = !story.subgraphs.size;
    drawPlan();
    drawLog();
    if (!chosen && story.subgraphs.size) choose([...story.subgraphs.keys()][0]);
  }
  const soon = () => { if (!due) due = setTimeout(draw, DRAW_EVERY); };

  function buttons() {
    const ended = details.activity === "ended";
    state.replaceChildren(badge(details.status));
    stop.hidden = ended;
    resume.hidden = !ended || details.status === "accepted";
    resume.textContent = details.status === "stopped" ? "Go on: the whole pipeline" : "Resume";
    confirmed.hidden = !ended || !details.verdict || !details.verdict.qualifier || !story.problem;
    remove.disabled = details.activity === "running";
  }
  async function refresh() {
    details = await ask(path);
    if (gone) return;
    buttons();
    soon();
    // Drawn again only when something new is there: nobody's selection is lost.
    const now = JSON.stringify([details.status, details.verdict !== null, details.certificate !== null]);
    const over = now !== asked && details.activity === "ended";
    asked = now;
    await models();
    if (over) outcome.replaceChildren(await result(details, story));
  }
  async function models() {
    if (!gone) await Promise.all([lanesOfModels.refresh(details.activity === "running"), account.refresh()]);
  }
  const clock = setInterval(() => { if (details.activity === "running" && details.run.settings.model) models().catch(() => {}); }, ASK_EVERY);
  const changed = tell(async (activity) => {
    lost.hidden = activity !== "lost";
    if (activity === "lost" || gone) return;
    try {
      await refresh();
    } catch (error) {
      setTimeout(() => changed(activity), RETRY_AFTER); // nothing else would tell how it ended
      throw error;
    }
  });
  let end = null;
  function again() {
    if (end) end();
    story.begin();
    story.events.length = 0;
    rows.clear();
    body.replaceChildren();
    lanes.replaceChildren();
    outcome.replaceChildren();
    asked = "";
    end = follow(id, (event) => {
      if (event.event === "run_started") { rows.clear(); body.replaceChildren(); lanes.replaceChildren(); drawn = Boolean(drawing); }
      story.hear(event);
      soon();
    }, changed);
  }
  buttons();
  again();
  draw();
  return () => { gone = true; end(); clearTimeout(due); clearInterval(clock); };
}

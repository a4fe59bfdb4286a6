// Suites: start one, stop it, go on with it; the table of them, and the problems of the one that is looked at.
import { ask, badge, h, seconds, tell, when } from "./dom.js";
import { chosenSettings, settingGroups } from "./settings.js";

const OF_RUNS = new Set(["jobs", "extract_model", "router_model"]); // settings that a suite does not take

async function form(started, some) {
  const [options, { folders }] = await Promise.all([ask("/options"), ask("/problems")]);
  const list = h("select", { id: "suite-problems", multiple: true, size: 8 }, folders.map((folder) => h("optgroup", { label: folder.name },
    h("option", { value: folder.name }, `all of ${folder.name} (${folder.problems.length})`), folder.problems.map((problem) => h("option", { value: `${folder.name}/${problem}` }, problem)))));
  const files = h("input", { type: "file", id: "suite-files", multiple: true, accept: ".py" });
  const first = h("input", { id: "suite-first", type: "number", min: 1, placeholder: "all" }), jobs = h("input", { id: "suite-jobs", type: "number", min: 1, max: 256, placeholder: "as fits the machine" });
  const bench = h("input", { id: "suite-bench", type: "checkbox", checked: true });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true }), button = h("button", { class: "main", type: "submit" }, "Start suite");
  const field = (id, label, input, help) => h("div", { class: "field" }, h("label", { for: id }, label), input, h("span", { class: "help" }, help));
  const all = h("form", { class: "columns" },
    h("div", {}, h("label", { for: "suite-problems" }, "Problems and folders (several with Ctrl or Shift)"), list, h("div", { class: "row" }, h("label", { for: "suite-files" }, "and files"), files)),
    h("div", {}, field("suite-first", "at most", first, "problems"), field("suite-jobs", "at a time", jobs, "problems judged side by side"),
      h("div", { class: "field" }, h("label", { for: "suite-bench" }, "time them"), h("span", {}, bench), h("span", { class: "help" }, "against eager and torch.compile, where there is a GPU")),
      settingGroups(options.settings.filter((setting) => !OF_RUNS.has(setting.key)), ""), problem, h("p", {}, button)));
  all.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    try {
      const texts = await Promise.all([...files.files].map(async (one) => ({ name: one.name, text: await one.text() })));
      const problems = [...list.selectedOptions].map((option) => option.value);
      if (!problems.length && !texts.length) throw new Error("Choose problems, a folder, or files first.");
      await ask("/suites", { method: "POST", body: { problems, texts, bench: bench.checked, first: Number(first.value) || 0, jobs: Number(jobs.value) || 0, settings: chosenSettings(all) } });
      await started();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  });
  return h("details", { class: "card", open: !some }, h("summary", {}, "New suite"), all);
}

export async function suites(place, chosen = "") {
  const table = h("div", { class: "card scroll" }), detail = h("div"), news = h("div", { role: "status" });
  let drawn = "", detailed = "", awaited = null; // the suites that were there when one was started
  const state = (suite) => (suite.running ? "running" : suite.judged < suite.problems || !suite.problems ? "interrupted" : "done");
  const act = (suite, what) => tell(async (event) => {
    event.currentTarget.disabled = true;
    try { await ask(`/suites/${suite.id}/${what}`, { method: "POST" }); } finally { drawn = ""; await draw(); }
  });

  function row(suite) {
    const now = state(suite);
    return h("tr", { class: suite.id === chosen ? "chosen" : "" }, h("td", { class: "mono" }, h("a", { href: "#/suites/" + suite.id }, suite.id)), h("td", {}, when(suite.started)),
      h("td", {}, suite.gpu || "Triton's interpreter"), h("td", {}, badge(now)), h("td", { class: "n" }, String(suite.accepted)), h("td", { class: "n" }, `${suite.judged} of ${suite.problems}`),
      h("td", { class: "n" }, seconds(suite.seconds)), h("td", {}, suite.report ? h("a", { href: `/api/v1/suites/${suite.id}/report`, target: "_blank", rel: "noopener" }, "Report") : ""),
      h("td", {}, suite.running ? h("button", { onclick: act(suite, "stop") }, "Stop") : now === "interrupted" && h("button", { onclick: act(suite, "resume") }, "Resume")));
  }
  async function drawDetail() {
    if (!chosen) return;
    const suite = await ask("/suites/" + chosen), now = JSON.stringify(suite);
    if (now === detailed) return;
    detailed = now;
    detail.replaceChildren(h("section", { class: "card" }, h("h2", {}, "Problems of ", h("span", { class: "mono" }, chosen)), h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Problem", "Status", "Why"].map((title) => h("th", {}, title)), ["Time", "Times faster"].map((title) => h("th", { class: "n" }, title)))),
      h("tbody", {}, suite.rows.map((one) => h("tr", {}, h("td", {}, one.run ? h("a", { href: "#/run/" + one.run }, one.problem) : one.problem), h("td", {}, badge(one.judged ? one.status : one.run && suite.running ? "running" : "waiting")),
        h("td", { class: "small" }, one.status === "accepted" ? "" : one.reason), h("td", { class: "n" }, seconds(one.seconds)), h("td", { class: "n" }, one.speedup ? one.speedup.toFixed(2) + " ×" : "–"))))))));
  }
  async function draw() {
    const { suites: list, starting, failure } = await ask("/suites"), now = JSON.stringify([list, starting, failure]);
    const fresh = awaited && list.find((suite) => !awaited.has(suite.id));
    if (fresh) [chosen, awaited] = [fresh.id, null];
    await drawDetail();
    if (now === drawn) return;
    drawn = now;
    news.replaceChildren(...[starting && h("p", { class: "notice wait" }, "A suite is being started: it looks at Python, torch and Triton first …"),
      failure && h("p", { class: "notice bad" }, h("b", {}, "The suite did not go on. "), failure)].filter(Boolean));
    if (!list.length) {
      table.replaceChildren(h("p", { class: "notice" }, "No suite yet. Start one above; ", h("code", {}, "kernelagent suite FOLDER"), " does the same."));
      return;
    }
    table.replaceChildren(h("table", {}, h("caption", { class: "skip" }, "Suites"), h("thead", {}, h("tr", {}, ["Suite", "Started (UTC)", "On", "State"].map((title) => h("th", {}, title)),
      ["Accepted", "Judged", "Time"].map((title) => h("th", { class: "n" }, title)), h("th", {}, ""), h("th", {}, ""))), h("tbody", {}, list.map(row))));
  }
  place.append(h("h1", {}, "Suites"), await form(async () => {
    awaited = new Set((await ask("/suites")).suites.map((suite) => suite.id));
    await draw();
  }, (await ask("/suites")).suites.length > 0), news, table, detail);
  await draw();
  const timer = setInterval(() => draw().catch(() => {}), 3000);
  return () => clearInterval(timer);
}

// The table of suites; each row leads to its report.
import { ask, h, seconds, when } from "./dom.js";

export async function suites(place) {
  const table = h("div", { class: "card scroll" });
  place.append(h("h1", {}, "Suites"), table);
  const state = (suite) => (suite.running ? "running" : suite.judged < suite.problems ? "interrupted" : "done");
  const link = (suite) => (suite.report
    ? h("a", { href: `/api/v1/suites/${suite.id}/report`, target: "_blank", rel: "noopener" }, suite.id) : suite.id);
  async function draw() {
    const list = (await ask("/suites")).suites;
    if (!list.length) {
      table.replaceChildren(h("p", { class: "notice" }, "No suite yet. ", h("code", {}, "kernelagent suite FOLDER"), " runs all problems of a folder."));
      return;
    }
    table.replaceChildren(h("table", {}, h("caption", { class: "skip" }, "Suites"),
      h("thead", {}, h("tr", {}, ["Report", "Started (UTC)", "On", "State"].map((title) => h("th", {}, title)),
        ["Accepted", "Problems", "Time"].map((title) => h("th", { class: "n" }, title)))),
      h("tbody", {}, list.map((suite) => h("tr", {}, h("td", { class: "mono" }, link(suite)), h("td", {}, when(suite.started)),
        h("td", {}, suite.gpu || "Triton's interpreter"), h("td", {}, state(suite)), h("td", { class: "n" }, String(suite.accepted)),
        h("td", { class: "n" }, String(suite.problems)), h("td", { class: "n" }, seconds(suite.seconds)))))));
  }
  await draw();
  const timer = setInterval(() => draw().catch(() => {}), 3000);
  return () => clearInterval(timer);
}

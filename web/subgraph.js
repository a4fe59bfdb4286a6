// One subgraph: its operators, why it was cut there, its candidates, its code round by round.
import { difference, pre } from "./code.js";
import { ask, h, seconds, share, text } from "./dom.js";

function reasons(story, name) {
  const cuts = story.cuts.filter((cut) => cut.producer === name || cut.consumer === name);
  if (!cuts.length) return h("p", { class: "quiet small" }, "No cut: nothing of the program borders on it.");
  return h("ul", {}, cuts.map((cut) => h("li", {}, h("span", { class: "mono small" }, `${cut.producer} | ${cut.consumer}`), ` at ${cut.value}: `, cut.reason)));
}

function candidates(one) {
  if (!one.candidates.length) return null;
  return h("details", { open: one.candidates.length < 6 }, h("summary", {}, `Candidates (${one.candidates.length})`), h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", {}, "Author"), h("th", {}, "Verdict"), h("th", { class: "n" }, "Error used"), h("th", { class: "n" }, "Judged in"), h("th", { class: "n" }, "Time"))),
    h("tbody", {}, one.candidates.map((candidate) => h("tr", {}, h("td", {}, `${candidate.author} ${candidate.number || ""}`), h("td", {}, candidate.verdict, h("div", { class: "small quiet" }, candidate.reason), h("div", { class: "small mono quiet" }, candidate.schedule)),
      h("td", { class: "n" }, candidate.bound_used !== undefined ? share(candidate.bound_used) : ""), h("td", { class: "n" }, seconds(candidate.seconds)),
      h("td", { class: "n" }, candidate.milliseconds ? candidate.milliseconds.toFixed(3) + " ms" : "")))))));
}

/** How the compiler's schedule was chosen. */
export function chosen(tuned) {
  if (tuned.how === "remembered") return `known from ${tuned.source}`;
  if (tuned.how === "alone") return `the only one accepted of ${tuned.judged}`;
  const gain = tuned.first_ms / tuned.milliseconds;
  return `the fastest of ${tuned.timed}` + (gain > 1 ? `, ${gain.toFixed(2)} times as fast as the first choice` : "");
}

/** The file a round's kernel is compared with: the same file one round before. */
function before(all, name) {
  const match = name.match(/^(.*round_)(\d+)(\/.*\.py)$/) || name.match(/^(.*candidate_)(\d+)(\.py)$/);
  const earlier = match && `${match[1]}${Number(match[2]) - 1}${match[3]}`;
  return earlier && all.includes(earlier) ? earlier : null;
}

export async function subgraph(place, id, story, name) {
  const one = story.subgraphs.get(name);
  if (!one) return;
  const same = place.dataset.name === name && place.dataset.done === String(Boolean(one.kernel));
  const code = same ? place.querySelector(".code") : h("div", { class: "code" });
  place.replaceChildren(h("section", { class: "card" }, h("h2", {}, one.id),
    h("p", {}, one.title, h("span", { class: "small quiet" }, ` · ${one.type}`)),
    h("dl", { class: "facts small" }, h("dt", {}, "reads"), h("dd", { class: "mono" }, one.inputs), h("dt", {}, "writes"), h("dd", { class: "mono" }, one.outputs),
      one.kernel && [h("dt", {}, "schedule"), h("dd", { class: "mono" }, one.kernel.schedule)],
      one.tuned && [h("dt", {}, "chosen"), h("dd", {}, chosen(one.tuned))], one.failure && [h("dt", {}, "failed"), h("dd", {}, one.failure)]),
    h("h3", {}, "Why it is cut here"), reasons(story, name), candidates(one), code));
  if (same) return;
  place.dataset.name = name;
  place.dataset.done = String(Boolean(one.kernel));
  const all = (await ask(`/runs/${id}/files`)).files.map((file) => file.name);
  if (place.dataset.name !== name) return;
  const prefix = `kernels_out/${name}/`;
  const files = all.filter((path) => path.startsWith(prefix) && /\.(py|json|txt|md)$/.test(path));
  if (!files.length) {
    code.replaceChildren(h("p", { class: "quiet small" }, "Its files appear when its kernel is being written."));
    return;
  }
  const content = h("div"), tabs = h("div", { class: "tabs", role: "group", "aria-label": "Files of this subgraph" });
  const open = async (path, button) => {
    for (const other of tabs.children) other.setAttribute("aria-pressed", String(other === button));
    const address = (which) => `/runs/${id}/files/${which.split("/").map(encodeURIComponent).join("/")}`;
    try {
      const now = await text(address(path)), earlier = before(all, path);
      const changes = earlier && h("button", { onclick: async () => content.replaceChildren(difference(await text(address(earlier)), now)) }, "Changes against the one before");
      content.replaceChildren(...[changes, pre(path, now)].filter(Boolean));
    } catch (error) {
      content.replaceChildren(h("p", { class: "notice bad" }, error.message));
    }
  };
  for (const path of files) {
    const button = h("button", { "aria-pressed": "false", onclick: () => open(path, button) }, path.slice(prefix.length));
    tabs.append(button);
  }
  code.replaceChildren(h("h3", {}, "Files"), tabs, content);
  const first = Math.max(0, files.indexOf(prefix + "kernel.py"));
  await open(files[first], tabs.children[first]);
}

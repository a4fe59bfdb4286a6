// How fast it is and what it took: speed-ups with intervals, the kernels under the roofs, seconds and tokens.
import { ask, copy, h, seconds } from "./dom.js";
import { bars, drawing } from "./plots.js";

const milliseconds = (value) => {
  if (value === null || value === undefined) return "–";
  const [times, unit] = value < 1e-3 ? [1e6, "ns"] : value < 0.1 ? [1e3, "µs"] : [1, "ms"];
  return `${Number((value * times).toPrecision(3))} ${unit}`;
};
const scaled = (value, unit) => {
  const power = value > 0 ? Math.min(4, Math.max(0, Math.floor(Math.log10(value) / 3))) : 0;
  return `${(value / 1000 ** power).toPrecision(3)} ${["", "k", "M", "G", "T"][power]}${unit}`;
};

/** A line that can be copied, for what the page cannot do itself. */
export function command(words) {
  const button = h("button", { type: "button", onclick: () => copy(words, button) }, "Copy");
  return h("div", { class: "row" }, h("code", {}, words), button);
}

function speedups(bench, id) {
  if (!bench) {
    return h("div", { class: "notice" }, h("p", {}, "The program was not timed against PyTorch. On a machine with a CUDA GPU this takes turns with eager, torch.compile and reduce-overhead and keeps the times in the run:"),
      command(`kernelagent bench ${id}`));
  }
  const timed = bench.speedups.filter((one) => one.speedup), failed = bench.speedups.filter((one) => !one.speedup);
  return h("div", {}, timed.length > 0 && bars("Times faster than PyTorch; the line is the interval", timed.map((one) => ({ name: one.name, value: one.speedup, low: one.low, high: one.high })),
    { limit: 1, word: "as fast", unit: (value, row) => `${value.toFixed(2)} × (${row.low.toFixed(2)} – ${row.high.toFixed(2)})` }),
  h("p", { class: "small quiet" }, `The program takes ${milliseconds(bench.candidate.median_ms)}`, bench.gpu && ` on ${bench.gpu}`, `, measured ${bench.measured.slice(0, 10)}. `,
    "An interval is what the 95 % intervals of both medians leave."),
  failed.map((one) => h("p", { class: "notice wait" }, h("b", {}, one.name, ": "), one.failure)));
}

function kernels(all, roofs) {
  const head = [["Kernel"], ["Moves", "n"], ["FLOP", "n"], ["FLOP/byte", "n"], ["Time", "n"], ["Floor", "n"], ["Of the floor", "n"], ["Bound by"]];
  return h("div", { class: "scroll" }, h("table", {}, h("caption", { class: "skip" }, "Kernels"), h("thead", {}, h("tr", {}, head.map(([title, kind]) => h("th", { class: kind }, title)))),
    h("tbody", {}, all.map((kernel) => h("tr", {}, h("td", {}, kernel.id, kernel.count > 1 && h("span", { class: "quiet" }, ` × ${kernel.count}`)), h("td", { class: "n" }, scaled(kernel.bytes, "B")), h("td", { class: "n" }, scaled(kernel.flops, "")),
      h("td", { class: "n" }, kernel.bytes ? (kernel.flops / kernel.bytes).toPrecision(3) : "–"), h("td", { class: "n" }, milliseconds(kernel.milliseconds)), h("td", { class: "n" }, roofs ? milliseconds(kernel.floor_ms) : "–"),
      h("td", { class: "n" }, kernel.share_of_floor ? `${Math.round(kernel.share_of_floor * 100)} %` : "–"), h("td", {}, kernel.bound_by || "–"))))));
}

async function roofline(id, found) {
  const parts = [];
  if (!found.roofs || !found.kernels.some((kernel) => kernel.bytes > 0)) return h("p", { class: "notice" }, "There is no roofline: nobody has measured what this GPU can do.");
  try {
    const svg = await drawing(`/runs/${id}/roofline.svg`);
    svg.classList.add("roofline");
    parts.push(h("div", { class: "scroll" }, svg));
  } catch (error) {
    parts.push(h("p", { class: "notice" }, "There is no roofline: ", error.message));
  }
  if (found.roofs) {
    parts.push(h("p", { class: "small quiet" }, `Roofs of ${found.roofs.gpu}: ${scaled(found.roofs.bytes_per_second, "B/s")}, ${scaled(found.roofs.flops_per_second, "FLOP/s")} at float32 accuracy. `,
      found.roofs.is_example ? "" : `${found.roofs.note}. `, found.kernels.every((kernel) => kernel.milliseconds === null) &&
      "No kernel was timed, so each stands at the roof: where it would be if nothing were lost. A run on a GPU times a subgraph's kernels where it has several to choose from (--candidates, --no-cache)."));
  }
  return parts;
}

function spent(story, account) {
  const phases = story.steps().filter((phase) => phase.seconds > 0).map((phase) => ({ name: phase.name, value: phase.seconds }));
  const totals = account.totals;
  return h("div", { class: "columns even" }, h("div", {}, phases.length > 0 && bars("Seconds of each phase", phases, { unit: (value) => seconds(value) })),
    h("div", {}, h("dl", { class: "facts" }, h("dt", {}, "whole run"), h("dd", {}, seconds(story.end ? story.end.seconds : 0) || "–"), h("dt", {}, "models"),
      h("dd", {}, totals.calls ? `${totals.calls} calls, ${totals.input_tokens + totals.output_tokens} tokens, ${totals.usd.toFixed(4)} USD, ${seconds(totals.seconds)} of waiting` : "no model was asked"))));
}

/** The cards of a run that has ended; nothing where it has no kernel. */
export async function performance(id, story) {
  const [found, account] = await Promise.all([ask(`/runs/${id}/performance`), ask(`/runs/${id}/ledger`)]);
  const cost = h("section", { class: "card" }, h("h2", {}, "Time and cost"), spent(story, account));
  if (!found.kernels.length) return [cost];
  const missing = found.missing.map((one) => h("li", {}, one));
  return [h("section", { class: "card" }, h("h2", {}, "Speed"), speedups(found.bench, id), h("h3", {}, "Every kernel under the roof"), await roofline(id, found), kernels(found.kernels, found.roofs),
    missing.length > 0 && h("ul", { class: "small quiet" }, missing)), cost];
}

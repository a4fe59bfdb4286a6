// What came of a run: the verdict with its figures, speed and cost, the program, the command that repeats it.
import { pre } from "./code.js";
import { copy, file, fileOfRun, h, share } from "./dom.js";
import { performance } from "./performance.js";
import { bars } from "./plots.js";

/** The largest share of the allowed error for each kind of input. */
function margins(verdict) {
  const worst = new Map();
  for (const trial of verdict.trials || [])
    for (const output of trial.outputs || []) {
      const used = Number(output.bound_used);
      if (Number.isFinite(used)) worst.set(trial.distribution, Math.max(worst.get(trial.distribution) || 0, used));
    }
  if (!worst.size) return null;
  return bars("Share of the allowed error used, the worst of each kind of input", [...worst].map(([name, value]) => ({ name, value })), { limit: 1, word: "allowed", unit: share });
}

function certificate(one) {
  const machine = one.machine || {}, versions = machine.versions || {};
  return h("dl", { class: "facts" }, h("dt", {}, "judged on"), h("dd", {}, [machine.gpu && (machine.gpu.name || "GPU"), machine.device, `torch ${versions.torch}`, `Triton ${versions.triton}`].filter(Boolean).join(", ")),
    h("dt", {}, "effort"), h("dd", {}, one.judge.effort, `, ${one.trials ? one.trials.length : 0} input sets`), h("dt", {}, "sandbox"), h("dd", {}, machine.sandbox),
    h("dt", {}, "launches"), h("dd", { class: "mono" }, (one.launches || []).join(", ")), h("dt", {}, "program"), h("dd", { class: "mono" }, "sha256 ", one.program.sha256));
}

/** A card with a file of the run to read, copy and download; null where it was not written. */
async function source(run, title, path, more) {
  const address = `/runs/${run.id}/files/${path}`, name = file(path);
  const content = await fileOfRun(run.id, path);
  if (content === null) return null;
  const button = h("button", { onclick: () => copy(content, button) }, `Copy ${name}`);
  return h("section", { class: "card" }, h("h2", {}, title), h("div", { class: "row" }, button, h("a", { class: "button", href: `/api/v1${address}?download=1` }, `Download ${name}`), more), pre(name, content));
}

export async function result(run, story) {
  const parts = [];
  const verdict = run.verdict;
  if (verdict) {
    const good = String(verdict.verdict).startsWith("accepted");
    parts.push(h("section", { class: "card" }, h("h2", {}, good ? "Accepted: the Triton program computes what the problem computes" : `Verdict: ${verdict.verdict}`),
      h("p", {}, verdict.qualifier && h("b", {}, verdict.qualifier, ". "), verdict.reason), h("div", { class: "columns" }, h("div", {}, margins(verdict)),
        h("div", {}, run.certificate && certificate(run.certificate)))));
    parts.push(...await performance(run.id, story));
    parts.push(await source(run, "Program", "compose_out/composed_kernel.py",
      run.certificate && h("a", { class: "button", href: `/api/v1/runs/${run.id}/files/compose_out/certificate.json?download=1` }, "Download certificate")));
  } else if (run.plan) {
    parts.push(await source(run, "Plan as PyTorch", "fused_code.py", h("span", { class: "small quiet" }, "each subgraph as a module of its own")));
  }
  const button = h("button", { onclick: () => copy(run.command, button) }, "Copy");
  parts.push(h("section", { class: "card" }, h("h2", {}, "The command that repeats it"), h("div", { class: "row" }, button), h("pre", { class: "wrap", tabindex: "0", "aria-label": "command" }, run.command)));
  return h("div", {}, parts);
}

// What came of a run: the program, its certificate, figures as bars, the command that repeats it.
import { pre } from "./code.js";
import { copy, h, share, text } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (content) element.textContent = content;
  return element;
}

/** Horizontal bars; `limit` is a line at that value, `low` and `high` an interval. */
function bars(title, rows, { limit, unit }) {
  const most = Math.max(limit || 0, ...rows.map((row) => row.high || row.value)) * 1.05 || 1, height = rows.length * 24 + 24;
  const svg = shape("svg", { class: "bars", viewBox: `0 0 600 ${height}`, width: "100%", role: "img", "aria-label": `${title}: ${rows.map((row) => `${row.name} ${unit(row.value)}`).join(", ")}` });
  const x = (value) => 170 + (value / most) * 330;
  rows.forEach((row, at) => {
    const y = at * 24 + 6;
    svg.append(shape("text", { x: 162, y: y + 12, "text-anchor": "end" }, row.name), shape("rect", { class: "bar", x: 170, y, width: Math.max(1, x(row.value) - 170), height: 16, rx: 2 }),
      shape("text", { x: x(Math.max(row.high || 0, row.value)) + 6, y: y + 12 }, unit(row.value)));
    if (row.high) svg.append(shape("path", { class: "span", d: `M${x(row.low)} ${y + 8}H${x(row.high)}M${x(row.low)} ${y + 4}v8M${x(row.high)} ${y + 4}v8`, fill: "none" }));
  });
  if (limit) svg.append(shape("line", { class: "limit", x1: x(limit), x2: x(limit), y1: 0, y2: height - 18 }), shape("text", { x: x(limit), y: height - 5, "text-anchor": "middle" }, "allowed"));
  return h("figure", {}, h("figcaption", { class: "quiet small" }, title), svg);
}

/** The largest share of the allowed error for each kind of input. */
function margins(verdict) {
  const worst = new Map();
  for (const trial of verdict.trials || [])
    for (const output of trial.outputs || []) {
      const used = Number(output.bound_used);
      if (Number.isFinite(used)) worst.set(trial.distribution, Math.max(worst.get(trial.distribution) || 0, used));
    }
  if (!worst.size) return null;
  return bars("Share of the allowed error used, the worst of each kind of input", [...worst].map(([name, value]) => ({ name, value })), { limit: 1, unit: share });
}

function certificate(one) {
  const machine = one.machine || {}, versions = machine.versions || {};
  return h("dl", { class: "facts" }, h("dt", {}, "judged on"), h("dd", {}, [machine.gpu && (machine.gpu.name || "GPU"), machine.device, `torch ${versions.torch}`, `Triton ${versions.triton}`].filter(Boolean).join(", ")),
    h("dt", {}, "effort"), h("dd", {}, one.judge.effort, `, ${one.trials ? one.trials.length : 0} input sets`), h("dt", {}, "sandbox"), h("dd", {}, machine.sandbox),
    h("dt", {}, "launches"), h("dd", { class: "mono" }, (one.launches || []).join(", ")), h("dt", {}, "program"), h("dd", { class: "mono" }, "sha256 ", one.program.sha256));
}

export async function result(run) {
  const parts = [], base = `/api/v1/runs/${run.id}/files/`;
  const verdict = run.verdict;
  if (verdict) {
    const good = String(verdict.verdict).startsWith("accepted");
    parts.push(h("section", { class: "card" }, h("h2", {}, good ? "Accepted: the Triton program computes what the problem computes" : `Verdict: ${verdict.verdict}`),
      h("p", {}, verdict.qualifier && h("b", {}, verdict.qualifier, ". "), verdict.reason), h("div", { class: "columns" }, h("div", {}, margins(verdict)),
        h("div", {}, run.certificate && certificate(run.certificate), !run.certificate?.timings && h("p", { class: "quiet small" }, "Nothing was timed: this platform has no clock for kernels.")))));
    try {
      const program = await text(`/runs/${run.id}/files/compose_out/composed_kernel.py`);
      const button = h("button", { onclick: () => copy(program, button) }, "Copy program");
      parts.push(h("section", { class: "card" }, h("h2", {}, "Program"), h("div", { class: "row" }, button,
        h("a", { class: "button", href: base + "compose_out/composed_kernel.py?download=1" }, "Download composed_kernel.py"),
        run.certificate && h("a", { class: "button", href: base + "compose_out/certificate.json?download=1" }, "Download certificate")), pre("composed_kernel.py", program)));
    } catch { /* a program that was refused before it was written: the verdict says why */ }
  }
  const button = h("button", { onclick: () => copy(run.command, button) }, "Copy");
  parts.push(h("section", { class: "card" }, h("h2", {}, "The command that repeats it"), h("div", { class: "row" }, button), h("pre", { class: "wrap", tabindex: "0", "aria-label": "command" }, run.command)));
  return h("div", {}, parts);
}

// Bars drawn as SVG, and drawings of the server taken into the page, where they have its colours.
import { h, text } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
function shape(tag, attributes, content) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (content) element.textContent = content;
  return element;
}

/** Horizontal bars; `limit` is a line at that value with a word under it, `low` and `high` of a row an interval. */
export function bars(title, rows, { limit, word, unit }) {
  const most = Math.max(limit || 0, ...rows.map((row) => row.high || row.value)) * 1.05 || 1, height = rows.length * 24 + (limit ? 24 : 8);
  const svg = shape("svg", { class: "bars", viewBox: `0 0 600 ${height}`, width: "100%", role: "img", "aria-label": `${title}: ${rows.map((row) => `${row.name} ${unit(row.value, row)}`).join(", ")}` });
  const x = (value) => 170 + (value / most) * 290;
  rows.forEach((row, at) => {
    const y = at * 24 + 6;
    svg.append(shape("text", { x: 162, y: y + 12, "text-anchor": "end" }, row.name), shape("rect", { class: "bar", x: 170, y, width: Math.max(1, x(row.value) - 170), height: 16, rx: 2 }),
      shape("text", { x: x(Math.max(row.high || 0, row.value)) + 6, y: y + 12 }, unit(row.value, row)));
    if (row.high) svg.append(shape("path", { class: "span", d: `M${x(row.low)} ${y + 8}H${x(row.high)}M${x(row.low)} ${y + 4}v8M${x(row.high)} ${y + 4}v8`, fill: "none" }));
  });
  if (limit) svg.append(shape("line", { class: "limit", x1: x(limit), x2: x(limit), y1: 0, y2: height - 18 }), shape("text", { x: x(limit), y: height - 5, "text-anchor": "middle" }, word));
  return h("figure", {}, h("figcaption", { class: "quiet small" }, title), svg);
}

/** A drawing that the server makes. */
export async function drawing(path) {
  const parsed = new DOMParser().parseFromString(await text(path), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  if (svg.nodeName !== "svg") throw new Error("the drawing cannot be read");
  return svg;
}

// Python as coloured text, and two texts compared line by line.
import { h } from "./dom.js";

const WORDS = new Set(("False None True and as assert async await break class continue def del elif else except finally for from global " +
  "if import in is lambda nonlocal not or pass raise return try while with yield").split(" "));
const TOKENS = /("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(#[^\n]*)|(\b\d[\w.]*)|([A-Za-z_]\w*)|([\s\S])/g;

/** Colours Python: strings, comments, numbers, keywords. */
export function python(source) {
  const pieces = [];
  let plain = "";
  const add = (kind, word) => {
    if (plain) pieces.push(plain);
    plain = "";
    pieces.push(h("span", { class: kind }, word));
  };
  for (const [all, string, comment, number, word] of source.matchAll(TOKENS)) {
    if (string) add("s", all);
    else if (comment) add("c", all);
    else if (number) add("d", all);
    else if (word && WORDS.has(word)) add("k", all);
    else plain += all;
  }
  if (plain) pieces.push(plain);
  return pieces;
}

export const pre = (name, content) =>
  h("pre", { tabindex: "0", "aria-label": name }, h("code", {}, name.endsWith(".py") ? python(content) : content));

/** What changed from one text to another, as lines; texts too long for a table are shown whole. */
export function difference(before, after) {
  const a = before.split("\n"), b = after.split("\n");
  if (a.length * b.length > 4e6) return pre("kernel.py", after);
  const width = b.length + 1, length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i * width + j] = a[i] === b[j] ? length[(i + 1) * width + j + 1] + 1
        : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
  const lines = [];
  const line = (kind, mark, content) => lines.push(h("span", { class: kind }, `${mark} ${content}\n`));
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) line("", " ", a[i++]), j++;
    else if (j < b.length && (i === a.length || length[i * width + j + 1] > length[(i + 1) * width + j])) line("added", "+", b[j++]);
    else line("removed", "−", a[i++]);
  }
  return h("pre", { tabindex: "0", "aria-label": "changes" }, h("code", {}, lines));
}

// What models have cost, and what is left of the budget.
import { ask, h, seconds, when } from "./dom.js";

const UNITS = { usd: ["US dollars", (value) => value.toFixed(4)], tokens: ["tokens", (value) => value.toLocaleString("en")], calls: ["calls", String] };

export function ledger(id) {
  const facts = h("dl", { class: "facts" }), body = h("tbody"), count = h("summary");
  const element = h("section", { class: "card", hidden: true }, h("h2", {}, "Ledger and budget"), facts, h("details", {}, count, h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["When (UTC)", "What for", "Outcome"].map((name) => h("th", {}, name)), ["Tokens in", "Out", "USD", "Time"].map((name) => h("th", { class: "n" }, name)))), body))));
  let shown = -1;

  function limits(account) {
    const rows = Object.entries(UNITS).filter(([key]) => account.limits[key] !== null).flatMap(([key, [name, text]]) => {
      const most = account.limits[key], left = account.left[key];
      return [h("dt", {}, name), h("dd", {}, h("progress", { max: most, value: most - left, "aria-label": `${name} used` }), ` ${text(left)} of ${text(most)} left`)];
    });
    return rows.length ? rows : [h("dt", {}, "budget"), h("dd", {}, "no limit is set (--budget, --max-calls)")];
  }

  async function refresh() {
    const account = await ask(`/runs/${id}/ledger`), totals = account.totals;
    element.hidden = !account.calls.length && !account.model;
    if (element.hidden || account.calls.length === shown) return;
    shown = account.calls.length;
    const calls = (count) => (count === 1 ? "1 call" : `${count} calls`);
    const unknown = [totals.unpriced && `${calls(totals.unpriced)} without a known price`, totals.unreported && `${calls(totals.unreported)} that said nothing about tokens`].filter(Boolean).join(", ");
    facts.replaceChildren(h("dt", {}, "model"), h("dd", { class: "mono" }, account.model || "–"), h("dt", {}, "calls"), h("dd", {}, `${totals.calls}`, totals.failed > 0 && `, ${totals.failed} of them failed or were cancelled`),
      h("dt", {}, "tokens"), h("dd", {}, `${totals.input_tokens.toLocaleString("en")} in (${totals.cached_tokens.toLocaleString("en")} cached), ${totals.output_tokens.toLocaleString("en")} out`),
      h("dt", {}, "price"), h("dd", {}, `${totals.usd.toFixed(4)} USD`, unknown && h("span", { class: "small quiet" }, `; ${unknown}`)), h("dt", {}, "waited"), h("dd", {}, seconds(totals.seconds) || "–"), ...limits(account));
    count.textContent = `Every call (${account.calls.length})`;
    body.replaceChildren(...account.calls.map((call) => h("tr", {}, h("td", { class: "mono" }, when(call.time)), h("td", {}, call.purpose), h("td", {}, call.outcome), h("td", { class: "n" }, call.usage.reported ? String(call.usage.input) : "–"),
      h("td", { class: "n" }, call.usage.reported ? String(call.usage.output) : "–"), h("td", { class: "n" }, call.usd === null ? "–" : call.usd.toFixed(4)), h("td", { class: "n" }, seconds(call.seconds)))));
  }
  return { element, refresh };
}

// Small things that every page needs: elements, requests, numbers.

/** Makes an element; `on…` are listeners, false and null attributes are left out. Text is text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  if (element.matches(".scroll, .lanes, pre")) element.tabIndex = 0; // what may scroll is scrolled by keys too
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Asks the server; an error has the server's words. */
export async function ask(path, { method = "GET", body } = {}) {
  let reply;
  try {
    reply = await fetch("/api/v1" + path, {
      method,
      headers: method === "GET" ? {} : { "Content-Type": "application/json", "X-KernelAgent": "page" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer. Start `kernelagent ui` again; runs go on without it.");
  }
  const json = (reply.headers.get("Content-Type") || "").startsWith("application/json");
  if (!reply.ok) {
    const error = json ? (await reply.json()).error : { message: reply.statusText };
    throw new Error([error.message, error.where && `(${error.where})`, error.hint && `– ${error.hint}`].filter(Boolean).join(" "));
  }
  return json ? reply.json() : reply.text();
}

export const text = async (path) => {
  const reply = await fetch("/api/v1" + path);
  if (!reply.ok) throw new Error((await reply.json()).error.message);
  return reply.text();
};

/** The text of a run's file; null where the run has no such file. */
export async function fileOfRun(id, path) {
  const { files } = await ask(`/runs/${id}/files`);
  return files.some((file) => file.name === path) ? text(`/runs/${id}/files/${path}`) : null;
}

export function toast(message) {
  const line = h("div", {}, message);
  document.getElementById("toast").append(line);
  setTimeout(() => line.remove(), 9000);
}

/** Wraps a listener so that what goes wrong is said. */
export const tell = (work) => async (event) => {
  try { await work(event); } catch (error) { toast(error.message); }
};

export function seconds(value) {
  if (!value) return "";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}
export const share = (used) => (used === 0 ? "exact" : used <= 1 ? `${(used * 100).toFixed(used < 0.1 ? 1 : 0)} %` : `${used.toFixed(1)} ×`);
export const file = (path) => path.split("/").pop();
export const when = (iso) => (iso ? iso.replace("T", " ").slice(0, 19) : "");
export const badge = (status) => h("span", { class: `badge ${status}` }, status.replace("_", " "));

export async function copy(content, button) {
  try { await navigator.clipboard.writeText(content); } catch {
    const area = h("textarea", {}, content);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}

// The plan as a picture: pan by dragging or arrow keys, zoom by buttons, + and −, or Ctrl and wheel; a node chooses its subgraph.
import { h, text } from "./dom.js";

export async function picture(id, choose) {
  const parsed = new DOMParser().parseFromString(await text(`/runs/${id}/files/plan.svg`), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true);
  if (svg.nodeName !== "svg") throw new Error("plan.svg cannot be read");
  svg.setAttribute("aria-hidden", "true"); // the table of subgraphs says the same
  const frame = h("div", { class: "picture", tabindex: "0", role: "group", "aria-label": "Plan: arrow keys move it, plus and minus zoom" }, svg);
  const size = { width: parseFloat(svg.getAttribute("width")), height: parseFloat(svg.getAttribute("height")) };
  let x = 8, y = 8, scale = 1, held = null;

  const place = () => { svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`; };
  const zoom = (factor, at = { x: frame.clientWidth / 2, y: frame.clientHeight / 2 }) => {
    const next = Math.min(8, Math.max(0.02, scale * factor));
    x = at.x - (at.x - x) * (next / scale);
    y = at.y - (at.y - y) * (next / scale);
    scale = next;
    place();
  };
  const fit = () => {
    const box = svg.getBoundingClientRect(), width = (box.width || size.width) / scale, height = (box.height || size.height) / scale;
    scale = Math.min(1.6, (frame.clientWidth - 16) / width, (frame.clientHeight - 16) / height);
    x = (frame.clientWidth - width * scale) / 2;
    y = 8;
    place();
  };
  frame.addEventListener("pointerdown", (event) => { held = { x: event.clientX - x, y: event.clientY - y, moved: false }; });
  frame.addEventListener("pointermove", (event) => {
    if (!held) return;
    const next = { x: event.clientX - held.x, y: event.clientY - held.y };
    if (!held.moved && Math.hypot(next.x - x, next.y - y) < 4) return;
    if (!held.moved) frame.setPointerCapture(event.pointerId);
    held.moved = true;
    ({ x, y } = next);
    place();
  });
  frame.addEventListener("pointerup", (event) => {
    const node = event.target.closest && event.target.closest(".node");
    if (held && !held.moved && node) {
      const title = node.querySelector("title").textContent;
      if (/^s\d+$/.test(title)) choose(Number(title.slice(1)));
    }
    held = null;
  });
  frame.addEventListener("pointercancel", () => { held = null; });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, { x: event.clientX - box.left, y: event.clientY - box.top });
  }, { passive: false });
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (step) { x += step[0]; y += step[1]; place(); } else if (event.key === "+") zoom(1.25); else if (event.key === "-") zoom(0.8); else if (event.key === "0") fit(); else return;
    event.preventDefault();
  });
  const nodes = [...svg.querySelectorAll(".node")];
  return {
    element: h("div", {}, h("div", { class: "row" },
      h("button", { onclick: () => zoom(1.25), "aria-label": "Zoom in" }, "+"), h("button", { onclick: () => zoom(0.8), "aria-label": "Zoom out" }, "−"),
      h("button", { onclick: fit }, "Fit"), h("span", { class: "small quiet" }, "Drag to move, Ctrl and wheel to zoom, click a box.")), frame),
    fit,
    mark(index) { for (const node of nodes) node.classList.toggle("chosen", node.querySelector("title").textContent === "s" + index); },
  };
}

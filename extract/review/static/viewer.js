// The right: the pages of the paper with the chosen words lit up, or its text where it has no pages.

import { get, pictureOf } from "./api.js";
import { button, fill, h, one } from "./dom.js";
import { litBoxes } from "./lit.js";
import { letMark } from "./marking.js";
import { on, store } from "./store.js";
import { drawText, lightText } from "./texts.js";

const LEGIBLE = 1.3; // pixels to the point at which small print can be read well
const ENOUGH = 1.05; // at so many the whole width is shown rather than larger print
const LEAST = 0.4;
const MOST = 4;

/** What is shown: the paper, how it is laid out, how many pixels a point takes (0: as many as fit the width). */
export const view = { sha256: "", layout: null, scale: LEGIBLE, page: 1, words: new Map() };

/** Fetch how the chosen paper is laid out, and draw it. */
async function load() {
  if (!store.paper || view.sha256 === store.paper.sha256) return;
  const { sha256 } = store.paper;
  Object.assign(view, { sha256, layout: null, page: 1, words: new Map() });
  one("#viewer").replaceChildren(h("p", { class: "waiting quiet" }, "Reading the paper…"));
  try {
    const layout = await get(`document/${sha256}`);
    if (view.sha256 !== sha256) return;
    layout.pages = layout.pages.map(([page, width, height]) => [page, width || 595, height || 842]); // one that cannot be loaded has no size
    view.layout = layout;
    draw();
  } catch (error) {
    if (view.sha256 === sha256) {
      one("#viewer").replaceChildren(h("div", { class: "trouble", role: "alert" }, h("h2", {}, "This paper cannot be shown"), h("p", {}, error.message),
        h("p", { class: "quiet" }, "Its values and quotes can still be decided from the tables.")));
    }
  }
}

function draw() {
  const { layout } = view;
  const paged = layout.format === "pdf";
  fill(one("#viewer"),
    h("div", { class: "tools" },
      paged ? button("‹", () => turn(-1), { title: "Previous page (PgUp)" }) : null,
      paged ? h("span", { id: "page-number" }) : h("span", { class: "quiet" }, "text of the paper"),
      paged ? button("›", () => turn(1), { title: "Next page (PgDn)" }) : null,
      h("span", { class: "space" }),
      h("span", { id: "legend", class: "quiet" }),
      button("−", () => zoom(-1), { title: "Smaller (-)" }),
      button("Fit", () => zoom(0), { title: "The whole width, or legible print (0)" }),
      button("+", () => zoom(1), { title: "Larger (+)" })),
    h("div", { id: "sheets", class: paged ? "pages" : "text", tabIndex: 0, onscroll: scrolled, aria: { label: "The paper" } }));
  if (paged) one("#sheets").append(...layout.pages.map(sheet));
  else drawText(one("#sheets"), layout.blocks);
  resize();
  one("#sheets").scrollLeft = (one("#sheets").scrollWidth - one("#sheets").clientWidth) / 2;
  light();
}

function sheet([number, width, height]) {
  const element = h("div", { class: "sheet", data: { page: number } },
    h("img", { alt: `Page ${number}`, draggable: false, decoding: "async" }),
    h("div", { class: "lights" }), h("div", { class: "words", aria: { hidden: "true" } }), h("span", { class: "number" }, String(number)));
  element.style.aspectRatio = `${width} / ${height}`;
  watcher.observe(element);
  return element;
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) supply(entry.target);
}, { rootMargin: "600px 0px" });

/** Give a page in sight its picture, sharp enough for its size, and its words. */
async function supply(element) {
  const page = Number(element.dataset.page);
  const [, width] = view.layout.pages[page - 1];
  const dots = Math.round((element.clientWidth / width) * 72 * devicePixelRatio);
  const steps = [72, 108, 144, 216, 288];
  const dpi = steps.find((step) => step >= dots) ?? 288;
  const picture = one("img", element);
  if (Number(picture.dataset.dpi ?? 0) < dpi) {
    picture.dataset.dpi = dpi;
    picture.onerror = () => failed(element, page);
    picture.src = pictureOf(view.sha256, page, dpi);
  }
  if (view.words.has(page)) return;
  view.words.set(page, []);
  try {
    const words = await get(`words/${view.sha256}/${page}`);
    view.words.set(page, words);
    letMark(element, words);
  } catch {
    view.words.delete(page);
  }
}

async function failed(element, page) {
  const answer = await fetch(pictureOf(view.sha256, page, 72)).then((got) => got.json()).catch(() => ({}));
  if (one(".trouble", element)) return;
  element.append(h("div", { class: "trouble", role: "alert" }, h("h2", {}, `Page ${page} cannot be drawn`), h("p", {}, answer.error ?? "The server does not answer.")));
}

// --- lighting up

/** Light up what the chosen value rests on, and bring it into sight. */
function light() {
  if (!view.layout || view.sha256 !== store.paper?.sha256) return;
  const { boxes, spans, aim, legend } = litBoxes(view.layout);
  one("#legend")?.replaceChildren(...legend);
  if (view.layout.format !== "pdf") return lightText(one("#sheets"), spans, aim);
  for (const element of one("#sheets").children) {
    const page = Number(element.dataset.page);
    const [, width, height] = view.layout.pages[page - 1];
    one(".lights", element).replaceChildren(...boxes.filter((box) => box.page === page).map((box) => lightOf(box, width, height)));
  }
  if (aim) reveal(aim);
  return undefined;
}

function lightOf(box, width, height) {
  const element = h("div", { class: `light ${box.kind}`, data: box.badge ? { badge: box.badge } : {} });
  const pad = box.kind === "quote" ? 1.5 : 0.8;
  element.style.left = `${(100 * (box.x0 - pad)) / width}%`;
  element.style.top = `${(100 * (box.top - pad)) / height}%`;
  element.style.width = `${(100 * (box.x1 - box.x0 + 2 * pad)) / width}%`;
  element.style.height = `${(100 * (box.bottom - box.top + 2 * pad)) / height}%`;
  return element;
}

/** Scroll to a box, unless it stands well in sight; sideways so that the whole quote around it can be read. */
function reveal(box) {
  const sheets = one("#sheets");
  const element = sheets.children[box.page - 1];
  if (!element) return;
  const now = element.clientWidth / view.layout.pages[box.page - 1][1];
  const top = element.offsetTop + box.top * now;
  const bottom = element.offsetTop + box.bottom * now;
  const margin = Math.min(80, sheets.clientHeight / 5);
  if (top < sheets.scrollTop + margin || bottom > sheets.scrollTop + sheets.clientHeight - margin) {
    sheets.scrollTop = Math.max(0, top - sheets.clientHeight / 3);
  }
  const wide = box.around ?? box;
  const fits = (wide.x1 - wide.x0) * now < sheets.clientWidth - 24;
  const [from, to] = fits ? [wide.x0, wide.x1] : [box.x0, box.x1];
  const left = element.offsetLeft + from * now;
  const right = element.offsetLeft + to * now;
  if (left - 10 < sheets.scrollLeft || right + 10 > sheets.scrollLeft + sheets.clientWidth) {
    sheets.scrollLeft = (left + right - sheets.clientWidth) / 2;
  }
}

// --- pages and size

function scrolled() {
  if (view.layout?.format !== "pdf") return;
  const sheets = one("#sheets");
  const middle = sheets.scrollTop + sheets.clientHeight / 2;
  const element = [...sheets.children].findLast((child) => child.offsetTop <= middle) ?? sheets.children[0];
  view.page = Number(element?.dataset.page ?? 1);
  const told = one("#page-number");
  if (told) told.textContent = `page ${view.page} of ${view.layout.pages.length}`;
}

export function turn(by) {
  if (view.layout?.format !== "pdf") {
    one("#sheets")?.scrollBy({ top: by * one("#sheets").clientHeight * 0.85 });
    return;
  }
  const page = Math.max(1, Math.min(view.layout.pages.length, view.page + by));
  one("#sheets").scrollTop = one("#sheets").children[page - 1].offsetTop - 8;
}

/** Larger, smaller, or (0) between the whole width and print that can be read. What was in the middle stays there. */
export function zoom(by) {
  const sheets = one("#sheets");
  if (!sheets) return;
  if (by) view.scale = Math.max(LEAST, Math.min(MOST, scale() * 1.2 ** by));
  else view.scale = view.scale ? 0 : LEGIBLE;
  const share = (sheets.scrollTop + sheets.clientHeight / 2) / Math.max(1, sheets.scrollHeight);
  resize();
  sheets.scrollTop = share * sheets.scrollHeight - sheets.clientHeight / 2;
  light();
  for (const element of sheets.children) {
    const box = element.getBoundingClientRect();
    if (element.dataset.page && box.bottom > -600 && box.top < innerHeight + 600) supply(element);
  }
}

/** Pixels to the point: print that can be read well, but no line longer than the view, and never less than fits. */
function scale() {
  const widest = Math.max(1, ...view.layout.pages.map(([, width]) => width));
  const room = one("#sheets").clientWidth - 20;
  const fitting = room / widest;
  if (view.scale !== LEGIBLE) return view.scale || fitting;
  return fitting > ENOUGH ? fitting : Math.max(fitting, Math.min(LEGIBLE, room / lineWidth(widest)));
}

/** How long the paper's lines are, in points: as long as most of the lines that are quoted from its text. */
function lineWidth(widest) {
  const places = store.paper.rows.flatMap((row) => Object.values(row.cells).flatMap((cell) => cell.places));
  const lines = places.filter((place) => place.quote.length > 80).flatMap((place) => place.lines);
  const widths = lines.map(([, x0, , x1]) => x1 - x0).sort((a, b) => a - b);
  return widths.length ? widths[Math.floor(widths.length * 0.85)] + 16 : widest * 0.85;
}

function resize() {
  const sheets = one("#sheets");
  if (!sheets || !view.layout) return;
  if (view.layout.format !== "pdf") {
    sheets.style.setProperty("--zoom", view.scale ? view.scale / LEGIBLE : 1);
    return;
  }
  const now = scale();
  for (const element of sheets.children) element.style.width = `${view.layout.pages[Number(element.dataset.page) - 1][1] * now}px`;
  scrolled();
}

addEventListener("resize", resize);
on("paper", () => { load(); light(); });
on("chosen", light);
on("editing", light);
on("lit", light);

// The beginning: who reviews, which papers there are, and the first of them that is not done.

import { drain, get, post, unsaved } from "./api.js";
import "./inspector.js";
import { alarm, h, one, show } from "./dom.js";
import { help, listen } from "./keys.js";
import { build } from "./papers.js";
import { emit, open, refresh, store } from "./store.js";
import { refocus } from "./tables.js";
import "./viewer.js";

async function begin() {
  try {
    const overview = await get("overview");
    if (!overview.reviewer) return askName(overview.proposal, "");
    return start(overview);
  } catch (error) {
    return alarm(error.message);
  }
}

function askName(proposal, fault) {
  const form = h("form", { class: "name", onsubmit: enter },
    h("h2", {}, "Who reviews?"),
    h("p", {}, "Your decisions are kept in a file of this name, one for each reviewer."),
    h("input", { id: "name", value: proposal, autofocus: true, spellcheck: false, maxLength: 64, aria: { label: "Your name" } }),
    h("p", { class: "quiet" }, "Letters, digits, dot, dash and underscore."),
    h("output", { class: "fault", role: "alert" }, fault),
    h("footer", {}, h("button", { class: "main" }, "Begin", h("kbd", {}, "Enter"))));
  one("#dialog").oncancel = (event) => event.preventDefault();
  show(form);
  one("#name").select();
}

async function enter(event) {
  event.preventDefault();
  const name = one("#name").value.trim();
  try {
    const overview = await post("enter", { name });
    one("#dialog").oncancel = null;
    one("#dialog").close();
    start(overview);
  } catch (error) {
    askName(name, error.message);
  }
}

function start(overview) {
  store.overview = overview;
  store.papers = overview.papers;
  store.duplicates = overview.duplicates;
  one("#folder").textContent = overview.outputs;
  one("#who").textContent = overview.reviewer;
  one("#who").title = `Decisions go to ${overview.file}`;
  build();
  emit("papers");
  if (unsaved().length) drain();
  const wanted = location.hash.slice(1);
  const paper = (wanted && store.papers.find((one) => one.sha256.startsWith(wanted)))
    || store.papers.find((one) => one.state !== "done" && one.status !== "failed") || store.papers[0];
  if (paper) open(paper.sha256);
  else one("#rows").replaceChildren(h("p", { class: "start" }, "There are no papers in this folder."));
}

/** The divider between tables and page is dragged, or moved with the arrow keys; its place is remembered. */
function divide() {
  const divider = one("#divider");
  const put = (share) => {
    const held = Math.max(0.3, Math.min(0.7, share));
    document.body.style.setProperty("--page", held);
    divider.setAttribute("aria-valuenow", Math.round(100 * held));
    try { localStorage.setItem("caseloom-page", held); } catch { /* it is only not remembered */ }
  };
  const now = () => Number(getComputedStyle(document.body).getPropertyValue("--page")) || 0.5;
  divider.onpointerdown = (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    const left = one("#middle").getBoundingClientRect().left;
    divider.onpointermove = (move) => put(1 - (move.clientX - left) / (innerWidth - left));
    divider.onpointerup = () => { divider.onpointermove = divider.onpointerup = null; };
  };
  divider.onkeydown = (event) => {
    if (event.key === "ArrowLeft") put(now() + 0.02);
    if (event.key === "ArrowRight") put(now() - 0.02);
  };
  try {
    const before = Number(localStorage.getItem("caseloom-page"));
    if (before) put(before);
  } catch { /* the usual place */ }
}

one("#show-help").onclick = help;
document.addEventListener("click", (event) => {
  const pressed = event.target.closest?.("button");
  if (pressed && (one("#inspector").contains(pressed) || one("#viewer").contains(pressed) || one("#rows").contains(pressed)) && !one("#dialog").open && !one(".editor")) refocus();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
addEventListener("focus", refresh);
divide();
listen();
begin();

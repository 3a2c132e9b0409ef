// The list of papers at the left: their state, a search and a filter.

import { all, button, fill, h, one } from "./dom.js";
import { on, open, store } from "./store.js";

const STATES = {
  untouched: "nothing decided yet",
  partly: "partly decided",
  decided: "all decided, not yet said to be done",
  done: "done",
};
const FILTERS = [
  ["all", "All", () => true],
  ["open", "Open", (paper) => paper.state !== "done"],
  ["conflicts", "Conflicts", (paper) => paper.open_conflicts > 0],
  ["issues", "Issues", (paper) => paper.issues > 0 || paper.status !== "ok"],
];

let filter = "all";
let query = "";

/** The papers that the list shows now. */
export function shownPapers() {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const holds = FILTERS.find(([name]) => name === filter)[2];
  return store.papers.filter((paper) => {
    const said = [paper.document, paper.study, paper.title, paper.reason].join(" ").toLocaleLowerCase();
    return holds(paper) && words.every((word) => said.includes(word));
  });
}

/** The paper after (or before, with step -1) the open one that is not done; null when all are. */
export function nextPaper(step = 1) {
  const list = shownPapers();
  const at = list.findIndex((paper) => paper.sha256 === store.paper?.sha256);
  for (let index = 1; index <= list.length; index++) {
    const paper = list[(((at + step * index) % list.length) + list.length) % list.length];
    if (paper && paper.state !== "done" && paper.sha256 !== store.paper?.sha256) return paper;
  }
  return null;
}

export const search = () => one("#search").focus();

export function build() {
  const blind = store.overview.blind;
  fill(one("#papers"),
    h("div", { class: "find" },
      h("input", {
        id: "search", type: "search", placeholder: "Find a paper  /", autocomplete: "off",
        oninput: (event) => { query = event.target.value; draw(); },
        onkeydown: searching,
        aria: { label: "Find a paper" },
      }),
      blind ? null : h("div", { class: "filters", role: "group", aria: { label: "Filter" } },
        FILTERS.map(([name, words]) => button(words, () => { filter = name; draw(); }, { data: { filter: name } }))),
    ),
    h("ol", { id: "list" }),
    h("p", { id: "total", class: "quiet" }),
  );
  draw();
}

function searching(event) {
  if (event.key === "Enter" && shownPapers().length) open(shownPapers()[0].sha256);
  if (event.key === "Escape") { event.target.value = query = ""; draw(); }
  if (event.key === "Enter" || event.key === "Escape") one("#rows").focus();
}

function draw() {
  const list = one("#list");
  if (!list) return;
  for (const choice of all("[data-filter]")) choice.setAttribute("aria-pressed", choice.dataset.filter === filter);
  const papers = shownPapers();
  list.replaceChildren(...papers.map(entry), ...(query || filter !== "all" ? [] : store.duplicates.map(duplicate)));
  if (!papers.length) list.append(h("li", { class: "none quiet" }, "No paper fits. Clear the search or choose All."));
  const done = store.papers.filter((paper) => paper.state === "done").length;
  one("#total").textContent = `${done} of ${store.papers.length} done`;
  one("[aria-current]", list)?.scrollIntoView({ block: "nearest" });
}

function entry(paper) {
  const meaning = STATES[paper.state];
  const current = paper.sha256 === store.paper?.sha256;
  const name = paper.study || paper.document.replaceAll("_", "_\u200b");
  const share = paper.values ? paper.decided / paper.values : 0;
  return h("li", {},
    h("button", {
      type: "button", class: `paper ${paper.state}`, title: paper.title || paper.document,
      onclick: () => { open(paper.sha256); one("#rows").focus(); },
      ...(current ? { aria: { current: "true" } } : {}),
    },
      h("span", { class: `dial ${paper.state}`, title: meaning, role: "img", aria: { label: meaning } }),
      h("span", { class: "name" }, name, paper.study ? h("small", {}, paper.document) : null),
      h("span", { class: "count" }, paper.hidden ? `${paper.extracted} read` : paper.values ? `${paper.decided}/${paper.values}` : "–"),
      h("span", { class: "flags" },
        paper.open_conflicts ? h("span", { class: "flag conflict", title: "conflicts to settle" }, `≠ ${paper.open_conflicts}`) : null,
        paper.issues ? h("span", { class: "flag issue", title: "issues of reading" }, `! ${paper.issues}`) : null,
        !paper.hidden && paper.status !== "ok" ? h("span", { class: "flag issue" }, paper.status) : null,
        paper.reason ? h("span", { class: "flag" }, paper.reason.replaceAll("_", " ")) : null),
      paper.hidden ? null : h("span", { class: "share", aria: { hidden: "true" } }, bar(share)),
    ));
}

function bar(share) {
  const filled = h("span", {});
  filled.style.width = `${Math.round(100 * share)}%`;
  return filled;
}

const duplicate = (twin) => h("li", { class: "none quiet" }, `${twin.document}: the same file as another paper`);

on("papers", draw);
on("paper", draw);

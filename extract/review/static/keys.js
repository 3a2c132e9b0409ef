// Which key does what. No key acts while somebody types.

import * as act from "./actions.js";
import { h, one, show, typing } from "./dom.js";
import { editing } from "./editor.js";
import { search } from "./papers.js";
import { showEmpties, store } from "./store.js";
import { turn, zoom } from "./viewer.js";

const KEYS = [
  ["Decide", [
    ["a", "accept the value", act.accept],
    [" ", "accept the whole row", () => act.acceptRow(), "Space"],
    ["A", "accept all that is left of the patient", () => act.acceptPatient(), "Shift A"],
    ["c", "correct the value", act.correct, "c or Enter"],
    ["Enter", "", act.correct],
    ["r", "reject: the paper does not say this", act.reject],
    ["R", "reject the whole row", act.rejectRow, "Shift R"],
    ["m", "not reported: looked for, and the cell stays empty", act.absent],
    ["1", "take the first side of a conflict, or your reading", () => act.chooseSide(0)],
    ["2", "take the second side, or the program's reading", () => act.chooseSide(1)],
    ["=", "accept all on which both readings agree", act.acceptAgreed],
    ["i", "add a missing value, row or patient", () => act.startAdding()],
    ["u", "take back the decision on this value", act.undo],
    ["z", "take back the last stroke", act.undoLast, "z or Ctrl Z"],
    ["d", "done with this paper", act.done],
  ]],
  ["Move", [
    ["ArrowRight", "next value", () => act.step(1), "→ or l"], ["l", "", () => act.step(1)],
    ["ArrowLeft", "previous value", () => act.step(-1), "← or h"], ["h", "", () => act.step(-1)],
    ["ArrowDown", "next row", () => act.stepRow(1), "↓ or j"], ["j", "", () => act.stepRow(1)],
    ["ArrowUp", "previous row", () => act.stepRow(-1), "↑ or k"], ["k", "", () => act.stepRow(-1)],
    ["n", "next open value", () => act.stepOpen(1)],
    ["b", "back to the previous open value", () => act.stepOpen(-1)],
    ["p", "next patient", () => act.stepPatient(1)],
    ["P", "previous patient", () => act.stepPatient(-1), "Shift P"],
    ["N", "next paper that is not done", () => act.stepPaper(1), "Shift N"],
    ["B", "previous paper that is not done", () => act.stepPaper(-1), "Shift B"],
    ["/", "find a paper", search],
  ]],
  ["Look", [
    [".", "next place of the value", () => act.stepPlace(1)],
    [",", "previous place", () => act.stepPlace(-1)],
    ["PageDown", "next page", () => turn(1), "PgDn"],
    ["PageUp", "previous page", () => turn(-1), "PgUp"],
    ["+", "larger", () => zoom(1)],
    ["-", "smaller", () => zoom(-1)],
    ["0", "fit the width", () => zoom(0)],
    ["e", "show or hide empty cells", () => showEmpties(!store.empties)],
    ["?", "this list", help],
  ]],
];

const ACTS = new Map(KEYS.flatMap(([, keys]) => keys).map(([key, , act_]) => [key, act_]));

export function help() {
  show(h("form", { method: "dialog", class: "help" },
    h("h2", {}, "Keys"),
    h("div", { class: "columns" }, KEYS.map(([title, keys]) => h("section", {}, h("h3", {}, title),
      h("ul", {}, keys.filter(([, words]) => words).map(([key, words, doing, shown]) => h("li", {},
        h("button", { type: "button", onclick: () => press(doing) }, h("kbd", {}, shown ?? key), h("span", {}, words)))))))),
    h("p", { class: "quiet" }, "Drag over words of the page to mark them; click on a word to choose the value that stands there. ",
      "Every stroke is saved at once."),
    h("footer", {}, h("button", { class: "main", autofocus: true }, "Close", h("kbd", {}, "Esc")))));
}

/** What stands in the list can be clicked as well. */
function press(doing) {
  one("#dialog").close();
  if (doing !== help) doing();
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    const undoing = (event.ctrlKey || event.metaKey) && event.key === "z" && !event.shiftKey;
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !undoing)) return;
    if (typing(event.target) || one("#dialog").open || !store.paper) return;
    const onButton = event.target instanceof HTMLButtonElement || event.target.tagName === "SUMMARY" || event.target.id === "divider";
    if (onButton && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow"))) return;
    if (editing() && event.key !== "?") return;
    const doing = undoing ? act.undoLast : ACTS.get(event.key);
    if (!doing) return;
    event.preventDefault();
    doing();
  });
}

// Under the tables: all that is known of the chosen value, and what can be decided of it.

import {
  absent, accept, acceptAgreed, acceptRow, chooseSide, correct, done, reject, startAdding, stepPlace, undo,
} from "./actions.js";
import { button, fill, h, one } from "./dom.js";
import { drawForm, drawWords, editing } from "./editor.js";
import { chosen, on, store } from "./store.js";
import { nameOf } from "./tables.js";
import { grouped, inWords, markOf, placesOf, powerOf, pretty, valueOf } from "./values.js";

function draw() {
  const box = one("#inspector");
  if (!store.paper) return fill(box);
  if (editing()) {
    fill(box, drawForm());
    return drawWords();
  }
  const stop = chosen();
  fill(box, stop?.kind === "conflict" ? clash(stop.conflict) : stop ? value(stop) : nothing());
  return undefined;
}

const nothing = () => [h("p", { class: "quiet" }, "Choose a value to see where it comes from."), h("footer", {}, ...ending())];

function value(stop) {
  const { cell, column } = stop;
  const mark = markOf(cell);
  const places = placesOf(cell);
  const place = places[store.place] ?? places[0];
  const now = valueOf(cell);
  const conflict = cell.status === "conflict" ? conflictOf(stop) : null;
  return [
    h("div", { class: "what" },
      h("span", { class: "label", title: column.meaning }, column.label),
      cell.mine && !cell.mine.agrees ? readings(cell, column) : h("strong", { class: `${mark.kind}${now.length > 40 ? " long" : ""}` }, now ? inWords(now, column) : "–", now && (cell.unit || column.unit) ? h("span", { class: "unit" }, ` ${cell.unit || column.unit}`) : null),
      powerOf(now) ? h("span", { class: "quiet" }, `= ${powerOf(now)}`) : null,
      h("span", { class: `tag ${mark.kind}` }, mark.sign ? `${mark.sign} ` : "", mark.meaning),
      cell.status === "derived" && mark.kind !== "derived" ? h("span", { class: "tag" }, "ƒ derived") : null,
      column.follows ? h("span", { class: "tag", title: "It changes with the values it is made of and is accepted with its row" }, "follows") : null,
      cell.decision?.why ? h("span", { class: "quiet" }, cell.decision.why) : null),
    cell.stale ? h("p", { class: "fault" }, cell.stale) : null,
    cell.formula ? h("p", { class: "quiet formula" }, cell.formula) : null,
    place ? passage(place, places.length) : h("p", { class: "quiet" }, cell.status === "empty" ? "Nothing was found for this. Add it (i), or say that you looked: not reported (m)." : ""),
    conflict ? h("p", { class: "quiet clashing" }, "In conflict: ", sideButton(conflict, 0), " or ", sideButton(conflict, 1)) : null,
    h("footer", {}, ...(cell.mine && !cell.mine.agrees ? readingButtons() : cellButtons(cell)), ...ending()),
  ];
}

const conflictOf = (stop) => store.paper.conflicts.find((conflict) =>
  conflict.concerns.some((one) => one.table === stop.table && one.record === stop.row.record && one.field === stop.field));

const sideButton = (conflict, which) =>
  button(`${grouped(conflict.sides[which].value)} (${conflict.sides[which].where})`, () => chooseSide(which),
    { key: String(which + 1), title: "Take this side", class: which ? "two" : "one" });

function cellButtons(cell) {
  const found = cell.value !== "";
  return [
    found ? button("Accept", accept, { key: "a", class: "main" }) : null,
    store.paper.hidden || cell.decision ? null : button("Row", () => acceptRow(), { key: "␣", title: "Accept the whole row with Space" }),
    button(cell.status === "empty" && !cell.decision ? "Add" : "Correct", correct, { key: "c" }),
    found || cell.status === "ambiguous" ? button("Reject", reject, { key: "r", title: "The paper does not say this" }) : null,
    !found && !store.paper.hidden ? button("Not reported", absent, { key: "m", title: "Looked for, and the paper does not say it" }) : null,
    cell.decision ? button("Undo", undo, { key: "u", title: "Take back the decision on this value" }) : null,
  ];
}

function readings(cell, column) {
  return h("span", { class: "readings" },
    h("span", { class: "side one" }, h("small", {}, "you"), cell.mine.value ? inWords(cell.mine.value, column) : "nothing"),
    h("span", { class: "side two" }, h("small", {}, "program"), cell.value ? inWords(cell.value, column) : "nothing"));
}

const readingButtons = () => [
  button("Yours", () => chooseSide(0), { key: "1", class: "one" }),
  button("The program's", () => chooseSide(1), { key: "2", class: "two" }),
  button("Correct", correct, { key: "c", title: "Neither: enter another value" }),
  button("Take back", undo, { key: "u" }),
];

function ending() {
  const agreed = store.stops.filter((stop) => stop.open && stop.cell?.mine?.agrees).length;
  return [
    h("span", { class: "space" }),
    agreed ? button(`Accept ${agreed} equal`, acceptAgreed, { key: "=", title: "Accept all values on which both readings agree" }) : null,
    button("Add", () => startAdding(), { key: "i", title: "Add a missing value, row or patient" }),
    store.paper.done && store.overview.blind ? null : button(store.paper.done ? "Reopen" : "Done", done, { key: "d", title: store.paper.done ? "The paper is done. Open it again" : "Done with this paper", class: store.stops.some((stop) => stop.open) ? "" : "main" }),
  ];
}

function passage(place, count) {
  const at = place.written ? place.quote.indexOf(place.written) : -1;
  const quote = at < 0 || place.written === place.quote
    ? [place.quote]
    : [place.quote.slice(0, at), h("mark", {}, place.written), place.quote.slice(at + place.written.length)];
  return h("div", { class: "passage" },
    h("q", {}, quote),
    h("p", { class: "quiet source" },
      [place.page ? `page ${place.page}` : "", place.where, place.rule ? `rule ${place.rule}` : "words you chose"].filter(Boolean).join(" · "),
      count > 1 ? h("span", { class: "steps" },
        button("‹", () => stepPlace(-1), { title: "Previous place (,)" }), ` ${Math.min(store.place, count - 1) + 1} of ${count} places `,
        button("›", () => stepPlace(1), { title: "Next place (.)" })) : null));
}

function clash(conflict) {
  const settled = conflict.decision;
  const column = (which) => {
    const told = conflict.sides[which];
    const place = told.place;
    const taken = settled && settled.value === told.value;
    return h("div", { class: `half ${which ? "two" : "one"}${taken ? " taken" : ""}` },
      h("h4", {}, h("kbd", {}, String(which + 1)), h("strong", {}, grouped(told.value)), h("span", { class: "quiet" }, `${told.where}${place.page ? `, page ${place.page}` : ""}`)),
      h("q", {}, place.quote),
      button(taken ? "Taken" : "Take this", () => chooseSide(which), { key: String(which + 1) }));
  };
  return [
    h("div", { class: "what" },
      h("span", { class: "label" }, nameOf(conflict.patient)), h("strong", {}, conflict.field),
      h("span", { class: "tag conflict" }, settled ? "✓ settled" : `≠ ${conflict.kind.replaceAll("_", " ")}`),
      h("span", { class: "quiet" }, grouped(`${conflict.explanation} ${conflict.chosen ? `Shown: ${conflict.chosen}, by ${conflict.rule}.` : "Neither is shown."}`))),
    h("div", { class: "halves" }, column(0), column(1)),
    conflict.concerns.length ? null : h("p", { class: "quiet" }, "No single value hangs on this: check the rows of the patient."),
    h("footer", {}, settled ? button("Take back", undo, { key: "u" }) : null, ...ending()),
  ];
}

on("chosen", draw);
on("paper", () => { if (!editing()) draw(); });
on("editing", draw);

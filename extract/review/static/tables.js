// The middle: the tables of the chosen paper, patient by patient, each value with its mark.

import { all, button, fill, h, one } from "./dom.js";
import { acceptPatient, acceptRow, startAdding, stepOpen, undoLast } from "./actions.js";
import {
  canBeEmpty, choose, chosen, columnsOf, on, patients, rowsOf, showEmpties, shownColumns, store, tables,
} from "./store.js";
import { CONFLICTS, grouped, inWords, isOpen, keyOf, markOf, powerOf, pretty, valueOf } from "./values.js";

const FLOWING = ["documents", "patients", "administrations"];
let drawn = { sha256: "", rows: new Map(), shape: "" };

export const nameOf = (patient) => (patient ? `Patient ${patient.replace(/^patient\s+/i, "")}` : "The paper");

function draw() {
  if (!store.paper) return;
  heading();
  const shape = JSON.stringify([store.empties, store.stops.map((stop) => stop.key), store.paper.hidden]);
  if (drawn.sha256 !== store.paper.sha256 || drawn.shape !== shape) drawAll(shape);
  else drawChanged();
  drawChosen();
}

function heading() {
  const paper = store.paper;
  const open = store.stops.filter((stop) => stop.open).length;
  const facts = [paper.journal, paper.year, paper.design?.replaceAll("_", " ")].filter(Boolean).join(" · ");
  fill(one("#heading"),
    h("h1", { title: paper.title }, paper.title || paper.document),
    h("div", { class: "title" },
      h("p", { class: "quiet" }, [paper.document, facts].filter(Boolean).join(" · ")),
      h("div", { class: "left" },
        h("span", { class: "quiet" }, paper.hidden ? "" : open ? `${open} open` : "all decided"),
        paper.hidden ? null : [
          button("‹", () => stepOpen(-1), { title: "Previous open value (b)", aria: { label: "Previous open value" } }),
          button("›", () => stepOpen(1), { title: "Next open value (n)", aria: { label: "Next open value" } })],
        button("↶", undoLast, { title: "Take back the last stroke (z)", aria: { label: "Take back the last stroke" } }),
        button(store.empties ? "Hide empty" : "Show empty", () => showEmpties(!store.empties), { key: "e", title: "Cells without a value" }))),
    h("div", { class: "chips", role: "group", aria: { label: "Patients" } }, patients().map(chip)),
    paper.issues.length ? details(`${paper.issues.length} issue${paper.issues.length > 1 ? "s" : ""} of reading`, paper.issues.map(
      (issue) => `${issue.page ? `Page ${issue.page}: ` : ""}${issue.message}`)) : null,
    paper.lost.length ? details(`${paper.lost.length} of your decisions find no value any more`, paper.lost.map(
      (one) => `${one.table}, ${one.field}: ${one.action} ${one.value || one.old} (${one.when.slice(0, 10)})`)) : null,
  );
}

const details = (title, lines) =>
  h("details", {}, h("summary", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line))));

function chip(patient) {
  const stops = store.stops.filter((stop) => stop.patient === patient);
  const open = stops.filter((stop) => stop.open).length;
  const current = chosen()?.patient === patient;
  return h("button", {
    type: "button", class: open ? "chip" : "chip finished", title: `${nameOf(patient)} (p, Shift+P)`,
    onclick: () => { const stop = stops.find((one) => one.open) ?? stops[0]; if (stop) choose(stop.key); },
    ...(current ? { aria: { current: "true" } } : {}),
  }, patient ? nameOf(patient) : "Paper", h("span", { class: "number" }, store.paper.hidden ? "" : open ? String(open) : "✓"));
}

function drawAll(shape) {
  drawn = { sha256: store.paper.sha256, rows: new Map(), shape };
  const rows = one("#rows");
  fill(rows, patients().map(section));
  if (store.paper.hidden) rows.append(blindStart());
  else if (!store.stops.length) rows.append(h("p", { class: "start" }, "Nothing was found in this paper. Press i to add what it says."));
}

function blindStart() {
  return h("div", { class: "start" },
    h("p", {}, "You read this paper first. What the program found is shown when you are done."),
    h("p", {}, "Mark the words on the page, then ", button("Enter a value", () => startAdding(), { key: "i", class: "main" })));
}

function section(patient) {
  const label = valueOfLabel(patient);
  const parts = Object.keys(tables()).map((table) => [table, rowsOf(patient, table)]).filter(([, rows]) => rows.length);
  const conflicts = store.paper.conflicts.filter((conflict) => conflict.patient === patient);
  if (!patient && !parts.length && !conflicts.length) return h("section", { hidden: true });
  return h("section", { class: "patient", data: { patient }, aria: { label: nameOf(patient) } },
    h("header", {},
      h("h2", {}, nameOf(patient), label && label !== nameOf(patient) ? h("span", { class: "quiet" }, ` ${label}`) : null),
      store.paper.hidden ? null : button("Accept the rest", () => acceptPatient(patient), { key: "A", title: `Accept all that is left of ${nameOf(patient)}` })),
    conflicts.map(conflictLine),
    parts.map(([table, rows]) => group(patient, table, rows)));
}

function valueOfLabel(patient) {
  const row = patient ? rowsOf(patient, "patients")[0] : null;
  return row?.cells.label ? valueOf(row.cells.label) : "";
}

function conflictLine(conflict) {
  const key = keyOf(CONFLICTS, conflict.record, "chosen");
  const [a, b] = conflict.sides;
  const settled = conflict.decision;
  const line = h("div", {
    class: `clash ${settled ? "settled" : "open"}`, role: "button", tabIndex: -1, data: { key },
    onclick: () => choose(key),
    aria: { label: `Conflict: ${conflict.field}: ${a.value} or ${b.value}, ${settled ? `settled: ${settled.value}` : "open"}` },
  },
    h("span", { class: "sign" }, settled ? "✓" : "≠"),
    h("span", { class: "label" }, conflict.field),
    side(a, "one", settled), h("span", { class: "quiet" }, "or"), side(b, "two", settled),
    h("span", { class: "quiet" }, settled ? "settled" : conflict.chosen ? `shown: ${grouped(conflict.chosen)}` : "none is shown"));
  drawn.rows.set(key, { element: line, told: JSON.stringify(conflict), again: () => conflictLine(find(conflict.record)) });
  return line;
}

const find = (record) => store.paper.conflicts.find((conflict) => conflict.record === record);

const side = (told, which, settled) =>
  h("span", { class: `side ${which}${settled && settled.value !== told.value ? " off" : ""}` }, grouped(told.value), h("small", {}, told.where));

function group(patient, table, rows) {
  const columns = shownColumns(table, rows);
  const title = tables()[table].title;
  const sole = table === "documents" || table === "patients";
  const head = sole ? null : h("h3", {}, title, h("span", { class: "quiet" }, rows.length > 1 ? ` ${rows.length}` : ""),
    button("+", () => startAdding({ table, patient, record: "new" }), { class: "plus", title: `Add a row to ${title}` }));
  if (table === "documents" && !rows.length) return null;
  const body = FLOWING.includes(table)
    ? h("div", { class: "flow", role: "grid", aria: { label: title } }, rows.map((row) => flowing(table, row, columns)))
    : h("div", { class: "scroll" }, h("table", { role: "grid", class: table, aria: { label: title } },
        h("thead", {}, h("tr", {}, h("th", { class: "gutter" }), columns.map((column) => h("th", { scope: "col", title: column.meaning }, column.label)))),
        h("tbody", {}, rows.map((row) => tabled(table, row, columns)))));
  return h("div", { class: "group", data: { table } }, head, body);
}

function flowing(table, row, columns) {
  const element = h("div", { class: `row ${rowState(table, row)}`, role: "row" }, h("div", { role: "rowheader" }, gutter(table, row)),
    h("div", { class: "cells" }, columns.map((column) => cellOf(table, row, column, "div"))));
  return remember(table, row, element, flowing);
}

function tabled(table, row, columns) {
  const element = h("tr", { class: `row ${rowState(table, row)}` }, h("td", { class: "gutter" }, gutter(table, row)),
    columns.map((column) => cellOf(table, row, column, "td")));
  return remember(table, row, element, tabled);
}

function remember(table, row, element, builder) {
  const id = `${table}/${row.record}`;
  const now = () => store.paper.rows.find((one) => one.table === table && one.record === row.record);
  const again = () => builder(table, now(), shownColumns(table, rowsOf(row.patient, table)));
  drawn.rows.set(id, { element, told: JSON.stringify(row), again, now });
  return element;
}

function rowState(table, row) {
  const cells = columnsOf(table).map((column) => [row.cells[column.name], column]).filter(([cell]) => cell);
  const open = cells.filter(([cell, column]) => isOpen(cell, column));
  if (!open.length) return cells.every(([cell]) => cell.decision?.action === "reject") ? "whole gone" : "whole";
  return open.length < cells.filter(([, column]) => !column.follows).length ? "part" : "untouched";
}

const ROW_STATES = {
  untouched: ["untouched", "open"], part: ["partly", "partly decided"], whole: ["done", "decided"], "whole gone": ["gone", "rejected"],
};

function gutter(table, row) {
  const [dial, meaning] = ROW_STATES[rowState(table, row)];
  return h("button", {
    type: "button", class: "accept-row", tabIndex: -1, title: `${meaning}: accept the whole row (Space)`,
    onclick: (event) => { event.stopPropagation(); acceptRow(table, row); },
    aria: { label: `Row ${meaning}. Accept the whole row.` },
  }, h("span", { class: `dial ${dial}` }));
}

function cellOf(table, row, column, tag) {
  const cell = row.cells[column.name];
  const key = keyOf(table, row.record, column.name);
  if (!cell && !canBeEmpty(row, column)) return tag === "td" ? h("td", { class: "nothing" }) : null;
  const told = cell ?? { value: "", unit: "", status: "empty", places: [], decision: null, stale: "" };
  const mark = markOf(told);
  const value = valueOf(told);
  const was = told.decision && ["correct", "reject"].includes(told.decision.action) ? told.value : "";
  const shown = value ? inWords(value, column) : "";
  const length = shown.length + was.length + (tag === "div" && value ? (told.unit || column.unit).length : 0);
  const wide = tag === "td" ? "" : length > 60 ? " all" : length > 15 ? " wide" : "";
  const unit = value && (tag === "div" ? told.unit || column.unit : "");
  return h(tag, {
    class: `cell ${mark.kind}${wide}${column.follows ? " follows" : ""}${told.mine ? (told.mine.agrees ? " agrees" : " differs") : ""}`,
    role: "gridcell", tabIndex: -1, data: { key },
    title: [column.meaning, powerOf(value)].filter(Boolean).join("\n"),
    onclick: () => choose(key),
    aria: { label: `${column.label}: ${value || "empty"} ${unit ?? ""}, ${mark.meaning}` },
  },
    tag === "div" ? h("span", { class: "label" }, column.label) : null,
    h("span", { class: "said" },
      told.mine && !told.mine.agrees ? h("span", { class: "mine", title: "what you read" }, told.mine.value ? inWords(told.mine.value, column) : "–") : null,
      mark.sign ? h("span", { class: "sign", aria: { hidden: "true" } }, mark.sign) : null,
      was ? h("s", {}, inWords(was, column)) : null,
      h("span", { class: "value" }, shown || (mark.kind === "absent" ? "not reported" : mark.kind === "ambiguous" ? "ambiguous" : "")),
      unit ? h("span", { class: "unit" }, unit) : null));
}

/** Draw anew only the rows that a stroke has changed. */
function drawChanged() {
  for (const [id, kept] of drawn.rows) {
    const now = kept.now ? kept.now() : find(id.split("/")[1]);
    if (!now || JSON.stringify(now) === kept.told) continue;
    const before = kept.element;
    before.replaceWith(kept.again());
  }
}

let marked = null;

function drawChosen() {
  marked?.classList.remove("chosen");
  marked?.setAttribute("tabindex", "-1");
  for (const row of all(".row.here")) row.classList.remove("here");
  marked = store.chosen ? one(`[data-key="${CSS.escape(store.chosen)}"]`, one("#rows")) : null;
  for (const header of all("#heading .chip")) header.removeAttribute("aria-current");
  const at = patients().indexOf(chosen()?.patient ?? null);
  if (at >= 0) all("#heading .chip")[at]?.setAttribute("aria-current", "true");
  if (!marked) return;
  marked.classList.add("chosen");
  marked.setAttribute("tabindex", "0");
  marked.closest(".row")?.classList.add("here");
  keepInSight(marked);
  if (document.activeElement === document.body || one("#rows").contains(document.activeElement)) {
    marked.focus({ preventScroll: true });
  }
}

/** Scroll so that the chosen value stands clear of both edges, and not at all when it does already. */
function keepInSight(element) {
  const view = one("#rows").getBoundingClientRect();
  const box = element.getBoundingClientRect();
  const clear = Math.min(90, view.height / 4);
  if (box.top < view.top + clear) one("#rows").scrollTop -= view.top + clear - box.top;
  else if (box.bottom > view.bottom - clear) one("#rows").scrollTop += box.bottom - view.bottom + clear;
}

/** Bring the focus back to the chosen value, so that keys act on it. */
export function refocus() {
  (marked ?? one("#rows")).focus({ preventScroll: true });
}

on("paper", draw);
on("chosen", drawChosen);
on("editing", drawChosen);

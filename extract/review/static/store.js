// What the page knows, and who wants to hear of a change: the papers, the chosen paper, the chosen value.

import { get, unsaved, whenSaved } from "./api.js";
import { alarm } from "./dom.js";
import { CONFLICTS, isOpen, keyOf } from "./values.js";

export const store = {
  overview: null,
  papers: [],
  duplicates: [],
  paper: null,
  stops: [],
  chosen: "",
  place: 0,
  empties: false,
  mark: "",
};

const listeners = {};

/** Call `act` whenever `what` changes: papers, paper, chosen. */
export const on = (what, act) => (listeners[what] ??= []).push(act);
export const emit = (what) => (listeners[what] ?? []).forEach((act) => act());

export const tables = () => store.overview.tables;
export const columnsOf = (table) => tables()[table].columns;
export const columnOf = (table, field) => columnsOf(table).find((column) => column.name === field);

/** The chosen stop: a cell with its row, or a conflict; null when nothing is chosen. */
export const chosen = () => store.stops.find((stop) => stop.key === store.chosen) ?? null;

/** Take what the server says of a paper, with the strokes over it that it has not heard of yet. */
export function take(paper) {
  store.paper = paper;
  store.mark = paper.mark;
  for (const stroke of unsaved()) if (stroke.sha256 === paper.sha256) foresee(stroke);
  layOut();
  if (!store.stops.some((stop) => stop.key === store.chosen)) store.chosen = store.stops[0]?.key ?? "";
  emit("paper");
}

/** Show at once what a stroke will come to. */
export function foresee(stroke) {
  for (const item of stroke.items) {
    const decision = { ...item, value: item.action === "accept" ? item.old : item.value, place: null, waiting: true, when: "" };
    if (item.table === CONFLICTS) {
      const conflict = store.paper.conflicts.find((one) => one.record === item.record);
      if (conflict) conflict.decision = item.action === "undo" ? null : decision;
      continue;
    }
    const row = store.paper.rows.find((one) => one.record === item.record && one.table === item.table);
    if (!row) continue;
    const cell = (row.cells[item.field] ??= emptyCell());
    cell.stale = "";
    cell.decision = item.action === "undo" ? null : decision;
  }
}

const emptyCell = () => ({ value: "", unit: "", status: "empty", basis: "", formula: "", places: [], decision: null, stale: "" });

/** The patients of the paper in their order; '' is the paper itself. */
export function patients() {
  const named = store.paper.rows.filter((row) => row.patient).map((row) => row.patient);
  const told = store.paper.conflicts.map((conflict) => conflict.patient);
  return [...new Set(["", ...named, ...told])];
}

/** The rows of a patient in a table, in their order. */
export const rowsOf = (patient, table) =>
  store.paper.rows.filter((row) => row.table === table && (table === "documents" ? patient === "" : row.patient === patient));

/** The columns to show of some rows: those that hold something, all when empty cells are shown. */
export function shownColumns(table, rows) {
  const group = rows.some((row) => row.cells.kind || row.cells.n);
  const fitting = columnsOf(table).filter((column) => !column.group || group);
  return fitting.filter((column) => rows.some((row) => row.cells[column.name] || canBeEmpty(row, column)));
}

/** Whether an empty cell of a row is shown: not where a value is computed, or repeats another column. */
export const canBeEmpty = (row, column) => store.empties && !column.follows && !row.minor[column.name];

/** List all that can be chosen, in the order of the page. */
function layOut() {
  const stops = [];
  for (const patient of patients()) {
    for (const conflict of store.paper.conflicts) {
      if (conflict.patient === patient) {
        const key = keyOf(CONFLICTS, conflict.record, "chosen");
        stops.push({ kind: "conflict", key, conflict, patient, open: !conflict.decision });
      }
    }
    for (const table of Object.keys(tables())) {
      const rows = rowsOf(patient, table);
      const columns = shownColumns(table, rows);
      for (const row of rows) {
        for (const column of columns) {
          const cell = row.cells[column.name] ?? (canBeEmpty(row, column) ? emptyCell() : null);
          if (!cell) continue;
          const key = keyOf(table, row.record, column.name);
          stops.push({ kind: "cell", key, table, row, column, field: column.name, cell, patient, open: isOpen(cell, column) });
        }
      }
    }
  }
  store.stops = stops;
}

export function showEmpties(shown) {
  store.empties = shown;
  layOut();
  emit("paper");
}

/** Choose a stop by its key. */
export function choose(key, place = 0) {
  store.chosen = key;
  store.place = place;
  emit("chosen");
}

/** The next (or, with step -1, the previous) stop that waits for a decision, seen from the chosen one; null if none. */
export function nextOpen(step = 1, from = store.chosen) {
  const at = store.stops.findIndex((stop) => stop.key === from);
  const count = store.stops.length;
  for (let index = 1; index <= count; index++) {
    const stop = store.stops[(((at + step * index) % count) + count) % count];
    if (stop.open && stop.key !== from) return stop;
  }
  return null;
}

let wanted = "";

/** Open a paper. Of several that are asked for at once the last one is shown. */
export async function open(sha256) {
  wanted = sha256;
  try {
    const paper = await get(`paper/${sha256}`);
    if (wanted !== sha256) return;
    const other = store.paper?.sha256 !== sha256;
    if (other) {
      store.chosen = "";
      store.place = 0;
      store.paper = null;
    }
    take(paper);
    if (other) {
      const first = store.stops.find((stop) => stop.open) ?? store.stops[0];
      choose(first?.key ?? "");
    }
    history.replaceState(null, "", `#${sha256.slice(0, 12)}`);
    emit("papers");
  } catch (error) {
    alarm(error.message);
  }
}

/** See whether another page, an import or a run has changed something. */
export async function refresh() {
  if (unsaved().length || !store.overview?.reviewer) return;
  try {
    const { mark } = await get("mark");
    if (mark === store.mark) return;
    const told = await get("papers");
    store.papers = told.papers;
    store.duplicates = told.duplicates;
    emit("papers");
    const sha256 = store.paper?.sha256;
    const paper = sha256 ? await get(`paper/${sha256}`) : null;
    if (paper && store.paper.sha256 === sha256) take(paper);
    store.mark = paper?.mark ?? told.mark;
  } catch {
    // the next stroke will tell that the server is gone
  }
}

whenSaved({
  saved(answer, stroke) {
    store.papers = answer.papers;
    if (store.paper?.sha256 === stroke.sha256) take(answer.paper);
    store.mark = answer.paper.mark;
    emit("papers");
  },
  refused(stroke) {
    if (store.paper?.sha256 === stroke.sha256) get(`paper/${stroke.sha256}`).then(take, (error) => alarm(error.message));
  },
});

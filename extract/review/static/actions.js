// What keys and buttons do: each is a stroke of one or more decisions.

import { save } from "./api.js";
import { ask, toast } from "./dom.js";
import { openAdding, openCorrecting } from "./editor.js";
import { nextPaper } from "./papers.js";
import { choose, chosen, columnOf, columnsOf, emit, foresee, nextOpen, open, patients, store, take } from "./store.js";
import { CONFLICTS, isOpen, isPlain, placesOf } from "./values.js";

const strokes = [];

/** Save a stroke and show at once what it comes to. */
export function strike(items, words = "") {
  if (!items.length) return;
  const stroke = save(store.paper.sha256, items);
  if (items.some((item) => item.action !== "undo")) strokes.push(stroke);
  foresee(stroke);
  take(store.paper);
  if (words) toast(words);
}

const aim = (stop) => ({ table: stop.table, record: stop.row.record, field: stop.field, patient: stop.row.patient });
const target = (table, row, field) => ({ table, record: row.record, field, patient: row.patient });

/** The item's place: the one that is looked at, when it is one of the program's own. */
function placeOf(stop) {
  const place = placesOf(stop.cell)[store.place];
  const at = stop.cell.places.indexOf(place);
  return at >= 0 ? { place: at } : {};
}

function goOn(from) {
  const stop = nextOpen(1, from);
  if (stop) choose(stop.key);
  else {
    choose(from);
    if (!store.paper.done && store.stops.length) toast("All is decided. Press d when you are done with this paper.");
  }
}

const cellChosen = () => {
  const stop = chosen();
  return stop?.kind === "cell" ? stop : null;
};

export function accept() {
  const stop = cellChosen();
  if (!stop) return toast(chosen() ? "Choose a side of the conflict: 1 or 2." : "Choose a value first.");
  if (!stop.cell.value) {
    return toast(stop.cell.status === "ambiguous" ? "No value was chosen here. Correct it (c) or say that it is not reported." : "There is no value to accept.");
  }
  strike([{ action: "accept", ...aim(stop), old: stop.cell.value, ...placeOf(stop) }]);
  return goOn(stop.key);
}

const plainItems = (table, row) =>
  columnsOf(table)
    .filter((column) => row.cells[column.name] && isOpen(row.cells[column.name], column) && isPlain(row.cells[column.name]))
    .map((column) => ({ action: "accept", ...target(table, row, column.name), old: row.cells[column.name].value, place: 0 }));

const stillOpen = (table, row) => columnsOf(table).filter((column) => row.cells[column.name] && isOpen(row.cells[column.name], column));

export function acceptRow(table = null, row = null) {
  const stop = cellChosen();
  const [which, line] = row ? [table, row] : [stop?.table, stop?.row];
  if (!line) return toast("Choose a value first.");
  const items = plainItems(which, line);
  if (!items.length) {
    const left = stillOpen(which, line);
    if (left.length) toast(`${left[0].label}: decide it by itself, it is in conflict or ambiguous.`);
    return left.length ? choose(`${which}/${line.record}/${left[0].name}`) : goOn(stop?.key ?? "");
  }
  strike(items);
  const left = stillOpen(which, store.paper.rows.find((one) => one.record === line.record && one.table === which));
  if (left.length) return choose(`${which}/${line.record}/${left[0].name}`);
  return goOn(`${which}/${line.record}/${items.at(-1).field}`);
}

export async function acceptPatient(patient = chosen()?.patient ?? "") {
  const rows = store.paper.rows.filter((row) => row.patient === patient || (patient === "" && row.table === "documents"));
  const items = rows.flatMap((row) => plainItems(row.table, row));
  const open = store.stops.filter((stop) => stop.patient === patient && stop.open).length - items.length;
  const who = patient ? `patient ${patient.replace(/^patient\s+/i, "")}` : "the paper";
  if (!items.length) return toast(open ? "What is left is in conflict or ambiguous: decide it by itself." : `Nothing is left of ${who}.`);
  const lines = [`You say that you have checked each of them against the paper.`];
  if (open) lines.push(`${open} in conflict or ambiguous stay open.`);
  if (!(await ask(`Accept the ${items.length} open values of ${who}?`, lines, "Accept"))) return undefined;
  strike(items, `${items.length} values accepted. z takes it back.`);
  return goOn(`${items.at(-1).table}/${items.at(-1).record}/${items.at(-1).field}`);
}

export function reject() {
  const stop = cellChosen();
  if (!stop) return toast("Choose a value first.");
  if (stop.cell.status === "empty") return toast("There is nothing to reject. Not reported (m) says that you looked.");
  if (columnOf(stop.table, stop.field).sole && stop.row.cells[stop.field].value) return rejectRow();
  strike([{ action: "reject", ...aim(stop), old: stop.cell.value, ...placeOf(stop) }]);
  return goOn(stop.key);
}

export function rejectRow() {
  const stop = cellChosen();
  if (!stop) return toast("Choose a value first.");
  const cells = columnsOf(stop.table).filter((column) => stop.row.cells[column.name]?.value);
  const items = cells.map((column) => ({
    action: "reject", ...target(stop.table, stop.row, column.name), old: stop.row.cells[column.name].value, place: 0,
  }));
  if (!items.length) return toast("This row has no values of the program. Take back (u) what you added.");
  strike(items, "The whole row is rejected. z takes it back.");
  return goOn(stop.key);
}

export function absent() {
  const stop = cellChosen();
  if (!stop) return toast("Choose an empty cell first: e shows them.");
  if (stop.cell.value) return toast("There is a value here. Reject it (r) when the paper does not say it.");
  if (stop.cell.status === "ambiguous") strike([{ action: "reject", ...aim(stop), old: "" }]);
  else strike([{ action: "absent", ...aim(stop), old: "" }]);
  return step(1);
}

export function correct() {
  const stop = chosen();
  if (!stop) return toast("Choose a value first.");
  if (stop.kind === "conflict") return toast("Choose a side: 1 or 2. To enter a third value, correct the value in its row.");
  const own = stop.cell.status === "empty";
  return own ? startAdding({ table: stop.table, record: stop.row.record, patient: stop.row.patient, field: stop.field }) : openCorrecting(stop);
}

export function startAdding(where = null) {
  const stop = cellChosen();
  const here = stop && { table: stop.table, patient: stop.row.patient, record: stop.row.record, field: stop.cell.status === "empty" ? stop.field : "" };
  const reading = store.paper.hidden ? "extract" : "add";
  return openAdding(where ?? here ?? {}, reading);
}

/** Take back the decision on the chosen value. */
export function undo() {
  const stop = chosen();
  const decision = stop?.kind === "conflict" ? stop.conflict.decision : stop?.cell?.decision;
  if (!decision) return toast("Nothing was decided here. z takes back the last stroke.");
  const where = stop.kind === "conflict"
    ? { table: CONFLICTS, record: stop.conflict.record, field: "chosen", patient: stop.patient }
    : aim(stop);
  return strike([{ action: "undo", ...where }], "Taken back.");
}

/** Take back the last stroke on this paper, with all its decisions. */
export function undoLast() {
  const mine = strokes.filter((stroke) => stroke.sha256 === store.paper.sha256);
  const items = mine.length ? standing(mine.at(-1).items) : lastDecided();
  if (mine.length) strokes.splice(strokes.indexOf(mine.at(-1)), 1);
  if (!items.length) return mine.length ? undoLast() : toast("Nothing is left to take back on this paper.");
  strike(items.map(({ table, record, field, patient }) => ({ action: "undo", table, record, field, patient })),
    items.length === 1 ? "Taken back." : `${items.length} decisions taken back.`);
  const first = items.find((item) => item.table);
  return first ? choose(`${first.table}/${first.record}/${first.field}`) : undefined;
}

/** Those of a stroke's items whose decision still stands. */
function standing(items) {
  return items.filter((item) => {
    if (item.action === "done") return store.paper.done && !store.overview.blind;
    if (item.table === CONFLICTS) return store.paper.conflicts.some((one) => one.record === item.record && one.decision);
    return store.paper.rows.some((row) => row.record === item.record && row.table === item.table && row.cells[item.field]?.decision?.action === item.action);
  });
}

/** After the page was loaded anew: all that was decided at the last moment at which anything was. */
function lastDecided() {
  const decisions = [
    ...store.paper.rows.flatMap((row) => Object.values(row.cells).map((cell) => cell.decision)),
    ...store.paper.conflicts.map((conflict) => conflict.decision),
  ].filter(Boolean);
  const last = decisions.map((decision) => decision.when).sort().at(-1);
  return decisions.filter((decision) => decision.when === last);
}

/** Choose a side of the conflict, or of two readings: 0 or 1. */
export function chooseSide(which) {
  const stop = chosen();
  if (stop?.kind === "cell" && stop.cell.mine) return chooseReading(stop, which);
  const conflict = stop?.kind === "conflict" ? stop.conflict : conflictOf(stop);
  if (!conflict) return toast("There are no two sides here.");
  const side = conflict.sides[which];
  const items = [{ action: "settle", table: CONFLICTS, record: conflict.record, field: "chosen", patient: conflict.patient, old: conflict.chosen, value: side.value, place: which }];
  for (const concern of conflict.concerns) {
    const row = store.paper.rows.find((one) => one.record === concern.record && one.table === concern.table);
    const cell = row?.cells[concern.field];
    const value = concern.values[which];
    if (!cell || !value) continue;
    const where = target(concern.table, row, concern.field);
    if (value === cell.value) items.push({ action: "accept", ...where, old: cell.value, place: 0 });
    else items.push({ action: "correct", ...where, old: cell.value, value, start: side.place.start, end: side.place.end });
  }
  strike(items);
  return goOn(stop.key);
}

/** The conflict that a value in conflict is about. */
function conflictOf(stop) {
  if (stop?.kind !== "cell") return null;
  return store.paper.conflicts.find((conflict) =>
    conflict.concerns.some((one) => one.table === stop.table && one.record === stop.row.record && one.field === stop.field)) ?? null;
}

/** After a blind reading: take one's own reading (0) or the program's (1). */
function chooseReading(stop, which) {
  const { cell } = stop;
  const { mine } = cell;
  if (which === 1) {
    if (cell.value) return accept();
    strike([{ action: "absent", ...aim(stop), old: "" }], "Left out: your reading is kept for the comparison.");
    return goOn(stop.key);
  }
  if (!mine.value) strike([{ action: "reject", ...aim(stop), old: cell.value, ...placeOf(stop) }], "Left out, as you read it.");
  else if (mine.agrees && cell.value) return accept();
  else {
    const action = cell.value ? "correct" : "add";
    strike([{ action, ...aim(stop), old: cell.value, value: mine.value, start: mine.place?.start, end: mine.place?.end }]);
  }
  return goOn(stop.key);
}

/** Accept at once all values on which both readings agree. */
export function acceptAgreed() {
  const items = store.stops
    .filter((stop) => stop.kind === "cell" && stop.open && stop.cell.mine?.agrees && isPlain(stop.cell))
    .map((stop) => ({ action: "accept", ...aim(stop), old: stop.cell.value, place: 0 }));
  if (!items.length) return toast("No value is left on which both agree.");
  strike(items, `${items.length} values accepted on which both readings agree.`);
  return goOn(store.chosen);
}

export async function done() {
  if (!store.paper) return undefined;
  if (store.paper.done) {
    if (store.overview.blind) return toast("This paper has been revealed and cannot be hidden again.");
    return strike([{ action: "undo" }], "The paper is open again.");
  }
  const left = store.stops.filter((stop) => stop.open).length;
  if (store.paper.hidden) {
    const read = store.stops.length;
    const sure = await ask("Done with your reading?", [
      `You have entered ${read} value${read === 1 ? "" : "s"}.`,
      "Both readings are then shown side by side. Your reading cannot be changed afterwards."], "Done, show both");
    if (sure) strike([{ action: "done" }]);
    return undefined;
  }
  if (left && !(await ask(`Done, with ${left} value${left === 1 ? "" : "s"} open?`, ["They stay unreviewed in the tables."], "Done"))) return undefined;
  strike([{ action: "done" }]);
  const paper = nextPaper();
  if (paper) return open(paper.sha256);
  return toast("That was the last paper that was not done.");
}

// --- moving

export function step(by) {
  const at = store.stops.findIndex((stop) => stop.key === store.chosen);
  const stop = store.stops[Math.max(0, Math.min(store.stops.length - 1, at + by))];
  if (stop) choose(stop.key);
}

/** To the same column of the next row, or the nearest that it has. */
export function stepRow(by) {
  const stop = chosen();
  if (!stop) return step(0);
  const lines = [...new Set(store.stops.map(lineOf))];
  const line = lines[lines.indexOf(lineOf(stop)) + by];
  if (line === undefined) return undefined;
  const there = store.stops.filter((one) => lineOf(one) === line);
  const index = store.stops.filter((one) => lineOf(one) === lineOf(stop)).indexOf(stop);
  return choose((there.find((one) => one.field === stop.field) ?? there[Math.min(index, there.length - 1)]).key);
}

const lineOf = (stop) => (stop.kind === "conflict" ? stop.key : `${stop.table}/${stop.row.record}`);

export function stepOpen(by) {
  const stop = nextOpen(by);
  if (stop) choose(stop.key);
  else toast("Nothing else is open in this paper.");
}

export function stepPatient(by) {
  const names = patients().filter((patient) => store.stops.some((stop) => stop.patient === patient));
  const at = names.indexOf(chosen()?.patient ?? "");
  const name = names[(at + by + names.length) % names.length];
  const stops = store.stops.filter((stop) => stop.patient === name);
  const stop = stops.find((one) => one.open) ?? stops[0];
  if (stop) choose(stop.key);
}

export function stepPaper(by) {
  const paper = nextPaper(by);
  if (paper) open(paper.sha256);
  else toast("All the other papers in the list are done.");
}

export function stepPlace(by) {
  const stop = chosen();
  const count = stop?.kind === "conflict" ? 2 : stop ? placesOf(stop.cell).length + (stop.cell.mine?.place ? 1 : 0) : 0;
  if (count < 2) return toast("There is only this one place.");
  store.place = (store.place + by + count) % count;
  return emit("chosen");
}

// Typing a value: correcting one, or adding one that was missing with the words that say it.

import { post, Refusal, save } from "./api.js";
import { button, fill, h, one, toast } from "./dom.js";
import { chooseWord, wordList } from "./wordlist.js";
import { choose, columnOf, columnsOf, emit, foresee, nextOpen, patients, rowsOf, store, tables, take } from "./store.js";
import { keyOf, placesOf, pretty, summary, valueOf } from "./values.js";

/** The form that is open: {mode: correct | add | extract, table, record, patient, field, place, hits}; null for none. */
export let form = null;

/** The words that were marked on the page last: {start, end, quote, page}; they go with what is typed next. */
export let marked = null;

export const editing = () => form;

export function openCorrecting(stop) {
  form = {
    mode: stop.cell.decision?.action === "add" ? "add" : "correct",
    table: stop.table, record: stop.row.record, patient: stop.row.patient, field: stop.field,
    cell: stop.cell, value: valueOf(stop.cell) || stop.cell.places[0]?.written || "", place: null, hits: [],
  };
  if (stop.row.own) form.mode = stop.cell.decision?.action ?? "add";
  if (form.mode !== "correct") form.place = stop.cell.decision?.place ?? null;
  begin();
}

export function openAdding(where, mode) {
  const table = where.table && where.table !== "documents" ? where.table : where.field ? where.table : "outcomes";
  const patient = where.patient ?? patients().filter(Boolean)[0] ?? "1";
  const record = where.record && where.record !== "new" ? where.record : newId();
  const newPatient = patients().filter(Boolean).length === 0;
  form = { mode, table, patient, record, field: where.field ?? "", value: "", place: marked, hits: [], newPatient, adding: true };
  if (!where.record) form.record = startingRow();
  form.field = form.field || freeFields()[0]?.name || "";
  begin();
}

const newId = () => [...crypto.getRandomValues(new Uint8Array(5))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** A table with one row for each patient goes on in that row, any other begins a new one. */
function startingRow() {
  const rows = rowsOf(form.patient, form.table);
  return (form.table === "patients" || form.table === "documents") && rows.length ? rows[0].record : newId();
}

const rowOf = () => store.paper.rows.find((row) => row.table === form.table && row.record === form.record);

/** The columns of the row that have no value yet. */
function freeFields() {
  const row = rowOf();
  const group = row?.cells.kind || row?.cells.n;
  return columnsOf(form.table).filter((column) => {
    const cell = row?.cells[column.name];
    return (!column.group || group) && !column.follows && !row?.minor[column.name] && !(cell && (cell.value || cell.decision?.value));
  });
}

function begin() {
  emit("editing");
  const input = one("#typed");
  input?.focus();
  input?.select?.();
  check();
}

export function closeEditor() {
  if (!form) return;
  form = null;
  emit("editing");
}

/** Words were marked on the page: they are what the open form rests on. */
export function wordsMarked(place) {
  marked = place;
  if (!form) {
    emit("chosen");
    return;
  }
  form.place = place;
  form.hits = [];
  if (form.mode !== "correct" && !one("#typed").value) {
    one("#typed").value = form.value = place.quote.length <= 60 ? place.quote : "";
    one("#typed").select();
  }
  drawWords();
  check();
  one("#typed").focus();
}

// --- drawing

/** The open form, for the inspector. */
export function drawForm() {
  const column = columnOf(form.table, form.field);
  const { adding } = form;
  return h("form", { class: "editor", onsubmit: submit, onkeydown: keys, novalidate: true, autocomplete: "off" },
    adding ? whereabouts() : null,
    h("div", { class: "typing" },
      h("label", { for: "typed" }, column ? column.label : "value"),
      h("div", { class: "field" },
        h("input", {
          id: "typed", value: form.value, spellcheck: false, oninput: typed,
          inputMode: column?.type === "number" || column?.type === "integer" ? "decimal" : "text",
          aria: { describedby: "verdict", autocomplete: "list", controls: "choices" },
        }),
        h("span", { class: "unit" }, form.cell?.unit || column?.unit || "")),
      h("output", { id: "verdict", role: "status" }),
      column ? wordList(column, form.value, pick) : null),
    h("div", { id: "rests" }),
    h("div", { class: "why" },
      h("label", { for: "why" }, "note"),
      h("input", { id: "why", maxLength: 500, placeholder: "why, if it is not plain (optional)" })),
    h("footer", {},
      h("button", { class: "main", title: "Save (Enter)" }, adding ? "Save, next field" : "Save", h("kbd", {}, "Enter")),
      button("Cancel", () => closeAndReturn(), { key: "Esc" }),
      h("span", { class: "quiet hint" }, column?.meaning ?? "")));
}

function whereabouts() {
  const people = patients().filter(Boolean);
  const rows = rowsOf(form.table === "documents" ? "" : form.patient, form.table);
  const fresh = !rows.some((row) => row.record === form.record);
  const naming = tables()[form.table].naming;
  const isNew = form.newPatient || !people.includes(form.patient);
  return h("div", { class: "whereabouts" },
    choice("Table", "table", Object.entries(tables()).map(([name, { title }]) => [name, title]), form.table, (table) => change({ table, record: "", field: "" })),
    form.table === "documents" ? null : choice("Patient", "patient", [...people.map((name) => [name, name]), ["\n", "new patient…"]], isNew ? "\n" : form.patient,
      (patient) => change(patient === "\n" ? { patient: "", newPatient: true, record: "" } : { patient, newPatient: false, record: "" })),
    isNew && form.table !== "documents" ? h("label", {}, "called", h("input", {
      id: "patient-name", value: form.patient, maxLength: 60, size: 6, onchange: (event) => { form.patient = event.target.value.trim(); },
    })) : null,
    form.table === "documents" || (form.table === "patients" && rows.length) ? null : choice("Row", "row",
      [...rows.map((row) => [row.record, summary(row, columnsOf(form.table))]), [fresh ? form.record : newId(), "new row"]], form.record, (record) => change({ record, field: "" })),
    choice("Field", "field", freeFields().map((column) => [column.name, column.label]), form.field, (field) => change({ field })),
    fresh && naming.length && !naming.includes(form.field) ? h("p", { class: "quiet" }, `A new row needs its ${naming.map((name) => columnOf(form.table, name)?.label ?? name).join(" or ")}.`) : null);
}

function choice(words, id, options, value, act) {
  return h("label", {}, words, h("select", { id: `at-${id}`, onchange: (event) => act(event.target.value) },
    options.map(([name, title]) => h("option", { value: name, selected: name === value }, title))));
}

function change(parts) {
  Object.assign(form, parts, { value: "" });
  if (!form.record) form.record = startingRow();
  if (!form.field) form.field = freeFields()[0]?.name ?? "";
  emit("editing");
  const next = "newPatient" in parts && parts.newPatient ? one("#patient-name") : one("#typed");
  next?.focus();
}

/** What the value rests on: the words found, those marked, or a field to paste them into. */
export function drawWords() {
  const box = one("#rests");
  if (!box || !form) return;
  const found = form.mode === "correct" ? placesOf(form.cell)[store.place] : null;
  const place = form.place ?? found;
  fill(box,
    h("label", { for: "pasted" }, "words"),
    h("div", { class: "resting" },
      place ? h("q", {}, shorten(place.quote)) : h("span", { class: "quiet" }, "Mark the words on the page, or paste them here:"),
      place?.page ? h("span", { class: "quiet" }, ` page ${place.page}`) : null,
      form.place && found ? button("as before", () => { form.place = null; drawWords(); emit("lit"); }) : null,
      h("input", {
        id: "pasted", placeholder: place ? "mark others on the page, or paste them here" : "the words of the paper", spellcheck: false,
        onchange: (event) => locate(event.target.value), onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); locate(event.target.value); } },
      }),
      form.hits.length > 1 ? h("ol", { class: "hits" }, form.hits.map((hit) => h("li", {},
        button(`${hit.page ? `page ${hit.page}, ` : ""}${hit.where}: ${shorten(hit.around ?? hit.quote)}`, () => { form.place = hit; marked = hit; drawWords(); emit("lit"); one("#typed").focus(); },
          { aria: { pressed: String(hit === form.place) } })))) : null,
      h("output", { id: "fault", class: "fault", role: "alert" })));
  emit("lit");
}

const shorten = (words) => (words.length > 160 ? `${words.slice(0, 110)} … ${words.slice(-45)}` : words);

async function locate(words) {
  if (!words.trim()) return;
  try {
    form.hits = await post("locate", { sha256: store.paper.sha256, words, page: null });
    form.place = marked = form.hits[0];
    drawWords();
    if (form.hits.length > 1) toast(`These words stand at ${form.hits.length} places: choose one.`);
    one("#typed").focus();
  } catch (error) {
    one("#fault").textContent = error.message;
  }
}

// --- typing

/** What the server said last: of which field and value, and what it would become (null: it cannot stand there). */
let known = { typed: "", value: undefined };
const keyOfCheck = () => JSON.stringify([form.table, form.record, form.field, form.value, quoted()]);

function typed(event) {
  form.value = event.target.value;
  const list = one("#choices");
  if (list) list.replaceWith(wordList(columnOf(form.table, form.field), form.value, pick));
  check();
}

function pick(word) {
  one("#typed").value = form.value = word;
  one("#typed").focus();
  typed({ target: one("#typed") });
}

/** Tell what the typed value would become, or why it cannot be. */
async function check() {
  const verdict = one("#verdict");
  if (!verdict || !form) return undefined;
  if (!form.value.trim()) {
    verdict.textContent = "";
    verdict.className = "";
    return null;
  }
  const { value } = form;
  const asked = keyOfCheck();
  try {
    const told = await post("check", { table: form.table, field: form.field, value, row: others(), words: quoted() });
    if (!form || keyOfCheck() !== asked) return told.value;
    known = { typed: asked, value: told.value };
    verdict.className = told.note ? "doubt" : "fine";
    verdict.textContent = told.note || (told.value === value ? "" : `= ${pretty(told.value)}`);
    return told.value;
  } catch (error) {
    if (!(error instanceof Refusal)) return value; // it is checked again when it is saved
    if (!form || keyOfCheck() !== asked) return null;
    known = { typed: asked, value: null };
    verdict.className = "fault";
    verdict.textContent = error.message;
    return null;
  }
}

/** The words that the value will rest on. */
const quoted = () => (form.place ?? (form.mode === "correct" ? placesOf(form.cell)[store.place] : null))?.quote.slice(0, 2000) ?? "";

function others() {
  const row = rowOf();
  const cells = Object.entries(row?.cells ?? {}).filter(([name]) => name !== form.field);
  return Object.fromEntries(cells.map(([name, cell]) => [name, valueOf(cell)]).filter(([, value]) => value));
}

function keys(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    closeAndReturn();
  }
  if (event.target.id !== "typed") return;
  const word = chooseWord(event.key, one("#choices"));
  if (word !== null) {
    event.preventDefault();
    if (word) { one("#typed").value = form.value = word; check(); }
  } else if (event.key === "ArrowDown" && form.adding) {
    event.preventDefault();
    skip();
  }
}

function closeAndReturn() {
  if (form?.busy) {
    form.closing = true; // what was entered is saved first
    return;
  }
  closeEditor();
  one("#rows").focus();
  emit("chosen");
}

/** Go on to the next free field of the row without saving. */
function skip() {
  const free = freeFields();
  const at = free.findIndex((column) => column.name === form.field);
  const next = free[at + 1];
  if (next) change({ field: next.name });
  else closeAndReturn();
}

async function submit(event) {
  event.preventDefault();
  if (form.busy) return undefined;
  if (!form.value.trim() && form.mode !== "correct") return skip();
  const typedBy = form.value;
  let value = known.typed === keyOfCheck() ? known.value : undefined;
  if (value === undefined) {
    form.busy = true;
    value = await check();
    form.busy = false;
  }
  const { closing } = form;
  if (value === null) return closing ? closeAndReturn() : one("#typed")?.focus();
  const later = one("#typed").value.slice(typedBy.length); // typed while the value was being checked
  form.closing = false;
  if (form.mode === "correct") saveCorrection(value);
  else saveAddition(value);
  if (closing) return closeAndReturn();
  if (later && form && one("#typed")) {
    one("#typed").value = form.value = later;
    check();
  }
  return undefined;
}

function saveCorrection(value) {
  const { cell, table, record, field, patient } = form;
  const why = one("#why").value;
  const item = { table, record, field, patient, old: cell.value, why };
  const at = cell.places.indexOf(placesOf(cell)[store.place]);
  if (form.place) Object.assign(item, { start: form.place.start, end: form.place.end });
  else item.place = Math.max(0, at);
  const same = value === cell.value && !form.place;
  put([same ? { action: "accept", ...item } : { action: "correct", value, ...item }]);
  closeEditor();
  const next = nextOpen(1, keyOf(table, record, field));
  choose(next ? next.key : keyOf(table, record, field));
  one("#rows").focus();
  emit("chosen");
}

function saveAddition(value) {
  const { table, record, field, mode, place } = form;
  const patient = table === "documents" ? "" : form.patient.trim();
  if (!place) {
    one("#fault").textContent = "What cannot be pointed at is not in the table: mark the words on the page, or paste them here.";
    return one("#pasted").focus();
  }
  if (table !== "documents" && !patient) {
    toast("Say which patient this is about.");
    return one("#patient-name")?.focus();
  }
  const columns = form.adding ? freeFields() : [];
  const why = one("#why").value;
  ensureRow(table, record, patient);
  put([{ action: mode, table, record, field, patient, old: "", value, start: place.start, end: place.end, why }]);
  choose(keyOf(table, record, field));
  form.newPatient = false;
  const at = columns.findIndex((column) => column.name === field);
  const next = form.adding ? columns[at + 1] : null;
  if (next) return change({ field: next.name });
  return closeAndReturn();
}

/** A new row stands in the table at once. */
function ensureRow(table, record, patient) {
  if (rowOf()) return;
  store.paper.rows.push({ table, record, patient, cells: {}, minor: {}, own: true });
}

function put(items) {
  const stroke = save(store.paper.sha256, items);
  foresee(stroke);
  take(store.paper);
  return stroke;
}

// What a cell says, how it is marked, where it stands: reading the server's JSON.

export const CONFLICTS = "conflicts";

const MARKS = {
  accept: ["✓", "accepted"],
  correct: ["✎", "corrected"],
  reject: ["✕", "rejected"],
  add: ["+", "added"],
  absent: ["∅", "not reported"],
  extract: ["✎", "read by you"],
  settle: ["✓", "settled"],
  stale: ["!", "stale: decide again"],
  conflict: ["≠", "in conflict"],
  ambiguous: ["?", "ambiguous"],
  derived: ["ƒ", "derived"],
  open: ["", "open"],
  empty: ["", "empty"],
};

/** Where a selection points: table, record and field in one word. */
export const keyOf = (table, record, field) => `${table}/${record}/${field}`;

/** How a cell is marked: a word for style sheets, a sign, and what the sign means. */
export function markOf(cell) {
  const kind = stateOf(cell);
  const [sign, meaning] = MARKS[kind];
  return { kind, sign, meaning };
}

function stateOf(cell) {
  if (cell.stale) return "stale";
  if (cell.decision) return cell.decision.action;
  if (cell.status === "empty") return "empty";
  if (cell.status === "conflict" || cell.status === "ambiguous" || cell.status === "derived") return cell.status;
  return "open";
}

/** Whether a cell waits for a decision. */
export function isOpen(cell, column) {
  if (cell.status === "empty") return Boolean(cell.mine && !cell.decision && !cell.mine.agrees && cell.mine.value);
  return !column?.follows && (!cell.decision || Boolean(cell.stale));
}

/** Whether a stroke for a whole row may accept a cell: it has one value, and nothing speaks against it. */
export function isPlain(cell) {
  const agreed = !cell.mine || cell.mine.agrees;
  return cell.value !== "" && cell.status !== "conflict" && cell.status !== "ambiguous" && agreed;
}

/** The value that stands in a cell after the decision on it. */
export function valueOf(cell) {
  const decision = cell.stale ? null : cell.decision;
  if (!decision) return cell.value;
  if (decision.action === "reject" || decision.action === "absent") return "";
  return decision.value;
}

/** The places of a value: the words of the decision first, where it has its own. */
export function placesOf(cell) {
  const own = cell.decision && ["correct", "add", "extract"].includes(cell.decision.action) ? cell.decision.place : null;
  const repeats = own && cell.places.some((place) => place.start === own.start && place.end === own.end);
  return own && !repeats ? [own, ...cell.places] : cell.places;
}

/** A number with its digits in groups; other words as they are. */
export function pretty(value) {
  if (!/^-?\d{5,}(\.\d+)?$/.test(value)) return value;
  const [whole, part] = value.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? `.${part}` : "");
}

/** A value as people read it: numbers in groups, the words of a list without their underscores. */
export const inWords = (value, column) => (column?.allowed.length ? value.replaceAll("_", " ") : pretty(value));

/** Words with the long numbers in them in groups of digits. */
export const grouped = (words) => words.replace(/\d{5,}/g, pretty);

/** A large round number as a power of ten, "" for others. */
export function powerOf(value) {
  if (!/^\d{6,}$/.test(value)) return "";
  const power = value.length - 1;
  const digits = value.replace(/0+$/, "");
  const head = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const raised = String(power).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return head.length > 5 ? "" : `${head} × 10${raised}`;
}

/** What a row is about, in a few words. */
export function summary(row, columns) {
  const said = columns.map((column) => row.cells[column.name]).filter(Boolean).map(valueOf).filter(Boolean);
  return said.slice(0, 4).map(pretty).join(", ") || "new row";
}

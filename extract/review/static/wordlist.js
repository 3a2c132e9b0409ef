// The words that may stand in a column, as a list under the field: typing narrows it, arrows and Enter choose.

import { all, h } from "./dom.js";

const MOST = 40;

/** The list for what has been typed so far. Columns that take any number have none. */
export function wordList(column, typed, pick) {
  const known = column.allowed.length ? column.allowed : column.words;
  const words = narrow(known, typed, column.allowed.length > 0);
  return h("ul", { id: "choices", role: "listbox", hidden: !words.length, aria: { label: `Words of ${column.label}` } },
    words.slice(0, MOST).map((word) => h("li", { role: "option", aria: { selected: "false" }, onmousedown: (event) => { event.preventDefault(); pick(word); } }, word)));
}

function narrow(words, typed, closed) {
  const said = typed.trim().toLocaleLowerCase();
  if (!said || (closed && words.some((word) => word.toLocaleLowerCase() === said))) return closed ? words : [];
  const begins = words.filter((word) => word.toLocaleLowerCase().startsWith(said));
  const holds = words.filter((word) => !begins.includes(word) && word.toLocaleLowerCase().includes(said));
  const found = [...begins, ...holds];
  return found.length === 1 && found[0].toLocaleLowerCase() === said ? [] : found;
}

/** What a key does to the list: the word it moves to, "" when it leaves it, null when it is not the list's key. */
export function chooseWord(key, list) {
  if (!list || list.hidden || (key !== "ArrowDown" && key !== "ArrowUp")) return null;
  const options = all("li", list);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = Math.max(0, Math.min(options.length - 1, at + (key === "ArrowDown" ? 1 : -1)));
  for (const option of options) option.setAttribute("aria-selected", "false");
  options[next].setAttribute("aria-selected", "true");
  options[next].scrollIntoView({ block: "nearest" });
  return options[next].textContent;
}

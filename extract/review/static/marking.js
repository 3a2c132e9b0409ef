// Marking words on a page with the mouse: from the word pressed on to the word let go at, in reading order.

import { h, one } from "./dom.js";
import { wordsMarked } from "./editor.js";
import { choose, store } from "./store.js";
import { placesOf } from "./values.js";
import { view } from "./viewer.js";

let last = null;

/** Lay the words of a page over its picture, so that they can be marked and copied. */
export function letMark(element, words) {
  const layer = one(".words", element);
  const [, width, height] = view.layout.pages[Number(element.dataset.page) - 1];
  layer.replaceChildren(...words.map(([text, , , x0, top, x1, bottom], index) => {
    const word = h("span", { data: { index } }, text);
    word.style.left = `${(100 * x0) / width}%`;
    word.style.top = `${(100 * top) / height}%`;
    word.style.width = `${(100 * (x1 - x0)) / width}%`;
    word.style.height = `${(100 * (bottom - top)) / height}%`;
    return word;
  }));
  layer.onpointerdown = (event) => press(event, layer, words, { page: Number(element.dataset.page), width, height });
}

function press(event, layer, words, sheet) {
  if (event.button !== 0) return;
  event.preventDefault();
  const from = event.shiftKey && last?.layer === layer ? last.from : nearest(event, layer, words, sheet);
  if (from === null) return;
  let to = event.shiftKey ? nearest(event, layer, words, sheet) ?? from : from;
  const begun = { x: event.clientX, y: event.clientY };
  let moved = event.shiftKey;
  paint(layer, from, to);
  layer.setPointerCapture(event.pointerId);
  layer.onpointermove = (move) => {
    moved ||= Math.hypot(move.clientX - begun.x, move.clientY - begun.y) > 4;
    to = nearest(move, layer, words, sheet, true) ?? to;
    if (moved) paint(layer, from, to);
  };
  layer.onpointerup = (up) => {
    layer.onpointermove = layer.onpointerup = null;
    if (!moved && up.detail < 2) {
      paint(layer);
      last = { layer, from };
      pick(event, layer, sheet);
      return;
    }
    finish(layer, words, sheet, from, to);
  };
  layer.ondblclick = () => finish(layer, words, sheet, from, from);
}

function finish(layer, words, sheet, from, to) {
  const [first, final] = from <= to ? [from, to] : [to, from];
  last = { layer, from: first };
  paint(layer);
  const chosen = words.slice(first, final + 1);
  const quote = chosen.map(([text]) => text).join(" ");
  const lines = chosen.map(([, , , x0, top, x1, bottom]) => [sheet.page, x0, top, x1, bottom]);
  wordsMarked({ start: chosen[0][1], end: chosen.at(-1)[2], quote, written: quote, page: sheet.page, box: null, lines: joined(lines), where: "", rule: "" });
}

/** Boxes of words side by side on a line become one. */
function joined(boxes) {
  const lines = [];
  for (const box of boxes) {
    const line = lines.at(-1);
    if (line && Math.abs(line[4] - box[4]) < 4 && box[1] >= line[1]) {
      line[2] = Math.min(line[2], box[2]);
      line[3] = Math.max(line[3], box[3]);
      line[4] = Math.max(line[4], box[4]);
    } else lines.push([...box]);
  }
  return lines;
}

/** The word at the pointer, or (far) the one nearest to it. */
function nearest(event, layer, words, { width, height }, far = false) {
  const box = layer.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * width;
  const y = ((event.clientY - box.top) / box.height) * height;
  let best = null;
  let least = far ? Infinity : 12;
  words.forEach(([, , , x0, top, x1, bottom], index) => {
    const away = Math.hypot(Math.max(x0 - x, 0, x - x1), 3 * Math.max(top - y, 0, y - bottom));
    if (away < least) [best, least] = [index, away];
  });
  return best;
}

function paint(layer, from = null, to = null) {
  for (const word of layer.children) {
    const index = Number(word.dataset.index);
    word.classList.toggle("marking", from !== null && index >= Math.min(from, to) && index <= Math.max(from, to));
  }
}

/** A click on the page chooses the value that stands there, one that is open before others. */
function pick(event, layer, { page, width, height }) {
  const box = layer.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * width;
  const y = ((event.clientY - box.top) / box.height) * height;
  const found = [];
  for (const stop of store.stops) {
    if (stop.kind !== "cell") continue;
    placesOf(stop.cell).forEach((place, index) => {
      if (place.page === page && place.box && x >= place.box[0] - 1 && x <= place.box[2] + 1 && y >= place.box[1] - 1 && y <= place.box[3] + 1) found.push([stop, index]);
    });
  }
  if (!found.length) return;
  const at = found.findIndex(([stop]) => stop.key === store.chosen);
  const [stop, index] = at >= 0 ? found[(at + 1) % found.length] : found.find(([one]) => one.open) ?? found[0];
  choose(stop.key, index);
}

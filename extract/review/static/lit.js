// Which places are lit up for what is chosen, and how each kind of light is told.

import { editing, marked } from "./editor.js";
import { h } from "./dom.js";
import { chosen, store } from "./store.js";
import { placesOf } from "./values.js";

/** The boxes (for pages) and spans (for text) to light up, the one to aim at, and a legend of their colours. */
export function litBoxes(layout) {
  const stop = chosen();
  const lights = { boxes: [], spans: [], aim: null, legend: [] };
  const form = editing();
  if (form?.place) {
    add(lights, layout, form.place, "marked", "");
    return lights;
  }
  if (stop?.kind === "conflict") sides(lights, layout, stop.conflict.sides.map((side) => side.place), ["1", "2"]);
  else if (stop?.cell.mine && !stop.cell.mine.agrees && stop.cell.mine.value) {
    sides(lights, layout, [stop.cell.mine.place, stop.cell.places[0] ?? null], ["you", "program"]);
  } else if (stop) value(lights, layout, stop);
  if (marked && form) add(lights, layout, marked, "marked", "");
  return lights;
}

function value(lights, layout, stop) {
  const places = placesOf(stop.cell);
  const place = places[store.place] ?? places[0];
  for (const [name, cell] of Object.entries(stop.row.cells)) {
    if (name !== stop.field && cell.places[0]) add(lights, layout, cell.places[0], "beside", "", false);
  }
  if (place) add(lights, layout, place, "lit", "");
}

function sides(lights, layout, places, badges) {
  const kinds = ["one", "two"];
  places.forEach((place, index) => { if (place) add(lights, layout, place, kinds[index], badges[index], true, index === store.place % 2); });
  if (!lights.aim) lights.aim = lights.boxes.find((box) => box.kind !== "quote") ?? null;
  lights.legend = badges.map((badge, index) => h("span", { class: `key ${kinds[index]}` }, badge));
}

function add(lights, layout, place, kind, badge, quoted = true, aimed = true) {
  lights.spans.push({ start: place.start, end: place.end, written: place.written, kind });
  if (!place.lines.length) {
    if (aimed && kind !== "beside") lights.aim ??= { start: place.start };
    return;
  }
  if (quoted && place.quote !== place.written) {
    for (const [page, x0, top, x1, bottom] of place.lines) lights.boxes.push({ page, x0, top, x1, bottom, kind: "quote" });
  }
  const exact = framed(layout, place).map((box, index) => ({ ...box, kind, badge: index ? "" : badge }));
  lights.boxes.push(...exact);
  if (aimed && kind !== "beside" && exact.length) lights.aim = { ...exact[0], around: around(place, exact[0].page) };
}

/** How far the lines of the quote reach to both sides on a page. */
function around(place, page) {
  const lines = place.lines.filter(([number]) => number === page);
  return lines.length ? { x0: Math.min(...lines.map((line) => line[1])), x1: Math.max(...lines.map((line) => line[3])) } : null;
}

/** The boxes of the value's own words: line by line where they run over a line's end, else the one box, else the quote. */
function framed(layout, place) {
  const lines = layout.boxes?.[`${place.start}-${place.end}-${place.written}`];
  if (lines || !place.box) {
    return (lines ?? place.lines).map(([page, x0, top, x1, bottom]) => ({ page, x0, top, x1, bottom }));
  }
  const [x0, top, x1, bottom] = place.box;
  return [{ page: place.page, x0, top, x1, bottom }];
}

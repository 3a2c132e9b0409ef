"use strict";
(() => {
  const papers = [...document.querySelectorAll("article.paper")];
  const overview = document.getElementById("overview");
  const viewer = document.querySelector(".viewer");
  const links = [...document.querySelectorAll(".papers li a")];
  const trails = new Map();
  const zooms = [1, 1.5, 2, 3];
  let shown = null; // the value that is open: { button, paper, rows, at }
  const narrow = matchMedia("(max-width: 64rem)");
  let zoom = narrow.matches ? 2 : 1; // large enough to read the words around the box

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  }

  function draw(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  // --- one paper at a time

  function show(section) {
    for (const each of [overview, ...papers]) if (each) each.hidden = each !== section;
    for (const link of links) {
      const here = section && link.getAttribute("href") === "#" + section.id;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (shown && shown.paper !== section) close();
  }

  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const section = (target && target.closest("article.paper, #overview")) || overview || papers[0];
    show(section);
    if (!target) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    if (target === section) scrollTo(0, 0);
    else target.scrollIntoView();
  }

  // --- where a value stands

  function trail(paper) {
    if (!trails.has(paper)) trails.set(paper, JSON.parse(paper.querySelector("script.trail").textContent));
    return trails.get(paper);
  }

  function placesOf(paper, id) {
    const { columns, texts, places } = trail(paper);
    return (places[id] || []).map((cells) => Object.fromEntries(cells.map((cell, at) => [columns[at], texts[cell]])));
  }

  function open(button) {
    const paper = button.closest("article.paper");
    const rows = placesOf(paper, button.dataset.v);
    if (!rows.length) return;
    if (shown) shown.button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    const first = rows.findIndex((row) => row.shown === "yes");
    shown = { button, paper, rows, at: Math.max(0, first) };
    viewer.hidden = false;
    document.body.classList.add("viewing");
    render();
    const box = button.getBoundingClientRect();
    const bottom = narrow.matches ? innerHeight * 0.28 : innerHeight;
    if (box.top < 0 || box.bottom > bottom) button.scrollIntoView({ block: narrow.matches ? "start" : "center" });
  }

  function close() {
    if (!shown) return;
    const { button } = shown;
    shown = null;
    button.setAttribute("aria-pressed", "false");
    viewer.hidden = true;
    viewer.replaceChildren();
    document.body.classList.remove("viewing");
    button.focus({ preventScroll: true });
  }

  function step(by) {
    const paper = (shown && shown.paper) || papers.find((each) => !each.hidden);
    if (!paper) return;
    const all = [...paper.querySelectorAll("button.v")].filter((each) => each.offsetParent !== null);
    const at = shown ? all.indexOf(shown.button) : by > 0 ? -1 : all.length;
    const next = all[at + by];
    if (!next) return;
    open(next);
    next.focus({ preventScroll: true });
  }

  function turn(by) {
    if (!shown || shown.rows.length < 2) return;
    shown.at = (shown.at + by + shown.rows.length) % shown.rows.length;
    render();
  }

  function words(text) { return text.replaceAll("_", " "); }

  function nameOf(place) {
    return [place.page ? "page " + place.page : "", place.where, place.shown === "yes" ? "" : "not shown"].filter(Boolean).join(", ");
  }

  function quoteOf(place) {
    const { quote, as_written: said } = place;
    const at = said ? quote.indexOf(said) : -1;
    if (at < 0 || quote.indexOf(said, at + 1) >= 0) return [quote]; // not there as such, or which one is not known
    return [quote.slice(0, at), make("mark", {}, said), quote.slice(at + said.length)];
  }

  function render() {
    const { button, paper, rows, at } = shown;
    const place = rows[at];
    const press = (label, title, act) => {
      const node = make("button", { type: "button", title, "aria-label": title }, label);
      node.addEventListener("click", act);
      return node;
    };
    const chips = [place.status, place.basis === place.status ? "" : place.basis, place.review]
      .filter(Boolean)
      .map((text) => make("span", { class: "chip is-" + text }, words(text)));
    const facts = [
      ["as written", place.as_written],
      ["rule", place.rule],
      ["formula", place.formula],
      ["reviewer", place.reviewer],
      ["stands in", [place.where, place.page ? "page " + place.page : ""].filter(Boolean).join(", ")],
    ].filter(([, text]) => text);
    const places = rows.map((row, index) => {
      const node = press(`${index + 1} ${nameOf(row)}`, `Place ${index + 1} of ${rows.length}`, () => {
        shown.at = index;
        render();
      });
      if (index === at) node.setAttribute("aria-current", "true");
      return make("li", {}, node);
    });
    const told = make("div", { class: "told" },
      make("div", { class: "bar" },
        press("‹", "Value before this (k)", () => step(-1)),
        press("›", "Next value (j)", () => step(1)),
        make("span", { class: "room" }, rows.length > 1 ? `${rows.length} places (n)` : ""),
        place.page ? press("−", "Smaller (-)", () => scale(-1)) : "",
        place.page ? press("+", "Larger (+)", () => scale(1)) : "",
        press("×", "Close (Esc)", close)),
      make("h2", { "aria-live": "polite" }, (button.dataset.name || words(place.field)) + ": ", place.value || "no value", " ",
        make("span", {}, place.unit === place.value ? "" : place.unit)),
      make("div", {}, ...chips.flatMap((chip) => [chip, " "])),
      rows.length > 1 ? make("ol", { class: "places" }, ...places) : "",
      make("blockquote", {}, ...quoteOf(place)),
      make("dl", {}, ...facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])));
    viewer.replaceChildren(told, desk(paper, place));
    toLit();
  }

  function rectangle(kind, [x0, top, x1, bottom], room) {
    return draw("rect", { class: kind, x: x0 - room, y: top - room, width: x1 - x0 + 2 * room, height: bottom - top + 2 * room, rx: 1 });
  }

  function desk(paper, place) {
    const key = paper.id.replace("paper-", "");
    const source = place.page && document.querySelector(`#page-${key}-${place.page} img`);
    if (!source) {
      const text = place.page ? "There is no picture of this page." : "This paper is not a PDF: it has no pages to show. The words above are what was read.";
      return make("div", { class: "desk" }, make("p", {}, text));
    }
    const [width, height] = trail(paper).pages[place.page];
    const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const line of place.quote_boxes.split("; ").filter(Boolean)) {
      const [page, ...box] = line.split(" ").map(Number);
      if (String(page) === place.page) picture.append(rectangle("line", box, 1));
    }
    if (place.box) picture.append(rectangle("lit", place.box.split(" ").map(Number), 1.5));
    const sheet = make("div", { class: "sheet" }, make("img", { src: source.getAttribute("src"), alt: source.alt }), picture);
    sheet.style.width = 100 * zooms[zoom] + "%";
    sheet.style.aspectRatio = `${width} / ${height}`;
    return make("div", { class: "desk", tabindex: 0, role: "region", "aria-label": "Picture of the page" }, sheet);
  }

  function toLit() {
    const frame = viewer.querySelector(".desk");
    const lit = viewer.querySelector(".lit") || viewer.querySelector(".line");
    if (!lit) return;
    const [a, b] = [lit.getBoundingClientRect(), frame.getBoundingClientRect()];
    frame.scrollTop += a.top + a.height / 2 - (b.top + b.height / 2);
    frame.scrollLeft += a.left + a.width / 2 - (b.left + b.width / 2);
  }

  function scale(by) {
    zoom = Math.min(zooms.length - 1, Math.max(0, zoom + by));
    const sheet = viewer.querySelector(".sheet");
    if (!sheet) return;
    sheet.style.width = 100 * zooms[zoom] + "%";
    toLit();
  }

  // --- what people do

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.v");
    if (!button) return;
    if (shown && shown.button === button) close();
    else open(button);
  });

  const keys = { j: () => step(1), k: () => step(-1), n: () => turn(1), p: () => turn(-1), "+": () => scale(1), "=": () => scale(1), "-": () => scale(-1), Escape: close };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const find = document.querySelector(".find");
  if (find && links.length > 9) {
    find.hidden = false;
    find.querySelector("input").addEventListener("input", (event) => {
      const wanted = event.target.value.trim().toLowerCase();
      for (const link of links) link.parentElement.hidden = wanted !== "" && !link.textContent.toLowerCase().includes(wanted);
    });
  }
  if (narrow.matches) {
    const list = document.querySelector(".papers details");
    if (list) list.open = false;
  }
  for (const button of document.querySelectorAll("button.v")) button.setAttribute("aria-pressed", "false");
  addEventListener("hashchange", follow);
  follow();
})();

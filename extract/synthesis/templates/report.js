// Beside a value, while it is pointed at or has the focus: the words that it rests on. Without scripts the link leads to them.
(() => {
  "use strict";
  const tip = document.getElementById("tip");
  let open = null;
  function fill(link) {
    const names = (link.dataset.words || link.hash.slice(1)).split(" ");
    tip.replaceChildren();
    for (const name of names.slice(0, 6)) {
      const row = document.getElementById(name);
      if (!row) continue;
      const told = document.createElement("p");
      told.className = "told";
      told.textContent = row.cells[0].textContent;
      tip.append(told, ...[...row.cells[1].children].map((place) => place.cloneNode(true)));
    }
    if (names.length > 6) {
      const more = document.createElement("p");
      more.textContent = `and ${names.length - 6} more`;
      tip.append(more);
    }
  }
  function show(link) {
    if (open === link) return;
    open = link;
    fill(link);
    tip.hidden = false;
    link.setAttribute("aria-describedby", "tip");
    const box = link.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 16));
    const below = box.bottom + 6 + tip.offsetHeight < innerHeight;
    const top = below ? box.bottom + 6 : Math.max(8, box.top - tip.offsetHeight - 6);
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  }
  function hide() {
    if (open) open.removeAttribute("aria-describedby");
    open = null;
    tip.hidden = true;
  }
  const linkOf = (target) => (target instanceof Element ? target.closest("a.value") : null);
  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const link = linkOf(event.target);
      if (link) show(link);
      else if (!tip.contains(event.target)) hide();
    });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", hide);
})();

// Elements. Text goes in as text, never as markup.

/** An element with properties and children. `on…` are listeners, `data` and `aria` are sets of attributes. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "aria") for (const [key, said] of Object.entries(value)) element.setAttribute(`aria-${key}`, said);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  fill(element, ...children);
  return element;
}

/** Put children into an element in place of those it has; what is null or false is left out. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
}

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A button that names its key in its tooltip. */
export function button(words, act, { key = "", title = "", ...more } = {}) {
  const hint = key ? `${title || words} (${key})` : title || words;
  return h("button", { type: "button", title: hint, onclick: act, ...more }, words, key ? h("kbd", {}, key) : null);
}

/** Whether keys belong to what is focused: a field that takes text, or a list. */
export function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

let fading = 0;

/** A short message at the foot of the page. */
export function toast(words) {
  const box = one("#toasts");
  box.replaceChildren(h("p", {}, words));
  clearTimeout(fading);
  fading = setTimeout(() => box.replaceChildren(), 6000);
}

/** A message that stays until it is put away. */
export function alarm(words, again = null) {
  const box = one("#alarm");
  box.hidden = !words;
  fill(
    box,
    h("span", {}, words),
    again ? button("Try again now", again) : null,
    words && !again ? button("Close", () => alarm("")) : null,
  );
}

/** A question that is answered with yes (Enter) or no (Esc). Resolves to whether it was yes. */
export function ask(title, lines, yes) {
  const dialog = one("#dialog");
  return new Promise((resolve) => {
    const form = h(
      "form",
      { method: "dialog", onsubmit: () => resolve(true) },
      h("h2", {}, title),
      lines.map((line) => h("p", {}, line)),
      h("footer", {}, h("button", { type: "button", onclick: () => dialog.close() }, "No", h("kbd", {}, "Esc")),
        h("button", { class: "main", autofocus: true }, yes, h("kbd", {}, "Enter"))),
    );
    dialog.onclose = () => {
      if (!dialog.open) resolve(false); // else it is told of the question before, closed a moment ago
    };
    show(form);
  });
}

/** Put something into the dialog and open it. */
export function show(content) {
  const dialog = one("#dialog");
  dialog.replaceChildren(content);
  if (!dialog.open) dialog.showModal();
}

// Speaking to the server: asking, and saving strokes one after the other until each is on the disk.

import { alarm, one, toast } from "./dom.js";

const base = location.pathname.replace(/[^/]*$/, "");
const kept = `caseloom${base}`;

/** A refusal by the server, with its reason and a word to tell it by. */
export class Refusal extends Error {
  constructor(message, kind, status) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

async function call(path, options) {
  const answer = await fetch(base + path, { credentials: "omit", cache: "no-store", ...options });
  const told = await answer.json();
  if (!answer.ok) throw new Refusal(told.error ?? `The server answers ${answer.status}.`, told.kind, answer.status);
  return told;
}

export const get = (path) => call(path);
export const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const pictureOf = (sha256, page, dpi) => `${base}picture/${sha256}/${page}?dpi=${dpi}`;

// --- saving

/** Refusals of a stroke itself: sending it again would not help. Whatever else happens, it waits and is sent again. */
const FINAL = new Set(["refused", "not_there", "outdated", "wrong", "missing"]);

const waiting = recall();
const listeners = [];
let busy = false;
let saved = 0;

/** Strokes that are not on the disk yet. */
export const unsaved = () => waiting;

/** Call `saved(answer, stroke)` for each stroke that was saved, `refused(stroke, refusal)` for each that was not. */
export const whenSaved = (listener) => listeners.push(listener);

/** Save a stroke: it is sent until the server says that it is on the disk. The same request never counts twice. */
export function save(sha256, items) {
  const stroke = { request: crypto.randomUUID(), sha256, items };
  waiting.push(stroke);
  keep(stroke);
  drain();
  return stroke;
}

/** Send what waits, in order. */
export async function drain() {
  if (busy) return;
  busy = true;
  let pause = 300;
  let failing = false;
  while (waiting.length) {
    tell(failing);
    const stroke = waiting[0];
    const { answer, refusal } = await send(stroke);
    if (answer || FINAL.has(refusal.kind)) {
      waiting.shift();
      forget(stroke);
      if (failing) alarm("");
      failing = false;
      pause = 300;
      if (answer) saved += answer.saved;
      else alarm(`Not saved: ${refusal.message}`);
      for (const listener of listeners) hear(listener, stroke, answer, refusal);
      continue;
    }
    failing = true;
    const count = waiting.length === 1 ? "1 stroke waits" : `${waiting.length} strokes wait`;
    alarm(`NOT SAVED: ${refusal.message} ${count} here and will be sent.`, () => { pause = 0; wake?.(); });
    tell(failing);
    await rest(pause);
    pause = Math.min(Math.max(pause, 300) * 2, 5000);
  }
  busy = false;
  tell();
}

/** Let a listener know; a fault of it must not keep the next stroke from being saved. */
function hear(listener, stroke, answer, refusal) {
  try {
    if (answer) listener.saved(answer, stroke);
    else listener.refused(stroke, refusal);
  } catch (error) {
    setTimeout(() => { throw error; });
  }
}

async function send(stroke) {
  try {
    return { answer: await post("decide", stroke) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    return { refusal: new Refusal("the server does not answer. Start caseloom review again.", "gone", 0) };
  }
}

let wake = null;
const rest = (time) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, time); });

function tell(failing = false) {
  const box = one("#saving");
  box.dataset.state = failing ? "failing" : waiting.length ? "saving" : "saved";
  box.textContent = failing ? "Not saved" : waiting.length ? "Saving…" : saved ? "All saved" : "";
}

// What waits is also kept by the browser, each stroke by itself, so that it outlives the tab; another tab may send it.

function keep(stroke) {
  try {
    localStorage.setItem(kept + stroke.request, JSON.stringify({ at: Date.now(), stroke }));
  } catch {
    // without storage a stroke that waits is lost with its tab; the alarm says that it waits
  }
}

function forget(stroke) {
  try {
    localStorage.removeItem(kept + stroke.request);
  } catch {
    // it was never kept
  }
}

function recall() {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(kept));
    const found = names.map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
    if (found.length) setTimeout(() => toast(`Sending ${found.length} strokes that were not saved before.`));
    return found.map(({ stroke }) => stroke);
  } catch {
    return [];
  }
}

addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

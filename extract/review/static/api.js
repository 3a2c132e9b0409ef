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
  keep();
  drain();
  return stroke;
}

/** Send what waits, in order. */
export async function drain() {
  if (busy) return;
  busy = true;
  let pause = 300;
  while (waiting.length) {
    tell();
    const stroke = waiting[0];
    try {
      const answer = await post("decide", stroke);
      waiting.shift();
      keep();
      saved += answer.saved;
      alarm("");
      for (const listener of listeners) listener.saved(answer, stroke);
      pause = 300;
    } catch (error) {
      if (error instanceof Refusal && error.status < 500 && error.status !== 421) {
        waiting.shift();
        keep();
        alarm(`Not saved: ${error.message}`);
        for (const listener of listeners) listener.refused(stroke, error);
        continue;
      }
      const why = error instanceof Refusal ? error.message : "the server does not answer. Start caseloom review again.";
      alarm(`NOT SAVED: ${why} ${waiting.length === 1 ? "1 stroke waits" : `${waiting.length} strokes wait`} here and will be sent.`,
        () => { pause = 0; wake?.(); });
      tell(true);
      await rest(pause);
      pause = Math.min(Math.max(pause, 300) * 2, 5000);
    }
  }
  busy = false;
  tell();
}

let wake = null;
const rest = (time) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, time); });

function tell(failing = false) {
  const box = one("#saving");
  box.dataset.state = failing ? "failing" : waiting.length ? "saving" : "saved";
  box.textContent = failing ? "Not saved" : waiting.length ? "Saving…" : saved ? "All saved" : "";
}

function keep() {
  try {
    if (waiting.length) localStorage.setItem(kept, JSON.stringify(waiting));
    else localStorage.removeItem(kept);
  } catch {
    // without storage a stroke that waits is lost with its tab; the alarm says that it waits
  }
}

function recall() {
  try {
    const found = JSON.parse(localStorage.getItem(kept) ?? "[]");
    if (found.length) setTimeout(() => toast(`Sending ${found.length} strokes that were not saved before.`));
    return found;
  } catch {
    return [];
  }
}

addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

// A paper without pages (XML, plain text): its text, with the words of the chosen value lit up in it.

import { h } from "./dom.js";
import { wordsMarked } from "./editor.js";

const TAGS = { heading: "h3", caption: "figcaption", list: "p", table: "pre" };

export function drawText(container, blocks) {
  container.replaceChildren(...blocks.map((block) => {
    const element = h(TAGS[block.kind] ?? "p", { class: `block ${block.kind}`, data: { start: block.start } }, block.text);
    element.textOf = block.text;
    return element;
  }));
  container.onpointerup = () => setTimeout(() => marking(container));
}

/** Light up spans, given by their characters; the words of a value are brighter than the quote around them. */
export function lightText(container, spans, aim) {
  for (const element of container.children) {
    const start = Number(element.dataset.start);
    const marks = spans.flatMap((span) => marksOf(span, start, element.textOf)).sort((a, b) => a.from - b.from);
    if (marks.length || element.querySelector("mark")) element.replaceChildren(...pieces(element.textOf, marks));
  }
  const lit = container.querySelector("mark.lit, mark.marked, mark.one");
  if (!lit || !aim) return;
  const view = container.getBoundingClientRect();
  const box = lit.getBoundingClientRect();
  if (box.top < view.top + 60 || box.bottom > view.bottom - 60) container.scrollTop += box.top - view.top - view.height / 3;
}

function marksOf(span, start, text) {
  const from = Math.max(0, span.start - start);
  const to = Math.min(text.length, span.end - start);
  if (from >= to) return [];
  const at = span.written ? text.slice(from, to).indexOf(span.written) : -1;
  if (at < 0) return [{ from, to, kind: span.kind }];
  const words = { from: from + at, to: from + at + span.written.length, kind: span.kind };
  if (span.kind === "beside") return [words];
  return [{ from, to: words.from, kind: "quote" }, words, { from: words.to, to, kind: "quote" }].filter((mark) => mark.from < mark.to);
}

const RANK = ["beside", "quote", "two", "one", "lit", "marked"];

/** Text cut at the ends of marks; where they overlap the strongest shows. */
function pieces(text, marks) {
  const cuts = [...new Set([0, text.length, ...marks.flatMap((mark) => [mark.from, mark.to])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1];
    const here = marks.filter((mark) => mark.from <= from && mark.to >= to).map((mark) => mark.kind);
    const kind = here.sort((a, b) => RANK.indexOf(b) - RANK.indexOf(a))[0];
    const words = text.slice(from, to);
    return kind ? h("mark", { class: kind }, words) : words;
  });
}

function marking(container) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !container.contains(selection.anchorNode)) return;
  const range = selection.getRangeAt(0);
  const start = offsetOf(range.startContainer, range.startOffset);
  const end = offsetOf(range.endContainer, range.endOffset);
  if (start === null || end === null || end <= start) return;
  const quote = selection.toString();
  selection.removeAllRanges();
  wordsMarked({ start, end, quote, written: quote, page: null, box: null, lines: [], where: "", rule: "" });
}

/** The character of the text at which a point of the page stands. */
function offsetOf(node, offset) {
  const block = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest(".block");
  if (!block) return null;
  const before = document.createRange();
  before.selectNodeContents(block);
  before.setEnd(node, offset);
  return Number(block.dataset.start) + before.toString().length;
}

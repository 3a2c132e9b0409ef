"""DIFF: the differences as a page that opens from disk: one file, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from extract.diff.changes import Change, Diff
from extract.diff.entries import ENTRIES
from extract.diff.figures import Gains
from extract.diff.folder import Place
from extract.diff.show import SIGNS, numbers, rows_of, shortened, sources, step, summary, told_miss, told_paper

MOST = 5000
"""So many values at most stand on the page; diff.csv holds them all."""

STYLE = """
:root { --won: #1a7f37; --lost: #b42318; --changed: #8a5a00; --line: #d9dde3; --quiet: #5b6570; --back: #fff;
  --ink: #1c2126; }
@media (prefers-color-scheme: dark) {
  :root { --won: #56d364; --lost: #ff7b72; --changed: #e3b341; --line: #3a4149; --quiet: #9aa4ae; --back: #14181c;
    --ink: #e6e9ec; }
  mark { background: #5c4a00; color: inherit; }
}
body { margin: 2rem auto; max-width: 74rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--back); }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0; } h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
table { border-collapse: collapse; width: 100%; } td, th { border-top: 1px solid var(--line); padding: .3rem .5rem;
  text-align: left; vertical-align: top; }
th { font-weight: 600; } .sign { width: 1.2rem; font-weight: 700; } .what { width: 15rem; }
.won .sign, .won .new { color: var(--won); } .lost .sign, .lost .old { color: var(--lost); }
.changed .sign, .changed .new { color: var(--changed); } .old { text-decoration: line-through; }
.quote { color: var(--quiet); font-size: .9rem; } .rule { font-family: ui-monospace, monospace; font-size: .85rem; }
.controls { position: sticky; top: 0; padding: .6rem 0; background: var(--back); border-bottom: 1px solid var(--line); }
.controls label { margin-right: 1rem; } input[type=search] { width: 18rem; max-width: 100%; }
[hidden] { display: none; }
"""

SCRIPT = """
const kinds = document.querySelectorAll("input[name=kind]"), words = document.querySelector("input[type=search]");
function show() {
  const on = new Set([...kinds].filter(box => box.checked).map(box => box.value));
  const asked = words.value.toLowerCase();
  for (const row of document.querySelectorAll("tr[data-kind]"))
    row.hidden = !on.has(row.dataset.kind) || !row.textContent.toLowerCase().includes(asked);
  for (const part of [...document.querySelectorAll("section")].reverse())
    part.hidden = !part.querySelector("tr[data-kind]:not([hidden])");
}
for (const box of [...kinds, words]) box.addEventListener("input", show);
"""


def diff_page(diff: Diff, gains: Gains | None = None) -> str:
    """The whole page. Everything that comes from papers, rules or folder names is escaped."""
    shown = [change for change in diff.changes if change.kind != "moved"]
    parts = [f"<h1>What changed</h1><p>{escape(summary(diff))}</p>"]
    if diff.papers:
        parts.append("<ul>" + "".join(f"<li>{escape(told_paper(paper))}</li>" for paper in diff.papers) + "</ul>")
    if gains is not None:
        parts += _gains(gains)
    if shown:
        boxes = "".join(
            f'<label><input type="checkbox" name="kind" value="{kind}" checked> {kind}</label>' for kind in SIGNS
        )
        parts.append(f'<div class="controls">{boxes}<input type="search" placeholder="paper, field, word"></div>')
    if len(shown) > MOST:
        parts.append(f"<p>The first {MOST} of {len(shown)} changes; diff.csv holds all of them.</p>")
    for document, of_paper in groupby(shown[:MOST], key=lambda change: change.document):
        parts.append(f"<section><h2>{escape(document)}</h2>")
        for patient, of_patient in groupby(of_paper, key=lambda change: change.patient):
            title = f"Patient {escape(patient)}" if patient else "The paper"
            rows = "".join(line for row in rows_of(of_patient) for line in _row(row))
            parts.append(f"<section><h3>{title}</h3><table>{rows}</table></section>")
        parts.append("</section>")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>What changed</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(parts) + f"\n<script>{SCRIPT}</script></body></html>\n"
    )


def _row(row: Sequence[Change]) -> Iterator[str]:
    """The lines of one row: one for all of a row that was won or lost, else one for each value."""
    first = row[0]
    if first.whole:
        says = "; ".join(f"{change.field} {change.new or change.old}" for change in row)
        place = first.before if first.kind == "lost" else first.after
        old, new = (says, "") if first.kind == "lost" else ("", says)
        yield _line(first.kind, f"{first.table}: the row", old, new, [place])
        return
    for change in row:
        name = f"{change.table}{f', {change.row}' if change.row else ''}: {change.field}"
        new = change.new or (f"({change.after.status})" if change.after.status else "")
        entry = [change.after if change.new else change.before]
        yield _line(
            change.kind, name, change.old, new, entry if change.table in ENTRIES else [change.before, change.after]
        )


def _line(kind: str, name: str, old: str, new: str, places: Sequence[Place]) -> str:
    quotes = "".join(f'<div class="quote">{_quote(place, rules)}</div>' for place, rules in sources(places))
    before = f'<span class="old">{escape(old)}</span> ' if old else ""
    return (
        f'<tr class="{kind}" data-kind="{kind}"><td class="sign">{SIGNS[kind]}</td><td class="what">{escape(name)}</td>'
        f'<td>{before}<span class="new">{escape(new)}</span>{quotes}</td></tr>'
    )


def _quote(place: Place, rules: str) -> str:
    """A quote with its own words marked, its page and its rules."""
    quote, words = shortened(place, most=400), " ".join(place.as_written.split())
    start = quote.find(words) if words else -1
    if start >= 0:
        end = start + len(words)
        told = f"{escape(quote[:start])}<mark>{escape(quote[start:end])}</mark>{escape(quote[end:])}"
    else:
        told = escape(quote)
    page = f"p. {escape(place.page)} " if place.page else ""
    return f'{page}“{told}” <span class="rule">{escape(rules)}</span>'


def _gains(gains: Gains) -> Iterator[str]:
    yield f"<h2>Against gold</h2><p>{gains.documents} papers, {gains.patients} patients.</p>"
    yield "<table><tr><th>field</th><th>precision</th><th>recall</th><th>F1</th></tr>"
    for before, after in gains.figures:
        name = "all (micro)" if before.field == "all" else before.field
        cells = "".join(
            f"<td>{step(a, b).replace('->', '→')}</td>" for a, b in zip(numbers(before), numbers(after), strict=True)
        )
        yield f"<tr><td>{escape(name)}</td>{cells}</tr>"
    yield "</table>"
    for title, misses in (("No longer wrong", gains.mended), ("Wrong now", gains.spoiled)):
        if misses:
            items = "".join(f"<li>{escape(told_miss(miss))}</li>" for miss in misses)
            yield f"<h3>{title}</h3><ul>{items}</ul>"

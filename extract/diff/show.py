"""DIFF: the differences for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from extract.diff.changes import Change, Diff, PaperChange
from extract.diff.entries import ENTRIES
from extract.diff.figures import Gains
from extract.diff.folder import Place
from extract.score import Figure, Miss

Paint = Callable[[str, str], str]
"""Colours a text by what it tells: ``won``, ``lost``, ``changed``, ``quiet`` or ``head``."""

SIGNS = {"won": "+", "lost": "-", "changed": "~"}

PAPERS = {
    "new": "new paper",
    "gone": "paper gone",
    "read": "read now",
    "unread": "not read any more",
    "altered": "file altered",
    "renamed": "renamed",
}

_QUOTE = 200


def plain(text: str, _: str) -> str:
    """No colours."""
    return text


def as_text(diff: Diff, gains: Gains | None = None, *, limit: int = 0, paint: Paint = plain) -> str:
    """The differences for people: a summary, papers as a whole, then each paper, patient and row with its quotes.

    ``limit`` is how many rows are told at most (0: all).
    """
    lines = [summary(diff)]
    lines += [paint(told_paper(paper), "head") for paper in diff.papers]
    shown = [change for change in diff.changes if change.kind != "moved"]
    rows = 0
    for document, of_paper in groupby(shown, key=lambda change: change.document):
        for place, (patient, of_patient) in enumerate(groupby(of_paper, key=lambda change: change.patient)):
            head = ["", paint(document, "head")] if place == 0 else []
            head += [paint(f"  patient {patient}" if patient else "  the paper", "head")]
            for row in rows_of(of_patient):
                rows += 1
                if not limit or rows <= limit:
                    lines += head + list(_row_lines(row, paint))
                    head = []
    if limit and rows > limit:
        lines += ["", f"... and {rows - limit} more rows. -o DIR writes all of them, --limit 0 shows them here."]
    if gains is not None:
        lines += ["", *_gains_lines(gains, paint)]
    return "\n".join(lines)


def summary(diff: Diff) -> str:
    """What it comes to in a sentence or two."""
    papers = f"{diff.documents} paper{'' if diff.documents == 1 else 's'}"
    counts = {kind: diff.count(kind) for kind in ("won", "lost", "changed", "moved")}
    touched = len({change.document for change in diff.changes if change.kind != "moved"})
    if diff.same:
        text = f"{diff.old} and {diff.new} say the same of {papers}."
    else:
        text = (
            f"{diff.old} -> {diff.new}: {counts['won']} values won, {counts['lost']} lost, {counts['changed']} changed"
        )
        text += f" in {touched} of {papers}"
        for table in ENTRIES:
            parts = [
                f"{diff.count(kind, table)} {kind}" for kind in ("won", "lost", "changed") if diff.count(kind, table)
            ]
            text += f"; {table}: {', '.join(parts)}" if parts else ""
        papers_as = {kind: sum(paper.kind == kind for paper in diff.papers) for kind in ("new", "gone")}
        counted = [
            f"{number} {'paper' if number == 1 else 'papers'} {kind}" for kind, number in papers_as.items() if number
        ]
        text += f"; {', '.join(counted)}" if counted else ""
        text += "."
        if diff.stale:
            text += f" {diff.stale} decision{' has' if diff.stale == 1 else 's have'} gone stale."
    if counts["moved"]:
        text += (
            f" {counts['moved']} values are the same, but from other words or by another rule (diff.csv lists them)."
        )
    return text


def told_paper(paper: PaperChange) -> str:
    """A paper that was won or lost, in a line."""
    told = f" ({paper.told})" if paper.told else ""
    holds = (
        f": {paper.patients} patient{'' if paper.patients == 1 else 's'}, {paper.values} values" if paper.whole else ""
    )
    return f"{PAPERS[paper.kind]}: {paper.document}{told}{holds}"


def rows_of(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """The changes that belong to one row."""

    def row(change: Change) -> tuple[object, ...]:
        entry = (change.field, change.old, change.new) if change.table in ENTRIES else ()
        return (change.table, change.record_old, change.record_new, change.row, *entry)

    for _, group in groupby(changes, key=row):
        yield list(group)


def _row_lines(row: Sequence[Change], paint: Paint) -> Iterator[str]:
    first = row[0]
    if first.whole:
        says = "; ".join(f"{change.field} {change.new or change.old}" for change in row)
        yield paint(f"    {SIGNS[first.kind]} {first.table}: {says}", first.kind)
        yield from _place_lines([first.before if first.kind == "lost" else first.after], paint)
        return
    if first.table in ENTRIES:
        told = f"{first.old} -> {first.new}" if first.kind == "changed" else first.new or first.old
        yield paint(f"    {SIGNS[first.kind]} {first.table}, {first.field}: {told}", first.kind)
        yield from _place_lines([first.after if first.new else first.before], paint)
        return
    yield f"    ~ {first.table}{f', {first.row}' if first.row else ''}"
    for change in row:
        yield paint(f"      {SIGNS[change.kind]} {change.field}: {told_change(change)}", change.kind)
        yield from _place_lines([change.before, change.after], paint)


def told_change(change: Change) -> str:
    """``old -> new`` of a value, with what became of one that is not shown any more."""
    status = f" (now {change.after.status})" if change.kind == "lost" and change.after.status else ""
    return f"{change.old or '(none)'} -> {change.new or '(none)'}{status}"


def sources(places: Iterable[Place]) -> list[tuple[Place, str]]:
    """The places with a quote, each with its rule; where the same words were found by another rule, with both."""
    rules: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Place] = {}
    for place in places:
        if place.quote:
            key = (place.quote, place.page)
            first.setdefault(key, place)
            if place.rule not in rules.setdefault(key, []):
                rules[key].append(place.rule)
    return [(first[key], " -> ".join(names)) for key, names in rules.items()]


def _place_lines(places: Iterable[Place], paint: Paint) -> Iterator[str]:
    for place, rules in sources(places):
        page = f"p. {place.page} " if place.page else ""
        yield paint(f"          {page}“{shortened(place)}” [{rules}]", "quiet")


def shortened(place: Place, most: int = _QUOTE) -> str:
    """The quote on one line, cut around the words that were found."""
    quote = " ".join(place.quote.split())
    if len(quote) <= most:
        return quote
    at = max(0, quote.find(" ".join(place.as_written.split())))
    start = max(0, min(at - most // 3, len(quote) - most))
    end = start + most
    return f"{'…' if start else ''}{quote[start:end].strip()}{'…' if end < len(quote) else ''}"


# --- figures


def _gains_lines(gains: Gains, paint: Paint) -> Iterator[str]:
    people = f"{gains.patients} patient{'' if gains.patients == 1 else 's'}"
    papers = f"{gains.documents} paper{'' if gains.documents == 1 else 's'}"
    yield paint(f"Against gold ({papers}, {people}):", "head")
    yield f"  {'':16}{'precision':18}{'recall':18}F1"
    same = []
    for before, after in gains.figures:
        if before.field != "all" and numbers(before) == numbers(after):
            same.append(before.field)
            continue
        kind = "changed" if before.f1 == after.f1 else "won" if (after.f1 or 0) > (before.f1 or 0) else "lost"
        cells = "".join(f"{step(a, b):18}" for a, b in zip(numbers(before), numbers(after), strict=True))
        yield paint(f"  {'all (micro)' if before.field == 'all' else before.field:16}{cells}".rstrip(), kind)
    if same:
        yield f"  as before: {', '.join(same)}"
    for title, misses, kind in (("no longer wrong", gains.mended, "won"), ("wrong now", gains.spoiled, "lost")):
        if misses:
            yield paint(f"  {title}:", "head")
            yield from (paint(f"    {told_miss(miss)}", kind) for miss in misses)


def numbers(figure: Figure) -> tuple[float | None, float | None, float | None]:
    """Precision, recall, F1."""
    return figure.precision, figure.recall, figure.f1


def step(before: float | None, after: float | None) -> str:
    """``0.500 -> 1.000``, or one number where both are the same."""
    a, b = ("none" if value is None else f"{value:.3f}" for value in (before, after))
    return a if a == b else f"{a} -> {b}"


def told_miss(miss: Miss) -> str:
    """A miss or false find in a line."""
    said = " | ".join(f"{name}: {words}" for name, words in (("gold", miss.gold), ("found", miss.found)) if words)
    return f"{miss.document}, patient {miss.patient}, {miss.kind} {miss.field}: {said}"

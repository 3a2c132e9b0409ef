"""REVIEW: how far reviewers, and the program, agree: figures for each field and over all, and where they differ."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from extract.evidence.decisions import Decision, standing
from extract.evidence.files import csv_bytes
from extract.review.outputs import Outputs
from extract.review.ratings import NOT_REPORTED, PROGRAM, Unit, collect
from extract.review.spelling import Spelling
from extract.review.statistics import Coefficient, Ratings, ac1, alpha, kappa, percent_agreement

MEASURES = ("percent", "kappa", "ac1", "alpha")


class NothingToCompare(Exception):
    """There are not two raters of anything. The message says what is there and what to do."""


@dataclass(frozen=True)
class Figure:
    """How far the raters agree on a field; ``field`` is ``all`` for all together."""

    field: str
    percent: Coefficient
    kappa: Coefficient
    ac1: Coefficient
    alpha: Coefficient


@dataclass(frozen=True)
class Part:
    """The figures of some raters: all of them, or two."""

    raters: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Agreement:
    """The whole result: all raters together, each pair where there are more than two, the units that they rated, and
    what a reader must know. ``settled``: the value that an adjudicator chose, by target."""

    parts: tuple[Part, ...]
    units: tuple[Unit, ...]
    notes: tuple[str, ...]
    settled: dict[Any, str]

    @property
    def disagreements(self) -> list[Unit]:
        """The units on which raters differ."""
        return [unit for unit in self.units if unit.differs]


def compare(
    decisions: Sequence[Decision],
    outputs: Outputs,
    spelling: Spelling,
    *,
    reviewers: Sequence[str] = (),
    program: bool | None = None,
) -> Agreement:
    """Compare reviewers (all of them by default), and the program: by default where there is one reviewer only.

    Raises NothingToCompare for fewer than two raters, for a reviewer who decided nothing, and when no unit was rated
    by two.
    """
    known = sorted({decision.reviewer for decision in decisions if decision.via != "adjudication"})
    if not known:
        raise NothingToCompare("There is nothing to compare: no reviewer has decided anything yet.")
    for name in reviewers:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise NothingToCompare(f"Reviewer '{name}' has decided nothing.{hint} There are: {', '.join(known)}.")
    chosen = list(dict.fromkeys(reviewers)) or known
    if program or (program is None and len(chosen) == 1):
        raters = (*chosen, PROGRAM)
    else:
        raters = tuple(chosen)
    if len(raters) < 2:
        raise NothingToCompare(f"There is nothing to compare: only {raters[0]} has decided. Add --program.")
    units = collect(decisions, outputs, spelling, raters)
    order = {unit.name: spelling.position(unit.target.table, unit.target.field) for unit in units}
    twice = [unit for unit in units if len(unit.ratings) > 1]
    if not twice:
        said = "; ".join(f"{who} rated {sum(who in unit.ratings for unit in units)}" for who in raters)
        raise NothingToCompare(f"There is nothing to compare: no value was rated by two of {_listed(raters)} ({said}).")
    groups = [raters, *(combinations(raters, 2) if len(raters) > 2 else ())]
    parts = tuple(Part(tuple(group), figures(units, tuple(group), order)) for group in groups)
    settled = {decision.target: decision.outcome for decision in standing(decisions) if decision.via == "adjudication"}
    return Agreement(parts, tuple(units), _notes(decisions, units, raters), settled)


def figures(units: Iterable[Unit], raters: tuple[str, ...], order: Mapping[str, int]) -> tuple[Figure, ...]:
    """The figures of each field that two of the raters rated, in the order given, then those of all."""
    fields: dict[str, list[Sequence[str | None]]] = {}
    words: dict[tuple[str, str], str] = {}  # what is said alike goes by the words of the first who said it
    for unit in units:
        said = [unit.ratings.get(who) for who in raters]
        row = [words.setdefault((unit.name, r.key), r.value or NOT_REPORTED) if r else None for r in said]
        if any(row):
            fields.setdefault(unit.name, []).append(row)
    named = [
        (name, fields[name]) for name in sorted(fields, key=lambda name: order[name]) if any(map(_twice, fields[name]))
    ]
    everything = [row for rows in fields.values() for row in rows]
    return tuple(_figure(name, rows, len(raters)) for name, rows in [*named, ("all", everything)])


def _twice(row: Sequence[str | None]) -> bool:
    return sum(rating is not None for rating in row) > 1


def _figure(name: str, rows: Ratings, raters: int) -> Figure:
    of_two = kappa(rows) if raters == 2 else Coefficient(None, why="more than two raters: see the pairs")
    return Figure(name, percent_agreement(rows), of_two, ac1(rows), alpha(rows))


def _notes(decisions: Sequence[Decision], units: Sequence[Unit], raters: Sequence[str]) -> tuple[str, ...]:
    """What a reader must know of the figures."""
    notes = []
    blind = sorted({who for unit in units for who in unit.blind if who in raters})
    if PROGRAM in raters:
        seen = [who for who in raters if who != PROGRAM and who not in blind]
        if seen:
            notes.append(
                f"{_listed(seen)} saw the program's values and confirmed or changed them: agreement with the program "
                "is then higher than that of two who read independently."
            )
    for who in blind:
        papers = {d.sha256: d.document for d in decisions if d.reviewer == who and d.action == "extract"}
        done = {d.sha256 for d in standing(decisions) if d.reviewer == who and d.action == "done"}
        if waiting := [name for sha256, name in papers.items() if sha256 not in done]:
            notes.append(
                f"{who} has not finished {_listed(waiting)}: what is not written down there is not counted as missed."
            )
    once = sum(len(unit.ratings) == 1 for unit in units)
    if once:
        notes.append(f"{once} value{'s were' if once > 1 else ' was'} rated by one only and could not be compared.")
    return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# --- what is shown and written

READING = (
    "Values are compared as the tables would hold them (numbers as numbers, words by the rules). Intervals are of 95 % "
    "and take values as independent; values of one paper are not, so that the truth is less certain than they say. "
    "Over all fields chance agreement is small by nature: judge by the fields."
)


def as_text(agreement: Agreement, *, listed: bool = True) -> str:
    """The result for people: figures of each group of raters, notes, then each disagreement."""
    whole, *pairs = agreement.parts
    lines = [_listed(whole.raters), "  " + HEAD.format("field"), *("  " + _line(figure) for figure in whole.figures)]
    one_value = [figure.field for figure in whole.figures if figure.alpha.value is None and figure.percent.value == 1]
    if one_value:
        lines.append(
            f"  – not defined: all ratings are the same value, so that chance cannot be told ({len(one_value)})"
        )
    if pairs:
        lines += ["", "pairs, all fields (each field is in agreement.csv)", "  " + HEAD.format("")]
        lines += ["  " + _line(part.figures[-1], " and ".join(part.raters)) for part in pairs]
    lines.append("")
    lines += [READING, *agreement.notes]
    differing = agreement.disagreements
    open_ones = sum(unit.target not in agreement.settled for unit in differing)
    settled = f", {len(differing) - open_ones} of them settled" if open_ones < len(differing) else ""
    lines += ["", f"{len(differing)} disagreement{'' if len(differing) == 1 else 's'}{settled}"]
    if listed:
        document = None
        for unit in differing:
            if unit.document != document:
                document = unit.document
                lines += ["", document]
            lines += _told(unit, agreement.settled)
    return "\n".join(lines)


HEAD = "{:34}" + f"{'n':>5}  {'agree':7}{'kappa':24}{'AC1':24}alpha"


def _line(figure: Figure, name: str = "") -> str:
    percent = figure.percent.value
    share = "–" if percent is None else f"{100 * percent:.0f} %"
    rest = "".join(f"{_shown(coefficient):24}" for coefficient in (figure.kappa, figure.ac1, figure.alpha))
    return f"{name or figure.field:34}{figure.percent.units:>5}  {share:7}{rest}".rstrip()


def _shown(coefficient: Coefficient) -> str:
    if coefficient.value is None:
        return "–"
    if coefficient.interval is None:
        return f"{coefficient.value:.2f}"
    low, high = coefficient.interval
    return f"{coefficient.value:.2f} ({low:.2f} to {high:.2f})"


def _told(unit: Unit, settled: dict[Any, str]) -> list[str]:
    row = f" ({unit.about})" if unit.about else ""
    lines = [f"  patient {unit.target.patient}, {unit.name}{row}" if unit.target.patient else f"  {unit.name}{row}"]
    for who, rating in unit.ratings.items():
        quote = rating.place.get("quote", "")
        page = f"p.{rating.place['page']} " if rating.place.get("page") else ""
        words = f"   {page}“{quote if len(quote) <= 110 else quote[:107] + '...'}”" if quote else ""
        lines.append(f"    {who:12} {rating.value or NOT_REPORTED}{words}")
    if unit.target in settled:
        lines.append(f"    {'settled':12} {settled[unit.target] or NOT_REPORTED}")
    return lines


def agreement_table(agreement: Agreement) -> pd.DataFrame:
    """agreement.csv: one row for each group of raters and field."""
    columns = ["raters", "field", "units", "ratings"]
    columns += [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high", "_note")]
    rows = []
    for part in agreement.parts:
        for figure in part.figures:
            row = {
                "raters": "; ".join(part.raters),
                "field": figure.field,
                "units": str(figure.percent.units),
                "ratings": str(figure.percent.ratings),
            }
            for name in MEASURES:
                coefficient: Coefficient = getattr(figure, name)
                low, high = coefficient.interval or (None, None)
                row |= {name: _digits(coefficient.value), f"{name}_low": _digits(low), f"{name}_high": _digits(high)}
                row[f"{name}_note"] = coefficient.why
            rows.append([row[column] for column in columns])
    return pd.DataFrame(rows, columns=columns, dtype=str)


def _digits(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}"


def disagreement_table(units: Sequence[Unit], raters: Sequence[str], settled: dict[Any, str]) -> pd.DataFrame:
    """disagreements.csv: one row for each unit on which raters differ, with the value, quote and page of each."""
    columns = ["document", "sha256", "patient", "table", "record", "field", "row"]
    columns += [f"{name}_{who}" for who in raters for name in ("value", "quote", "page")] + ["settled"]
    rows = []
    for unit in units:
        target = unit.target
        cells = [unit.document, target.sha256, target.patient, target.table, target.record, target.field, unit.about]
        for who in raters:
            rating = unit.ratings.get(who)
            cells.append("" if rating is None else rating.value or NOT_REPORTED)
            cells += [rating.place.get(name, "") if rating else "" for name in ("quote", "page")]
        done = settled.get(target)
        rows.append([*cells, "" if done is None else done or NOT_REPORTED])
    return pd.DataFrame(rows, columns=columns, dtype=str)


def write_agreement(agreement: Agreement, folder: Path) -> list[Path]:
    """agreement.csv and disagreements.csv in a folder, which is made when it is not there. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "agreement.csv": agreement_table(agreement),
        "disagreements.csv": disagreement_table(agreement.disagreements, agreement.parts[0].raters, agreement.settled),
    }
    for name, table in tables.items():
        (folder / name).write_bytes(csv_bytes(table))
    return [folder / name for name in tables]


def as_json(agreement: Agreement) -> str:
    """The result as one JSON object."""
    whole = {
        "parts": [asdict(part) for part in agreement.parts],
        "notes": agreement.notes,
        "disagreements": [
            {
                "document": unit.document,
                **unit.target._asdict(),
                "row": unit.about,
                "ratings": {
                    who: {"value": rating.value or NOT_REPORTED, **rating.place} for who, rating in unit.ratings.items()
                },
                "settled": agreement.settled.get(unit.target),
            }
            for unit in agreement.disagreements
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2)

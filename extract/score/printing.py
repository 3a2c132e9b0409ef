"""SCORE: figures and misses as text, JSON and files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from extract.evidence.files import csv_bytes
from extract.score.intervals import DRAWS, SEED, Interval
from extract.score.scoring import Figure, Miss, Score


def as_text(score: Score, misses: bool = False) -> str:
    """The score for people: a line for each field, how to read it, and if asked each miss and false find."""
    lines = [f"{'field':16}{'tp':>6}{'fp':>6}{'fn':>6}   {'precision':22}{'recall':22}F1"]
    for figure in score.figures:
        if figure.in_total:
            lines.append(_line(figure))
    lines += [_line(score.micro, "all (micro)"), "beside the total"]
    lines += [_line(figure) for figure in score.figures if not figure.in_total]
    lines += ["", *_wrapped(score)]
    lines += [*score.notes]
    if misses:
        document = None
        for miss in score.misses:
            if miss.document != document:
                document = miss.document
                lines += ["", document]
            lines.append(_miss_line(miss))
    return "\n".join(lines)


def _wrapped(score: Score) -> list[str]:
    units = f"{score.documents} document{'' if score.documents == 1 else 's'}"
    people = f"{score.patients} patient{'' if score.patients == 1 else 's'}"
    return [
        f"{units}, {people}. In brackets 95 % intervals: Wilson for precision and recall, for F1 a bootstrap over",
        f"{score.unit} ({DRAWS} draws, seed {SEED}). Conflicts: gold need not list every true one, mind the recall.",
        "Prior therapies: only recall is counted.",
    ]


def _line(figure: Figure, name: str = "") -> str:
    cells = (
        _share(figure.precision, figure.precision_interval),
        _share(figure.recall, figure.recall_interval),
        _share(figure.f1, figure.f1_interval),
    )
    counts = f"{figure.tp:6}{figure.fp:6}{figure.fn:6}"
    return f"{name or figure.field:16}{counts}   {cells[0]:22}{cells[1]:22}{cells[2]}".rstrip()


def _share(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({interval[0]:.3f}–{interval[1]:.3f})" if interval else "")


def _miss_line(miss: Miss) -> str:
    said = " | ".join(f"{name}: {words}" for name, words in (("gold", miss.gold), ("found", miss.found)) if words)
    line = f"  {miss.kind:8} {miss.field}{f', patient {miss.patient}' if miss.patient else ''} | {said}"
    if miss.quote:
        page = f"p. {miss.page} " if miss.page else ""
        quote = " ".join(miss.quote.split())
        line += f"\n           {page}“{quote if len(quote) <= 240 else quote[:239] + '…'}”"
        line += f" [{miss.rule}]" if miss.rule else ""
    return line


def as_json(score: Score) -> str:
    """The whole score as one JSON object."""
    data = asdict(score)
    data["interval"] = {"level": 0.95, "precision": "Wilson", "recall": "Wilson", "draws": DRAWS, "seed": SEED}
    data["interval"]["f1"] = f"bootstrap over {score.unit}"
    return json.dumps(data, ensure_ascii=False, indent=2)


def write_score(score: Score, folder: Path) -> list[Path]:
    """Write score.csv (a row for each field, ``all`` last) and score_misses.csv; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    misses = pd.DataFrame([asdict(miss) for miss in score.misses], columns=list(Miss.__dataclass_fields__), dtype=str)
    figures = pd.DataFrame([_figure_row(figure) for figure in (*score.figures, score.micro)], dtype=str)
    paths = []
    for name, table in (("score.csv", figures), ("score_misses.csv", misses)):
        paths.append(folder / name)
        paths[-1].write_bytes(csv_bytes(table))
    return paths


def _figure_row(figure: Figure) -> dict[str, str]:
    row: dict[str, Any] = {"field": figure.field, "in_total": "yes" if figure.in_total else "no"}
    row |= {"tp": figure.tp, "fp": figure.fp, "fn": figure.fn}
    for name in ("precision", "recall", "f1"):
        value, interval = getattr(figure, name), getattr(figure, f"{name}_interval")
        low, high = interval or (None, None)
        row |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return {
        key: "" if cell is None else f"{cell:.4f}" if isinstance(cell, float) else str(cell)
        for key, cell in row.items()
    }

"""Score: how exact the tables of an output folder are, measured against gold.

Precision: which share of what was found is right. Recall: which share of what gold asks for was found. Both with
Wilson's 95 % interval. F1, their harmonic mean, with the 95 % percentile interval of a seeded bootstrap that draws
whole documents (patients, where there is one document only), since the facts of one paper are not independent. What
cannot be computed, the precision of nothing found for one, is empty.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pandas as pd

from extract.evidence import read_table
from extract.evidence.cells import number_text
from extract.score.alike import FIELDS, RECALL_ONLY, Fact, FieldRule, Row, Source, own_rule
from extract.score.facts import TABLES, Matched, compare
from extract.score.gold import patient_key
from extract.score.goldshapes import GoldConflict, GoldOutcome, GoldPaper, GoldPatient, Item
from extract.score.intervals import Interval, bootstrap, draws, f1_of, wilson
from extract.score.ownfields import OwnField

Kind = Literal["missed", "false", "differs"]


class WrongOutputs(Exception):
    """A folder that does not hold the tables of a run."""


@dataclass(frozen=True)
class Figure:
    """One line of the score. ``in_total``: whether the field counts in the micro F1."""

    field: str
    in_total: bool
    tp: int
    fp: int
    fn: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None


@dataclass(frozen=True)
class Miss:
    """A fact that gold and the tables do not share.

    ``missed``: only gold has it (counts as fn). ``false``: only the tables have it (fp). ``differs``: both tell of the
    same thing, but not the same (one fn and one fp). The quote is the one behind the found value in values.csv.
    """

    document: str
    patient: str
    field: str
    kind: Kind
    gold: str
    found: str
    quote: str
    page: str
    where: str
    rule: str
    gold_entry: str


@dataclass(frozen=True)
class Score:
    """The whole result. ``unit``: what the bootstrap draws; ``notes``: what a reader must know."""

    documents: int
    patients: int
    unit: Literal["documents", "patients"]
    figures: tuple[Figure, ...]
    micro: Figure
    misses: tuple[Miss, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def score_outputs(outputs: Path, gold: Sequence[GoldPaper], own: Sequence[OwnField] = ()) -> Score:
    """Compare the tables of an output folder with gold papers; ``own``: the columns that only the project's fields.yaml
    has, each a figure of its own where gold names it.

    Documents without gold are left out; a gold document that the tables lack counts as missed altogether and is named
    in ``missing``. Raises ``WrongOutputs`` when the folder holds no patients.csv.
    """
    if not (outputs / "patients.csv").is_file():
        raise WrongOutputs(f"{outputs}: no patients.csv here. Name the folder that 'caseloom run' wrote.")
    names = [paper.document for paper in gold]
    tables, notes = _read(outputs, names)
    missing, others = _presence(outputs, tables, names)
    notes += others
    trail = Trail(outputs / "values.csv", names)
    counts: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    misses: list[Miss] = []
    own_rules = [own_rule(field) for field in own]
    asked: dict[str, None] = {}
    for paper in gold:
        rows = {table: tables[table].get(paper.document, []) for table in TABLES}
        matched = compare(paper, rows, own)
        counts.setdefault((paper.document, ""), Counter())
        for rule in (*FIELDS, *(rule for rule in own_rules if rule.name in matched)):
            asked[rule.name] = None
            part = matched[rule.name]
            for which, facts in (("tp", [hit for hit, _ in part.hits]), ("fp", part.false), ("fn", part.missed)):
                for fact in facts:
                    counts.setdefault((paper.document, fact.patient), Counter())[rule.name, which] += 1
            misses += _misses(paper, rule, part, trail)
    by_document = len(gold) > 1
    figures = _figures(counts, [rule for rule in (*FIELDS, *own_rules) if rule.name in asked], 0 if by_document else 1)
    return Score(
        documents=len(gold),
        patients=sum(len(paper.patients) for paper in gold),
        unit="documents" if by_document else "patients",
        figures=figures[:-1],
        micro=figures[-1],
        misses=tuple(sorted(misses, key=lambda miss: names.index(miss.document))),
        missing=tuple(missing),
        notes=tuple(notes),
    )


def _read(outputs: Path, documents: Iterable[str]) -> tuple[dict[str, dict[str, list[Row]]], list[str]]:
    """The tables that are compared, by document, and a note for each that is not there."""
    wanted = set(documents)
    tables: dict[str, dict[str, list[Row]]] = {}
    notes: list[str] = []
    for table in TABLES:
        tables[table] = defaultdict(list)
        path = outputs / f"{table}.csv"
        if not path.is_file():
            notes.append(f"{path} is missing: taken as empty.")
            continue
        for row in _rows(path):
            if row.get("document") in wanted:
                tables[table][row["document"]].append(row)
    return tables, notes


def _rows(path: Path) -> list[Row]:
    try:
        table = read_table(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise WrongOutputs(f"{path}: cannot be read as a table ({error}).") from None
    return [{str(key): str(cell).strip() for key, cell in row.items()} for row in table.to_dict("records")]


def _presence(
    outputs: Path, tables: Mapping[str, Mapping[str, Sequence[Row]]], names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The gold documents that the outputs lack; notes on them, on those not read and on those without gold."""
    path = outputs / "documents.csv"
    rows = _rows(path) if path.is_file() else []
    listed = {row.get("document", "") for row in rows} | {name for table in tables.values() for name in table}
    missing, notes = [], []
    for name in names:
        if name not in listed:
            near = difflib.get_close_matches(name, sorted(listed), n=1)
            hint = f" (is it '{near[0]}'?)" if near else ""
            missing.append(name)
            notes.append(f"{name}: not among the outputs{hint}; all its facts count as missed.")
    for row in rows:
        if row.get("document") in names and row.get("status") == "failed":
            notes.append(f"{row['document']}: not read ({row.get('reason')}); all its facts count as missed.")
    others = len(listed - set(names))
    if others:
        notes.append(f"{others} more document{'s' if others > 1 else ''} of the outputs without gold: not scored.")
    return missing, notes


class Trail:
    """values.csv: where the tables have their values from."""

    def __init__(self, path: Path, documents: Iterable[str]) -> None:
        wanted = set(documents)
        self._records: dict[tuple[str, str, str], dict[str, list[Row]]] = {}
        for row in _rows(path) if path.is_file() else []:
            if row.get("document") in wanted:
                key = (row["document"], row.get("patient", ""), row.get("table", ""))
                self._records.setdefault(key, {}).setdefault(row.get("record", ""), []).append(row)

    def place(self, source: Source) -> dict[str, str]:
        """Quote, page, part of the paper and rule of the value in a row of a table; '' where the trail has none."""
        row = source.row
        if source.table == "conflicts":
            return {
                "quote": " / ".join(filter(None, (row.get("quote_a"), row.get("quote_b")))),
                "page": "; ".join(dict.fromkeys(filter(None, (row.get("page_a"), row.get("page_b"))))),
                "where": "; ".join(filter(None, (row.get("where_a"), row.get("where_b")))),
                "rule": row.get("rule", ""),
            }
        values = self._values(source)
        said = [value for column in source.columns for value in values if value.get("field") == column]
        best = next((value for value in said if value.get("quote")), None) or next(iter(said or values), {})
        return {key: best.get(key, "") for key in ("quote", "page", "where", "rule")}

    def _values(self, source: Source) -> list[Row]:
        """The values of the row's record: the one all of whose values stand in the row, most of them at best."""
        key = (source.row.get("document", ""), source.row.get("patient", ""), source.table)
        best: list[Row] = []
        most = -1
        for values in self._records.get(key, {}).values():
            shown = {value.get("field", ""): value.get("value", "") for value in values if value.get("shown") != "no"}
            if all(source.row.get(name, cell) == cell for name, cell in shown.items()) and len(shown) > most:
                best, most = values, len(shown)
        return best


def _figures(
    counts: Mapping[tuple[str, str], Counter[tuple[str, str]]], rules: Sequence[FieldRule], level: Literal[0, 1]
) -> tuple[Figure, ...]:
    """A figure for each field, and one for all in the total. ``level``: draw documents (0) or patients (1)."""
    parts: dict[str, Counter[tuple[str, str]]] = {}
    for unit, part in counts.items():
        if level == 0 or unit[1]:
            parts.setdefault(unit[level], Counter()).update(part)
    whole: Counter[tuple[str, str]] = Counter()
    for part in counts.values():
        whole.update(part)
    weights = draws(len(parts))
    figures = []
    for name, in_total, fields in (
        *((rule.name, rule.total, (rule.name,)) for rule in rules),
        ("all", True, tuple(rule.name for rule in rules if rule.total)),
    ):
        precise = name not in RECALL_ONLY
        tp, fp, fn = _sums(whole, fields)
        figures.append(
            Figure(
                field=name, in_total=in_total, tp=tp, fp=fp, fn=fn,
                precision=tp / (tp + fp) if precise and tp + fp else None,
                precision_interval=wilson(tp, tp + fp) if precise else None,
                recall=tp / (tp + fn) if tp + fn else None, recall_interval=wilson(tp, tp + fn),
                f1=f1_of(tp, fp, fn) if precise else None,
                f1_interval=bootstrap([_sums(part, fields) for part in parts.values()], weights) if precise else None,
            )
        )  # fmt: skip
    return tuple(figures)


def _sums(part: Mapping[tuple[str, str], int], fields: Sequence[str]) -> tuple[int, int, int]:
    tp, fp, fn = (sum(part.get((name, which), 0) for name in fields) for which in ("tp", "fp", "fn"))
    return tp, fp, fn


def _misses(paper: GoldPaper, rule: FieldRule, part: Matched, trail: Trail) -> list[Miss]:
    """Each missed fact, with the false find about the same thing if there is one; then the other false finds."""
    names = {patient_key(person.patient): person.patient for person in paper.patients}
    alone = paper.patients[0].patient if len(paper.patients) == 1 else ""

    def miss(kind: Kind, gold: Fact | None, found: Fact | None) -> Miss:
        fact = gold or found
        source = found.source if found else None
        key = fact.patient if fact else ""
        patient = names.get(key) or (source.row.get("patient") if source else "") or (alone if gold and key else key)
        place = trail.place(source) if source else dict.fromkeys(("quote", "page", "where", "rule"), "")
        return Miss(
            document=paper.document, patient=patient, field=rule.name, kind=kind,
            gold=told(rule.name, gold) if gold else "", found=told(rule.name, found) if found else "",
            gold_entry=_entry(gold), **place,
        )  # fmt: skip

    free = list(part.false)
    misses = []
    for fact in part.missed:
        other = next((found for found in free if rule.near(fact, found)), None)
        if other is not None:
            free.remove(other)
        misses.append(miss("differs" if other else "missed", fact, other))
    return misses + [miss("false", None, found) for found in free]


def told(name: str, fact: Fact) -> str:
    """A fact in words."""
    row = fact.source.row if fact.source else {}
    number = "" if fact.number is None else number_text(Decimal(repr(fact.number)).normalize())
    if name == "patients":
        return "patient"
    if name == "age":
        return f"{fact.names[0].replace('_', ' ')} {number}"
    if name == "count":
        return f"{fact.names[0]} ×{number}{f' ({fact.detail})' if fact.detail else ''}"
    if name in ("dose", "dose_with_route"):
        ends = [
            number_text(Decimal(repr(end)).normalize()) if end is not None else "?" for end in (fact.low, fact.high)
        ]
        route = f", {fact.detail or 'no route'}" if name == "dose_with_route" else ""
        return f"{number or '–'.join(ends)} {fact.names[0]}{route}"
    if name == "outcome":
        measure = fact.entry.measure if isinstance(fact.entry, GoldOutcome) else row.get("measure", "")
        return f"{measure} {fact.detail} {number}"
    if name in ("rater", "timepoint"):
        about = fact.detail.rsplit(" (", 1)[0]
        return f"{about}: {fact.names[0] if fact.names else f'{number} mo'}"
    if name == "conflict":
        entry = fact.entry
        topic = entry.field if isinstance(entry, GoldConflict) else row.get("field", "")
        sides = entry.values if isinstance(entry, GoldConflict) else (row.get("value_a"), row.get("value_b"))
        return f"{topic}: {' / '.join(map(str, sides))}"
    return " / ".join(fact.names[:3]) + (" / …" if len(fact.names) > 3 else "")


def _entry(fact: Fact | None) -> str:
    """The entry of the gold file as it stands there; of a patient only what tells who it is."""
    entry = fact.entry if fact else None
    if isinstance(entry, Item):
        keep = {"patient", "label", "kind", "n", "sex"} if isinstance(entry, GoldPatient) else None
        return json.dumps(entry.model_dump(mode="json", exclude_unset=True, include=keep), ensure_ascii=False)
    return entry or ""

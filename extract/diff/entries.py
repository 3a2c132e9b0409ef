"""DIFF: what is compared entry by entry: conflicts, issues, what became of decisions, patients who may be the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extract.diff.changes import Change, Kind
from extract.diff.folder import NOWHERE, Place, Row

ENTRIES = ("conflicts", "issues", "decisions", "overlaps")
"""The tables that are compared so."""


def compare_conflicts(before: Iterable[Row], after: Iterable[Row], document: str) -> Iterator[Change]:
    """Conflicts of one paper, by what they are about and what the two sides say: their ids move with their words."""

    def told(row: Row | None) -> str:
        if row is None:
            return ""
        chosen = f"shown: {row['chosen']}" if row["chosen"] else "none shown"
        return f"{row['value_a']} ({row['where_a']}) / {row['value_b']} ({row['where_b']}), {chosen}"

    def place(row: Row | None) -> Place:
        if row is None:
            return NOWHERE
        return Place(f"{row['quote_a']} / {row['quote_b']}", page=row.get("page_a", ""), rule=row["rule"])

    key = ("patient", "field", "value_a", "value_b")
    for old, new in _entries(before, after, key, ("where_a", "where_b", "kind", "severity", "chosen")):
        change = _change(old, new, "conflicts", document, (told(old), told(new)), _either(old, new)["field"])
        yield replace(change, before=place(old), after=place(new))


def compare_issues(before: Iterable[Row], after: Iterable[Row], document: str) -> Iterator[Change]:
    """Issues of one paper that only one folder has."""
    for old, new in _entries(before, after, ("severity", "page", "message"), ()):
        told = (old or {}).get("message", ""), (new or {}).get("message", "")
        yield _change(old, new, "issues", document, told, _either(old, new)["severity"])


AT_REST = frozenset({"applied", "noted", "superseded", "elsewhere"})
"""States of a new decision of which nothing need be told."""


def compare_decisions(before: Iterable[Row], after: Iterable[Row], document: str) -> Iterator[Change]:
    """Decisions on one paper that came to another state, and new ones that could not be applied."""

    def told(row: Row | None) -> str:
        return "" if row is None else f"{row['state']} ({row['reason']})" if row["reason"] else row["state"]

    def name(row: Row) -> str:
        what = ": ".join(part for part in (row["action"], row["new_value"]) if part)
        return f"{row['reviewer']}, {'.'.join(part for part in (row['table'], row['field']) if part)} ({what})"

    known = {row["decision"]: row for row in before}
    for row in after:
        old = known.get(row["decision"])
        if old["state"] != row["state"] if old else row["state"] not in AT_REST:
            change = _change(old, row, "decisions", document, (told(old), told(row)), name(row))
            yield replace(change, after=Place(row["quote"], page=row["page"], rule="decision"))


def compare_overlaps(before: Iterable[Row], after: Iterable[Row]) -> Iterator[Change]:
    """Pairs of patients, of all papers."""

    def told(row: Row | None) -> str:
        return f"{row['strength']}: {row['reasons']}" if row else ""

    key = ("document_a", "patient_a", "document_b", "patient_b")
    for old, new in _entries(before, after, key, ("reasons", "strength")):
        row = _either(old, new)
        pair = " and ".join(
            " ".join(part for part in (row[f"document_{side}"], row[f"patient_{side}"]) if part) for side in "ab"
        )
        change = _change(old, new, "overlaps", row["document_a"], (told(old), told(new)), pair)
        yield replace(change, patient=row["patient_a"])


def _entries(
    before: Iterable[Row], after: Iterable[Row], key: Sequence[str], shown: Sequence[str]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Old and new entries with the same key, of which something shown differs; None where one side has none."""
    left: dict[tuple[str, ...], list[Row]] = {}
    for row in before:
        left.setdefault(tuple(row.get(name, "") for name in key), []).append(row)
    for row in after:
        same = left.get(tuple(row.get(name, "") for name in key))
        old = same.pop(0) if same else None
        if old is None or any(old.get(name) != row.get(name) for name in shown):
            yield old, row
    for rows in left.values():
        yield from ((row, None) for row in rows)


def _change(old: Row | None, new: Row | None, table: str, document: str, told: tuple[str, str], name: str) -> Change:
    kind: Kind = "won" if old is None else "lost" if new is None else "changed"
    return Change(kind, document, _either(old, new).get("patient", ""), table, "", name, *told)


def _either(old: Row | None, new: Row | None) -> Row:
    return new or old or {}

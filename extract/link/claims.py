"""LINK, choosing: what several places say of one thing, which is shown, and what stays in dispute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from extract.link.values import ambiguous, as_number, close, rank, reported, shown, where_of
from extract.model import ConflictKind, Document, Mention, Reported, Scalar, Severity, Where


class Told(NamedTuple):
    """A mention and the patients it is told of."""

    mention: Mention
    patients: tuple[str, ...]


class Claim(NamedTuple):
    """What one place says: the value, the mention that says it, the part of the paper."""

    value: Scalar
    mention: Mention
    where: Where


class Dispute(NamedTuple):
    """Two claims that cannot both hold. ``a`` is the one shown, when ``chosen`` says so."""

    patient: str
    field: str
    a: Claim
    b: Claim
    kind: ConflictKind
    severity: Severity = "major"
    chosen: str = ""
    rule: str = ""
    explanation: str = ""


class Settled(NamedTuple):
    """The value to show, who says it, and who says otherwise. ``value`` None: no reason to choose."""

    value: Scalar | None
    claims: tuple[Claim, ...]
    others: tuple[Claim, ...]


def claim(document: Document, value: Scalar, mention: Mention) -> Claim:
    """A claim at the place of its mention."""
    return Claim(value, mention, where_of(document, mention))


def told_of(told: Iterable[Told], patient: str, field: str) -> list[Mention]:
    """The mentions of one field that are told of a patient, in the order of the text."""
    return sorted(
        (t.mention for t in told if t.mention.field == field and patient in t.patients),
        key=lambda m: m.span.start,
    )


def same(a: Scalar, b: Scalar) -> bool:
    """Whether two values are equal, numbers up to rounding."""
    x, y = as_number(a), as_number(b)
    if x is not None and y is not None:
        return close(x, y)
    return str(a).strip().lower() == str(b).strip().lower()


def settle(claims: Sequence[Claim], by_vote: bool = False) -> Settled | None:
    """Choose among claims: the best place wins; within it the value that another place supports, or the only
    one.

    ``by_vote``: within the best place the most frequent value (for sex, which pronouns repeat).
    """
    if not claims:
        return None
    best = min(rank(c.where) for c in claims)
    candidates = _groups([c for c in claims if rank(c.where) == best])
    if len(candidates) > 1:
        support = [
            len([c for c in claims if rank(c.where) != best and same(c.value, group[0].value)]) for group in candidates
        ]
        votes = [len(group) for group in candidates]
        for counts in (support, votes) if by_vote else (support,):
            top = max(counts)
            if counts.count(top) == 1:
                candidates = [candidates[counts.index(top)]]
                break
    if len(candidates) > 1:
        return Settled(None, tuple(c for group in candidates for c in group), ())
    value = candidates[0][0].value
    return Settled(
        value,
        tuple(sorted((c for c in claims if same(c.value, value)), key=lambda c: rank(c.where))),
        tuple(c for c in claims if not same(c.value, value)),
    )


def _groups(claims: Sequence[Claim]) -> list[list[Claim]]:
    groups: list[list[Claim]] = []
    for item in claims:
        for group in groups:
            if same(group[0].value, item.value):
                group.append(item)
                break
        else:
            groups.append([item])
    return groups


def report(document: Document, settled: Settled, unit: str = "", in_dispute: bool = False) -> Reported:
    """A settled value as it goes into a table."""
    mentions = [c.mention for c in settled.claims]
    if settled.value is None:
        return ambiguous(document, mentions, unit)
    return reported(document, settled.value, mentions, unit=unit, status="conflict" if in_dispute else "reported")


def kind_between(a: Where, b: Where) -> ConflictKind:
    """The kind of a conflict, from the places of its two sides."""
    places = {a, b}
    if places <= {"table"}:
        return "within_table"
    if "discussion" in places:
        return "narrative_vs_discussion"
    if "abstract" in places:
        return "narrative_vs_abstract"
    if places & {"table", "figure", "caption"}:
        return "narrative_vs_table"
    return "within_narrative"


def dispute(
    patient: str, field: str, a: Claim, b: Claim, rule: str, explanation: str, severity: Severity = "major"
) -> Dispute:
    """A dispute in which the claim from the better place is shown."""
    if rank(b.where) < rank(a.where):
        a, b = b, a
    chosen = shown(a.value) if a.where != b.where else ""
    return Dispute(patient, field, a, b, kind_between(a.where, b.where), severity, chosen, rule, explanation)


def most_common(values: Iterable[str]) -> str | None:
    """The most frequent word, the first of equals; None for none."""
    counts = Counter(values)
    return counts.most_common(1)[0][0] if counts else None

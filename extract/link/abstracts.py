"""LINK, the abstract: what only it tells of the administrations of the text, and where it counts them otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.link.claims import Claim, Dispute, dispute
from extract.link.givings import Giving, count_of, differ, joined
from extract.model import Mention, Scalar

# The text tells of one: "a single infusion was given", "she received an infusion of 60 million cells"
_ONE_TOLD = re.compile(
    r"\b(?:an?|one|single)\s+(?:(?!(?:total|mean|median|dose|series|course|cycle)\b)[\w-]+\s+){0,3}?"
    r"(?:infusion|injection|transfusion|administration|transplant(?:ation)?|implantation)\b(?!\s+(?:of\s+)?every)"
    r"|\bonce\b",
    re.IGNORECASE,
)

_EACH = re.compile(r"\b(?:each|per|every|apiece)\b|/\s?(?:dose|infusion|injection)", re.IGNORECASE)


def with_abstract(
    rows: Sequence[Giving], others: Sequence[Giving], patient: str, disputes: list[Dispute]
) -> list[Giving]:
    """The rows of the text with the count and the dose that only the abstract gives, where they can mean one row.

    A count of the abstract that the counts of the text do not come to is a dispute; the text's is shown.
    """
    out = list(rows)
    for giving in others:
        if giving.wheres[0] != "abstract" or not any(where != "abstract" for row in out for where in row.wheres):
            continue
        mine = _rows_of(out, giving)
        if len(mine) == 1:
            out[mine[0]] = _completed(out[mine[0]], giving)
        _count_dispute([out[i] for i in mine], giving, patient, disputes)
    return out


def _rows_of(rows: Sequence[Giving], giving: Giving) -> list[int]:
    """The rows that a telling of the abstract may mean: of its route and source; of any route when it names none and
    there is one."""
    route = giving.get("route")
    if route is None and len({row.get("route") for row in rows}) > 1:
        return []
    return [
        i
        for i, row in enumerate(rows)
        if not differ(row, giving, "route", "tissue", "cell_type", "donor")
        and (route is None or row.get("route") in (route, None))
    ]


def _completed(row: Giving, giving: Giving) -> Giving:
    count = count_of(giving)
    facts: dict[str, tuple[tuple[Scalar, Mention], ...]] = {}
    if count is not None and count_of(row) is None and (count == 1 or not _ONE_TOLD.search(row.sentence)):
        facts["count"] = giving.facts["count"]
    agreed = count is None or count_of(row) in (None, count)
    doses = giving.doses if not row.doses and agreed else ()
    if count is None and (count_of(row) or 1) > 1 and not _EACH.search(giving.sentence):
        # "60 million cells" beside four infusions of the text: of each, or of all
        doses = tuple(dose if dose.basis == "total" else dose._replace(basis="unclear") for dose in doses)
    if not facts and not doses:
        return row
    return joined(row, giving._replace(facts=facts, doses=doses))


def _count_dispute(rows: Sequence[Giving], giving: Giving, patient: str, disputes: list[Dispute]) -> None:
    """The number of administrations that the text tells, row by row, against that of the abstract."""
    printed = count_of(giving)
    counts = [count_of(row) for row in rows]
    if printed is None or not rows or any(count is None for count in counts):
        return
    told = sum(count or 0 for count in counts)
    if told == printed or printed in counts:
        return
    route = giving.get("route")
    a = Claim(Decimal(told), rows[0].facts["count"][0][1], rows[0].wheres[0])
    b = Claim(Decimal(printed), giving.facts["count"][0][1], "abstract")
    words = f"{told} administrations are told in the text, {printed} in the abstract."
    field = f"number of {route or 'cell'} administrations"
    if not any(d.field == field and d.b.value == b.value for d in disputes):
        disputes.append(dispute(patient, field, a, b, "count.places", words))

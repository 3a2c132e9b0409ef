"""SYNTHESIS: other treatments that could explain an outcome.

The tables say of a treatment that it went with the cells or came after them, not how its dose changed. So everything
that was taken then counts as a possible explanation, but for what only eases the procedure itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from extract.synthesis.rows import Person, Row

TAKEN = ("received", "failed", "not_tolerated", "")
"""Statuses of a treatment that was taken; what was stopped, refused, planned or recommended only explains nothing."""

OF_THE_PROCEDURE = frozenset(
    {
        "antiemetics", "antihistamines", "cetirizine", "chloropyramine", "chlorphenamine", "chlorpheniramine",
        "clemastine", "dimetindene", "diphenhydramine", "local anesthetic", "loratadine", "metoclopramide",
        "ondansetron", "pheniramine", "promethazine",
    }
)  # fmt: skip
"""Premedication: given so that the procedure is borne, without a lasting effect on what is measured."""


def co_interventions(person: Person) -> tuple[Row, ...]:
    """The treatments taken with the cells or after them that could explain an outcome."""
    return tuple(
        row
        for row in person.therapies
        if row.text("role") in ("concomitant", "post")
        and row.text("status") in TAKEN
        and row.text("therapy") not in OF_THE_PROCEDURE
    )


def names_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """The names of some treatments, each once."""
    return tuple(dict.fromkeys(row.text("therapy") for row in rows))


def withdrawn(person: Person) -> tuple[Row, ...]:
    """The treatments that were stopped with the cells or after them."""
    return tuple(
        row
        for row in person.therapies
        if row.text("role") in ("concomitant", "post") and row.text("status") == "stopped"
    )


def prior(person: Person, *classes: str) -> tuple[str, ...]:
    """The treatments taken before the cells, of some classes or of all."""
    rows = (
        row
        for row in person.therapies
        if row.text("role") == "prior" and row.text("status") in (*TAKEN, "stopped")
        if not classes or row.text("class") in classes
    )
    return names_of(rows)


UMBRELLAS = frozenset(
    {
        "anti-TNF therapy", "anti-inflammatory medication", "antimalarials", "biologics", "corticosteroids",
        "immunosuppressants", "JAK inhibitors",
    }
)  # fmt: skip
"""Names of whole classes: beside a drug of the class they add none to its number."""


def number_of_class(person: Person, name: str) -> str:
    """How many drugs of a class were taken before the cells: ``4``, or ``≥1`` where only the class is named."""
    drugs = prior(person, name)
    named = [drug for drug in drugs if drug not in UMBRELLAS]
    return str(len(named)) if named or not drugs else "≥1"

"""SYNTHESIS: how far the results hold: what is left without doubtful values, and what may be pooled over studies."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from extract.synthesis.direction import all_courses
from extract.synthesis.grouping import DomainVote, Tally, domain_votes, sensitivity, study_counts, tallies
from extract.synthesis.rows import Outputs
from extract.synthesis.safety import any_event_by_study
from extract.synthesis.sensitivity import FILTERS
from extract.synthesis.sheets import NONE, Cell, Column, Draft, Sheet, counted, numbered, percent
from extract.synthesis.statistics import (
    MINIMUM_PATIENTS,
    MINIMUM_STUDIES,
    Pooled,
    Refused,
    StudyCount,
    pool_proportions,
)


def sensitivity_table(outputs: Outputs) -> Sheet:
    """The votes of the whole and after leaving out what might mislead."""
    scenarios = sensitivity(outputs)
    draft = Draft(
        "sensitivity",
        "Improved of known (worsened), when values are left out",
        (
            Column("Domain", width=1.2),
            *(Column(name, width=1.3) for name in scenarios),
        ),
        (
            "Patients improved of those whose direction is known; in brackets: worsened. "
            + " ".join(f"{chosen.name[:1].upper()}{chosen.name[1:]}: {chosen.meaning}." for chosen in FILTERS),
        ),
    )
    found = {name: {tally.domain: tally for tally in own} for name, own in scenarios.items()}
    for domain in found["all values"]:
        known = found["all values"][domain].of
        draft.add(domain, *(_improved_worsened(own.get(domain), known) for own in found.values()))
    return draft.sheet()


def _improved_worsened(tally: Tally | None, known: int) -> Cell:
    if tally is None or not tally.of:
        return Cell("nobody left" if known else NONE)
    return Cell(f"{tally.counts['improved']}/{tally.of} ({tally.counts['worsened']})")


# --- proportions over studies


def proportions(
    outputs: Outputs, *, minimum_studies: int = MINIMUM_STUDIES, minimum_patients: int = MINIMUM_PATIENTS
) -> dict[str, Pooled | Refused]:
    """The proportions that could be pooled over studies, each pooled or refused: improved in each domain, any and
    serious adverse events."""
    votes: Sequence[DomainVote] = domain_votes(all_courses(outputs))
    counts: dict[str, tuple[StudyCount, ...]] = {
        f"improved: {tally.domain}": study_counts(votes, tally.domain) for tally in tallies(votes) if tally.of
    }
    counts["any adverse event"] = any_event_by_study(outputs.individuals)
    counts["serious adverse event"] = any_event_by_study(outputs.individuals, serious=True)
    return {
        name: pool_proportions(found, minimum_studies=minimum_studies, minimum_patients=minimum_patients)
        for name, found in counts.items()
    }


def proportion_table(found: dict[str, Pooled | Refused]) -> Sheet:
    """Proportions over studies with random effects, or why there is none."""
    draft = Draft(
        "proportions",
        "Proportions over studies",
        (
            Column("Proportion of patients", width=1.6),
            Column("Studies", width=0.6, is_number=True),
            Column("Patients", width=0.7, is_number=True),
            Column("Pooled (95 % CI)", width=1.6),
            Column("95 % prediction interval", width=1.2),
            Column("τ² (logit)", width=0.6, is_number=True),
            Column("I², %", width=0.5, is_number=True),
            Column("Single cases left out", width=0.7, is_number=True),
            Column("Why there is none", width=2.2),
        ),
        (
            "Random effects on the logit scale: between-study variance by Paule and Mandel, interval by Hartung and "
            "Knapp, never narrower than without. Single cases have no proportion and are never pooled. Without a "
            "control group a proportion is no effect of the cells.",
        ),
    )
    for name, result in found.items():
        studies = result.studies
        common = (name, counted(len(studies)), counted(sum(study.of for study in studies)))
        left = counted(len(result.left_out))
        if isinstance(result, Pooled):
            low, high = result.interval
            lowest, highest = result.prediction
            draft.add(
                *common,
                f"{percent(result.share)} % ({percent(low)} to {percent(high)})",
                f"{percent(lowest)} to {percent(highest)} %",
                numbered(Decimal(f"{result.tau2:.3f}")),
                numbered(Decimal(f"{result.i2:.0f}")),
                left,
                NONE,
            )
        else:
            draft.add(*common, "not pooled", NONE, NONE, NONE, left, result.reason)
    return draft.sheet()

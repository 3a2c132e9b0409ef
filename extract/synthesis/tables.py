"""SYNTHESIS: all tables of a report, in the order in which they are read."""

from __future__ import annotations

from extract.synthesis.lists import completeness_table, conflict_table, derived_table, event_table, later_table
from extract.synthesis.outcome_tables import evidence_table, outcome_table
from extract.synthesis.patient_tables import patient_table, study_table
from extract.synthesis.robustness import proportion_table, proportions, sensitivity_table
from extract.synthesis.rows import Outputs
from extract.synthesis.sheets import Sheet
from extract.synthesis.statistics import MINIMUM_PATIENTS, MINIMUM_STUDIES
from extract.synthesis.summaries import (
    direction_table,
    dose_table,
    group_table,
    measure_table,
    response_table,
    time_table,
)
from extract.synthesis.treatment_tables import treatment_table


def all_sheets(
    outputs: Outputs, *, minimum_studies: int = MINIMUM_STUDIES, minimum_patients: int = MINIMUM_PATIENTS
) -> tuple[Sheet, ...]:
    """Every table of a report: patients first, then what they say together, then the lists behind."""
    pooled = proportions(outputs, minimum_studies=minimum_studies, minimum_patients=minimum_patients)
    return (
        study_table(outputs),
        patient_table(outputs),
        evidence_table(outputs),
        treatment_table(outputs),
        dose_table(outputs),
        outcome_table(outputs),
        direction_table(outputs),
        time_table(outputs),
        measure_table(outputs),
        response_table(outputs),
        group_table(outputs),
        event_table(outputs),
        sensitivity_table(outputs),
        proportion_table(pooled),
        later_table(outputs),
        conflict_table(outputs),
        completeness_table(outputs),
        derived_table(outputs),
    )

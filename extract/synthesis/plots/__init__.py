"""SYNTHESIS: the plots of a review, each from the tables of a run alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extract.synthesis.outputs import leave_out_documents
from extract.synthesis.plots.completeness import completeness_map
from extract.synthesis.plots.directions import directions
from extract.synthesis.plots.dose import dose
from extract.synthesis.plots.evidence_map import evidence_map
from extract.synthesis.plots.forest import forest
from extract.synthesis.plots.harvest import harvest
from extract.synthesis.plots.plot import PLOT_FORMATS, Data, Plot, PlotFormat, data_csv, render, write_plots
from extract.synthesis.plots.prisma import prisma
from extract.synthesis.plots.slopes import slopes
from extract.synthesis.plots.swimmer import swimmer
from extract.synthesis.rows import Outputs
from extract.synthesis.statistics import MINIMUM_PATIENTS, MINIMUM_STUDIES

__all__ = [
    "PLOT_FORMATS",
    "Data",
    "Plot",
    "PlotFormat",
    "all_plots",
    "completeness_map",
    "data_csv",
    "directions",
    "dose",
    "evidence_map",
    "forest",
    "harvest",
    "prisma",
    "render",
    "slopes",
    "swimmer",
    "write_plots",
]


def all_plots(
    outputs: Outputs,
    manifest: Sequence[Mapping[str, str]] | None = None,
    *,
    minimum_studies: int = MINIMUM_STUDIES,
    minimum_patients: int = MINIMUM_PATIENTS,
) -> tuple[Plot, ...]:
    """Every plot, in the order of a report: the flow of papers first.

    ``outputs``: with all papers; those that ``manifest`` (see ``load_manifest``) excludes are in the flow only. A plot
    of many patients has several pages. ``minimum_studies`` and ``minimum_patients``: what pooling needs.
    """
    included = leave_out_documents(outputs, manifest) if manifest is not None else outputs
    return (
        *prisma(outputs, manifest),
        *evidence_map(included),
        *completeness_map(included),
        *directions(included),
        *harvest(included),
        *slopes(included),
        *swimmer(included),
        *dose(included),
        *forest(included, minimum_studies=minimum_studies, minimum_patients=minimum_patients),
    )

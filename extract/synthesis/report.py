"""SYNTHESIS: a whole report: an output folder in; a page, tables, plots and files for other programs out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from extract import __version__
from extract.evidence.cells import protect
from extract.evidence.decisions import read_decisions
from extract.evidence.kept import digest_of
from extract.schema import Schema
from extract.synthesis.appraisal import (
    Appraisal,
    appraisal_list,
    appraisal_tables,
    appraisals,
    leftovers,
    write_forms,
)
from extract.synthesis.bibliography import Matches, load_references, match_references, with_references
from extract.synthesis.earlier import digest_of_tables, put_aside, write_listing
from extract.synthesis.exports import write_studies
from extract.synthesis.files import write_file
from extract.synthesis.first_page import first_page
from extract.synthesis.hidden import WORSE, Findings, findings
from extract.synthesis.metafor import write_metafor
from extract.synthesis.methods import Settings, date_of, methods
from extract.synthesis.outputs import leave_out_documents, load_manifest, load_outputs
from extract.synthesis.page import Chapter, Content, Numbering, Picture, Table, by_kind, chapter, render_page
from extract.synthesis.robustness import proportions
from extract.synthesis.rows import Outputs
from extract.synthesis.sensitivity import only_reviewed
from extract.synthesis.sheets import Sheet
from extract.synthesis.statistics import MINIMUM_PATIENTS, MINIMUM_STUDIES, Pooled, Refused
from extract.synthesis.swim import swim_items
from extract.synthesis.tables import all_sheets
from extract.synthesis.words import words_of
from extract.synthesis.writers import FORMATS, write_sheets

if TYPE_CHECKING:
    from extract.synthesis.plots import Plot

PAGE = "report.html"

Part = Literal["page", "tables", "plots", "appraisal", "exports"]
PARTS: tuple[Part, ...] = get_args(Part)

PLOT_FORMATS = ("svg", "pdf", "png")
ALL_FORMATS = (*FORMATS, *PLOT_FORMATS)

Tell = Callable[[int, int, str, str], None]
"""Told how many steps are done of how many, the name of the last, and what came of it."""


@dataclass(frozen=True)
class Wishes:
    """What is asked of a report. ``formats`` are of the tables and plots."""

    parts: tuple[Part, ...] = PARTS
    formats: tuple[str, ...] = ALL_FORMATS
    only_reviewed: bool = False
    minimum_studies: int = MINIMUM_STUDIES
    minimum_patients: int = MINIMUM_PATIENTS
    manifest: Path | None = None
    references: Path | None = None
    decisions: Path | None = None


@dataclass(frozen=True)
class Report:
    """What was written, what its first page finds, and what its reader must know."""

    folder: Path
    files: tuple[Path, ...]
    outputs: Outputs
    found: Findings
    warnings: tuple[str, ...]
    put_aside: tuple[tuple[str, str], ...] = ()
    matches: Matches | None = None

    @property
    def page(self) -> Path | None:
        """The page, where it was asked for."""
        return next((path for path in self.files if path.name == PAGE), None)

    @property
    def worse(self) -> int:
        """How many patients got worse later."""
        return len(self.found.with_signs(WORSE))


@dataclass(frozen=True)
class _Material:
    """All that the parts of a report are made from."""

    wishes: Wishes
    whole: Outputs
    outputs: Outputs
    manifest: tuple[dict[str, str], ...] | None
    matches: Matches | None
    sheets: tuple[Sheet, ...]
    pooled: Mapping[str, Pooled | Refused]
    plots: tuple[Plot, ...]
    appraised: tuple[Appraisal, ...]
    found: Findings
    warnings: tuple[str, ...]


def write_report(source: Path, target: Path, schema: Schema, wishes: Wishes, tell: Tell | None = None) -> Report:
    """Make a report of the output folder ``source`` in the folder ``target``.

    Raises OutputsError for a folder or manifest that cannot be used, BibliographyError for references that cannot be
    read, SchemaError and DecisionError for tools of appraisal or decisions that are wrong, OSError for a file that
    cannot be written.
    """
    steps = _Steps(tell, 2 + len(wishes.parts))
    material = _material(source, schema, wishes, steps)
    # forms of appraisal are put aside where they are written: an imported one need not be kept
    aside = put_aside(target, [part for part in wishes.parts if part != "appraisal"])
    written: dict[str, list[Path]] = {}
    for part in sorted(wishes.parts, key=lambda part: part == "page"):  # the page lists the others
        written[part] = _WRITERS[part](material, target) if part != "page" else _write_page(material, target, written)
        steps.done(part, f"{len(written[part])} {'file' if len(written[part]) == 1 else 'files'}")
    facts = {"caseloom": __version__, "rules": schema.hash}
    listing = write_listing(target, written, facts, digest_of_tables(material.whole.run))
    files = (*(path for part in wishes.parts for path in written[part]), listing)
    return Report(target, files, material.outputs, material.found, material.warnings, tuple(aside), material.matches)


class _Steps:
    """Counts the steps of a report for whoever wants to be told."""

    def __init__(self, tell: Tell | None, total: int) -> None:
        self._tell, self._total, self._number = tell, total, 0

    def done(self, name: str, outcome: str) -> None:
        self._number += 1
        if self._tell is not None:
            self._tell(self._number, self._total, name, outcome)


def _material(source: Path, schema: Schema, wishes: Wishes, steps: _Steps) -> _Material:
    whole = load_outputs(source, schema)
    matches = None
    if wishes.references is not None:
        matches = match_references(whole, load_references(wishes.references))
        whole = with_references(whole, matches)
    manifest = load_manifest(wishes.manifest) if wishes.manifest is not None else None
    shown = only_reviewed(whole) if wishes.only_reviewed else whole
    outputs = leave_out_documents(shown, manifest) if manifest is not None else shown
    steps.done(
        "reading", f"{_count(len(outputs.papers), 'paper')}, {_count(len(outputs.treated), 'patient')} given cells"
    )
    decided = read_decisions(wishes.decisions) if wishes.decisions is not None else []
    appraised = appraisals(outputs, decided)
    minimums = {"minimum_studies": wishes.minimum_studies, "minimum_patients": wishes.minimum_patients}
    pooled = proportions(outputs, **minimums)
    sheets = (*all_sheets(outputs, **minimums), *appraisal_tables(appraised))
    plots: tuple[Plot, ...] = ()
    if {"page", "plots"} & set(wishes.parts):
        from extract.synthesis.plots import all_plots

        plots = all_plots(shown, manifest, **minimums)
    steps.done("synthesis", f"{len(sheets)} tables, {len(plots)} figures")
    found = findings(outputs, pooled)
    warnings = (*_warnings(source, outputs, whole, wishes), *leftovers(appraised, decided))
    return _Material(wishes, whole, outputs, manifest, matches, sheets, pooled, plots, appraised, found, warnings)


# --- parts


def _write_tables(material: _Material, target: Path) -> list[Path]:
    wanted = [chosen for chosen in FORMATS if chosen in material.wishes.formats]
    return write_sheets((*material.sheets, appraisal_list(material.appraised)), target, wanted)


def _write_plots(material: _Material, target: Path) -> list[Path]:
    from extract.synthesis.plots import PLOT_FORMATS, write_plots

    wanted = [chosen for chosen in PLOT_FORMATS if chosen in material.wishes.formats]
    return write_plots(material.plots, target / "plots", wanted)


def _write_exports(material: _Material, target: Path) -> list[Path]:
    wishes = material.wishes
    written = write_studies(material.outputs, target / "studies")
    written += write_metafor(
        material.outputs,
        material.pooled,
        target / "metafor",
        minimum_studies=wishes.minimum_studies,
        minimum_patients=wishes.minimum_patients,
    )
    if material.matches is not None:
        written.append(target / "references.csv")
        write_file(written[-1], _references_csv(material.matches))
    return written


def _write_appraisal(material: _Material, target: Path) -> list[Path]:
    written, _ = write_forms(material.appraised, target)
    return written


def _references_csv(matches: Matches) -> bytes:
    """Which reference belongs to which paper and by what, then what has no partner."""
    rows = [("document", "reference", "matched_by", "text")]
    rows += [(document, found.key, by, found.text) for document, (found, by) in sorted(matches.found.items())]
    rows += [(document, "", "no reference", "") for document in matches.without]
    rows += [("", reference.key, "no paper", reference.text) for reference in matches.unmatched]
    rows += [("", "", "in doubt", doubt) for doubt in matches.doubts]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([protect(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _write_page(material: _Material, target: Path, others: Mapping[str, Sequence[Path]]) -> list[Path]:
    names = [path.relative_to(target).as_posix() for paths in others.values() for path in paths]
    write_file(target / PAGE, _page(material, [PAGE, *names]))
    return [target / PAGE]


_WRITERS: dict[str, Callable[[_Material, Path], list[Path]]] = {
    "tables": _write_tables,
    "plots": _write_plots,
    "appraisal": _write_appraisal,
    "exports": _write_exports,
}


# --- what a reader must know


def _warnings(source: Path, outputs: Outputs, whole: Outputs, wishes: Wishes) -> Iterator[str]:
    failed = [paper.document for paper in whole.papers if paper.text("status") == "failed"]
    if failed:
        yield f"Not read, and missing from everything here: {', '.join(failed)}."
    partial = [paper.document for paper in outputs.papers if paper.text("status") == "partial"]
    if partial:
        yield f"Read in part only: {', '.join(partial)}."
    yield from outputs.notes
    edited = [name for name, digest in _digests(outputs).items() if _differs(source / name, digest)]
    if edited:
        yield f"Not as the run wrote them: {', '.join(edited)}. 'caseloom verify' shows what was changed."
    if wishes.only_reviewed:
        yield "Only values that a reviewer accepted or entered are shown: NR also means not reviewed yet."
    if not outputs.treated:
        yield "No paper tells of a patient who was given cells: there is nothing to put together."


def _digests(outputs: Outputs) -> Mapping[str, str]:
    found = outputs.run.get("digests")
    return found if isinstance(found, dict) else {}


def _differs(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of(path) != digest


# --- the page


def _page(material: _Material, names: Sequence[str]) -> bytes:
    outputs, wishes = material.outputs, material.wishes
    minimums = {"minimum_studies": wishes.minimum_studies, "minimum_patients": wishes.minimum_patients}
    settings = Settings(wishes.minimum_studies, wishes.minimum_patients, wishes.only_reviewed)
    words = words_of(outputs)
    patients, papers = len(outputs.individuals), len({person.document for person in outputs.treated})
    content = Content(
        title=f"Evidence report: {_count(patients, 'patient')} given cells, {_count(papers, 'paper')}",
        subtitle=_subtitle(outputs),
        facts=tuple(_facts(material)),
        warnings=material.warnings,
        blocks=first_page(outputs, material.found, words, **minimums),
        chapters=tuple(_chapters(material, Numbering(words))),
        methods=methods(
            outputs,
            whole=material.whole,
            settings=settings,
            pooled=material.pooled,
            appraised=material.appraised,
            manifest=material.manifest,
            matches=material.matches,
        ),
        swim=swim_items(outputs, settings=settings, pooled=material.pooled),
        words=words,
        files=tuple(_files(names)),
    )
    return render_page(content)


def _subtitle(outputs: Outputs) -> str:
    diseases = list(dict.fromkeys(name for person in outputs.treated for name in person.index))
    rest = len(diseases) - MOST_DISEASES
    about = "; ".join(diseases[:MOST_DISEASES]) + (f"; and {rest} more" if rest > 0 else "")
    read = f"Papers read by caseloom on {date_of(outputs.run)}." if outputs.run else ""
    return f"{about[:1].upper()}{about[1:]}. {read}".strip() if about else read


MOST_DISEASES = 6
"""So many diseases are named at the head of the page."""


def _facts(material: _Material) -> Iterator[tuple[str, str]]:
    outputs = material.outputs
    yield "papers read", str(sum(paper.text("status") != "failed" for paper in outputs.papers))
    yield "with patients given cells", str(len({person.document for person in outputs.treated}))
    yield "patients", str(len(outputs.individuals))
    if outputs.groups:
        yield "groups told of as a whole", str(len(outputs.groups))
    yield "outcome values", str(sum(len(person.outcomes) for person in outputs.treated))
    yield "contradictions", str(len(material.found.conflicts))
    yield "of these settled", str(len(material.found.settled_conflicts))


CHAPTERS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("papers", "Papers and patients", "", ("plot:prisma", "studies", "patients")),
    ("treatment", "The cells given", "", ("plot:evidence_map", "treatment", "doses")),
    (
        "results",
        "Outcomes",
        "Directions follow each scale's own better direction. Every number of patients stands with that of those who "
        "have the measure. A value in a table leads to its words.",
        ("evidence", "plot:slopes", "outcomes", "plot:directions", "plot:harvest", "direction", "times", "measures",
         "responses", "groups", "plot:dose"),
    ),
    ("course", "Adverse events and the later course", "", ("plot:swimmer", "adverse_events", "later", "conflicts")),
    ("limits", "How far it holds", "", ("sensitivity", "plot:forest", "proportions")),
    ("reporting", "Completeness and appraisal", "What the papers say to each item of appraisal stands word for word in "
     "appraisal.xlsx; judgements are the reviewers'.", ("plot:completeness", "completeness", "appraisal_*")),
    ("computed", "What was computed", "", ("derived",)),
)  # fmt: skip
"""The parts of the page: name, title, sentence, and what stands in each: tables by patterns of their names, plots by
kind."""


def _chapters(material: _Material, numbering: Numbering) -> Iterator[Chapter]:
    sheets = {sheet.name: sheet for sheet in material.sheets}
    for name, title, lead, wanted in CHAPTERS:
        yield chapter(name, title, lead, _items(wanted, sheets, material.plots, numbering))


def _items(
    wanted: Iterable[str], sheets: Mapping[str, Sheet], plots: Sequence[Plot], numbering: Numbering
) -> Iterator[Table | Picture]:
    for name in wanted:
        if name.startswith("plot:"):
            yield from (numbering.picture(plot) for plot in by_kind(plots, name.removeprefix("plot:")))
        else:
            yield from (numbering.table(sheet) for key, sheet in sheets.items() if fnmatchcase(key, name))


FILES: Mapping[str, str] = {
    PAGE: "this page; it needs nothing beside it",
    "tables/": "each table as CSV, footnotes written out",
    "tables.xlsx": "all tables as a workbook",
    "tables.docx": "all tables as a Word document",
    "tables.html": "all tables as a page of their own",
    "plots/": "each figure as SVG, PDF and PNG, with the data that it is drawn from as CSV",
    "appraisal.csv": "appraisal items with the words that bear on them, to be judged by reviewers",
    "appraisal.xlsx": "the same as a workbook",
    "studies/": "each study as JSON, with the JSON Schema that describes it",
    "metafor/": "counts and changes for R metafor, with a script that gives the pooled figures again",
    "references.csv": "which reference belongs to which paper, and what has no partner",
}


def _files(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The files of the report, those of a folder together."""
    for name, text in FILES.items():
        inside = [one for one in names if one == name or (name.endswith("/") and one.startswith(name))]
        if inside:
            yield name if len(inside) == 1 and inside[0] == name else f"{name} ({len(inside)} files)", text


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"

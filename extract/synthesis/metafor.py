"""SYNTHESIS: CSV for R metafor, with a script that gives the pooled figures again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from extract.evidence.cells import protect
from extract.model import plain
from extract.synthesis.confounding import co_interventions, names_of
from extract.synthesis.direction import courses_of
from extract.synthesis.files import write_file
from extract.synthesis.grouping import GROUPINGS
from extract.synthesis.measures import unit_table
from extract.synthesis.rows import Outputs
from extract.synthesis.statistics import Pooled, Refused, StudyCount

COUNTS = ("proportion", "study", "xi", "ni", "used")
CHANGES = (
    "document", "study", "patient", "diagnosis", "source", "route", "domain", "measure", "rater", "better", "before",
    "after", "months", "change", "percent_of_range", "direction", "could_also_explain",
)  # fmt: skip

SCRIPT = """\
# Proportions over studies as caseloom pools them: run in this folder with  Rscript metafor.R
library(metafor)
counts <- read.csv("proportions.csv", encoding = "UTF-8")
for (name in unique(counts$proportion)) {{
  d <- counts[counts$proportion == name & counts$used == "yes", ]
  if (nrow(d) < {studies} || sum(d$ni) < {patients}) next
  e <- escalc(measure = "PLO", xi = xi, ni = ni, data = d)
  r <- rma(yi, vi, data = e, slab = study, method = "PM", test = "adhoc")
  p <- predict(r, transf = transf.ilogit)
  cat(sprintf("%s: %.4f (%.4f to %.4f), prediction %.4f to %.4f, tau2 %.4f, I2 %.1f\\n",
              name, p$pred, p$ci.lb, p$ci.ub, p$pi.lb, p$pi.ub, r$tau2, r$I2))
}}
"""


def write_metafor(
    outputs: Outputs,
    pooled: Mapping[str, Pooled | Refused],
    folder: Path,
    *,
    minimum_studies: int,
    minimum_patients: int,
) -> list[Path]:
    """``proportions.csv`` (xi of ni in each study), ``changes.csv`` (one row a patient and measure) and ``metafor.R``,
    which gives the pooled figures again. Returns the files written."""
    counts = [
        [name, study.study, str(study.hits), str(study.of), used]
        for name, result in pooled.items()
        for used, studies in (("yes", result.studies), ("no", result.left_out))
        for study in _sorted(studies)
    ]
    script = SCRIPT.format(studies=max(2, minimum_studies), patients=minimum_patients)
    files = {
        "proportions.csv": _csv(COUNTS, counts),
        "changes.csv": _csv(CHANGES, _change_rows(outputs)),
        "metafor.R": script.encode("utf-8"),
    }
    for name, data in files.items():
        write_file(folder / name, data)
    return [folder / name for name in files]


def _sorted(studies: Iterable[StudyCount]) -> list[StudyCount]:
    return sorted(studies, key=lambda study: study.study)


def _change_rows(outputs: Outputs) -> Iterable[list[str]]:
    """A row for each measure of each individual that has one number before and after."""
    units = unit_table(outputs.schema)
    groups = {grouping.name: grouping.group for grouping in GROUPINGS}
    for person in outputs.individuals:
        for course in courses_of(outputs, person, units):
            change = course.last
            if change is None or change.before is None or change.size is None:
                continue
            before, after = change.before.low, change.after.low
            yield [
                person.document,
                person.study,
                person.patient,
                *(groups[name](person) for name in ("diagnosis", "source", "route")),
                course.measure.domain,
                course.measure.name,
                course.measure.rater,
                course.measure.better or "",
                *(_text(number) for number in (before, after, change.after.months, change.size, change.percent)),
                change.direction,
                "; ".join(names_of(co_interventions(person))),
            ]


def _text(number: Decimal | None) -> str:
    return "" if number is None else plain(number)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([protect(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")

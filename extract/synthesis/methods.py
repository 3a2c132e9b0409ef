"""SYNTHESIS: the methods of a report in plain sentences, made from what was really run: run.json, the tables, the
options. What is not known is said, not guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from extract import __version__
from extract.synthesis.appraisal import Appraisal, progress
from extract.synthesis.bibliography import Matches
from extract.synthesis.rows import Outputs, Value
from extract.synthesis.safety import state
from extract.synthesis.sensitivity import FILTERS
from extract.synthesis.sheets import joined
from extract.synthesis.statistics import SMALLEST_SERIES, Pooled, Refused

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

SHORT_HASH = 16
"""So many digits of the digest of the rules are printed."""


@dataclass(frozen=True)
class Section:
    """A part of the methods: its title and its sentences."""

    title: str
    text: str


@dataclass(frozen=True)
class Settings:
    """What a report was asked for, as far as its methods must say it."""

    minimum_studies: int
    minimum_patients: int
    only_reviewed: bool = False


REFERENCES = (
    "Campbell M, McKenzie JE, Sowden A, et al. Synthesis without meta-analysis (SWiM) in systematic reviews: reporting "
    "guideline. BMJ 2020;368:l6890.",
    "Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement. BMJ 2021;372:n71.",
    "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial. "
    "Biometrika 1934;26:404-13.",
    "Hanley JA, Lippman-Hand A. If nothing goes wrong, is everything all right? JAMA 1983;249:1743-5.",
    "Nikolakopoulos S. Misuse of the sign test in narrative synthesis of evidence. Res Synth Methods 2020;11:714-9.",
    "Paule RC, Mandel J. Consensus values and weighting factors. J Res Natl Bur Stand 1982;87:377-85.",
    "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials with binary outcome. "
    "Stat Med 2001;20:3875-89.",
    "Gagnier JJ, Kienle G, Altman DG, et al. The CARE guidelines. J Med Case Rep 2013;7:223.",
    "Murray IR, Chahla J, Safran MR, et al. International expert consensus on a cell therapy communication tool: "
    "DOSES. J Bone Joint Surg Am 2019;101:904-11.",
)
"""What the methods rest on, as printed at the end of the page."""


def methods(
    outputs: Outputs,
    *,
    whole: Outputs,
    settings: Settings,
    pooled: Mapping[str, Pooled | Refused],
    appraised: Sequence[Appraisal] = (),
    manifest: Sequence[Mapping[str, str]] | None = None,
    matches: Matches | None = None,
) -> tuple[Section, ...]:
    """The methods of a report. ``whole``: the outputs before the manifest and the options left anything out."""
    return (
        Section("Reading", _reading(whole)),
        Section("Papers", _papers(outputs, whole, manifest, matches)),
        Section("Review by people", _review(outputs, settings)),
        Section("Values", _values()),
        Section("Direction of effect", _direction(outputs)),
        Section("Pooling", _pooling(settings, pooled)),
        Section("Adverse events", _events(outputs)),
        Section("Sensitivity", _sensitivity()),
        Section("Appraisal", _appraisal(appraised)),
        Section("Software of this report", _software()),
    )


# --- what was read


def _reading(outputs: Outputs) -> str:
    run = outputs.run
    states = Counter(paper.text("status") for paper in outputs.papers)
    read = [f"{states['ok']} {'was' if states['ok'] == 1 else 'were'} read whole"]
    read += [f"{states['partial']} in part"] if states["partial"] else []
    read += [f"{states['failed']} could not be read"] if states["failed"] else []
    files = _count(len(outputs.papers), "file")
    parts = []
    if not run:
        parts.append(
            f"{files} were given: {joined(read, ', ')}. When, with what version and by what rules is not "
            "known, since run.json is missing."
        )
    else:
        packages = ", ".join(f"{name} {number}" for name, number in _dict(run, "packages").items())
        parts.append(
            f"caseloom {run.get('caseloom', 'of unknown version')} (Python {run.get('python', 'NR')}"
            f"{f'; {packages}' if packages else ''}) read {files} on {date_of(run)}: {joined(read, ', ')}."
        )
        made = str(_dict(run, "schema").get("hash", ""))
        if made:
            parts.append(f"The rules (schemas) have the SHA-256 digest {made[:SHORT_HASH]}….")
        ocr = "--ocr" in run.get("command", [])
        parts.append(
            "Scanned pages were read by OCR, whose numbers are never trusted."
            if ocr
            else "Pages without text were not read (no OCR)."
        )
    values = _all_values(outputs)
    rules = {rule for value in values for rule in value.rules}
    parts.append(
        f"{len(values):,} values were taken, each with its words, page and rule, by {len(rules)} rules. Nothing was "
        "guessed: what is not told is empty (NR), and two statements without a reason to choose leave a cell empty."
    )
    return " ".join(parts)


def date_of(run: Mapping[str, Any]) -> str:
    """The day of a run: ``22 November 2026``."""
    try:
        day = datetime.fromisoformat(str(run.get("started", "")))
    except ValueError:
        return "an unknown day"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _dict(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = run.get(name)
    return found if isinstance(found, dict) else {}


def _all_values(outputs: Outputs) -> list[Value]:
    """The values of all rows that have a place in a paper."""
    rows = [*outputs.papers]
    for person in outputs.people:
        rows += [person.row, *person.diagnoses, *person.administrations, *person.outcomes]
        rows += [*person.adverse_events, *person.therapies]
    return [value for row in rows for value in row.values.values() if value.places]


def _papers(
    outputs: Outputs, whole: Outputs, manifest: Sequence[Mapping[str, str]] | None, matches: Matches | None
) -> str:
    parts = []
    if manifest is None:
        parts.append("No manifest was given: how papers were searched for and chosen is for the authors to say.")
    else:
        decided = Counter(row["decision"] or "undecided" for row in manifest)
        told = ", ".join(f"{number} {name}" for name, number in sorted(decided.items()))
        parts.append(f"The manifest names {_count(len(manifest), 'paper')} ({told}).")
        gone = len(whole.papers) - len(outputs.papers)
        parts += [f"It leaves out {gone} of those that were read."] if gone else []
    treated = {person.document for person in outputs.treated}
    without = sum(1 for paper in outputs.papers if paper.document not in treated and paper.text("status") != "failed")
    groups = f" and of {_count(len(outputs.groups), 'group')} not told one by one" if outputs.groups else ""
    parts.append(
        f"{_count(len(treated), 'paper')} {'tells' if len(treated) == 1 else 'tell'} of "
        f"{_count(len(outputs.individuals), 'patient')} who were given cells"
        f"{groups}."
    )
    parts += (
        [
            f"{_count(without, 'paper')} without such a patient "
            f"{'adds' if without == 1 else 'add'} nothing to the tables."
        ]
        if without
        else []
    )
    if matches is not None:
        by = Counter(how for _, how in matches.found.values())
        told = ", ".join(f"{number} by {how}" for how, number in sorted(by.items()))
        parts.append(
            f"Titles, authors, journals and years of {_count(len(matches.found), 'paper')} come from a file of "
            f"references ({told or 'none matched'}); {len(matches.without)} papers and {len(matches.unmatched)} "
            "references have no partner."
        )
    return " ".join(parts)


def _review(outputs: Outputs, settings: Settings) -> str:
    values = _all_values(outputs)
    states = Counter(value.review or "unreviewed" for value in values)
    done = len(values) - states["unreviewed"]
    reviewers = sorted({name for row in outputs.decisions if (name := row.text("reviewer"))})
    if not done:
        text = "No value was reviewed by a person: everything here is what the program found."
    else:
        told = ", ".join(f"{number:,} {name}" for name, number in sorted(states.items()) if name != "unreviewed")
        by = f" by {', '.join(reviewers)}" if reviewers else ""
        text = f"Of {len(values):,} values {done:,} were reviewed{by} ({told}); {states['unreviewed']:,} were not."
    if settings.only_reviewed:
        text += " Only values that a reviewer accepted or entered are shown and counted."
    return text


# --- how it was put together


def _values() -> str:
    return (
        "What a paper prints and what was computed from it are kept apart: computed values are in italics, with their "
        "formula. Doses per kg as printed and as derived from cells and weight are never mixed, neither are doses by "
        "vein and local ones, raters, or versions of a scale. Where two statements of a paper differ both are kept; "
        "preferred is the itemised text before tables, figures, the abstract and the discussion, unless a reviewer "
        "decided. Every denominator is the number of patients with that measure."
    )


def _direction(outputs: Outputs) -> str:
    scales = {row.text("measure") for person in outputs.individuals for row in person.outcomes} - {""}
    return (
        f"The standardised metric is the direction of effect: for each of {_count(len(scales), 'measure')}, by one "
        "rater in one patient, the last value after the first cells against the last before them, by the scale's own "
        "better direction in schemas/scales.yaml; none is guessed. Beside it stand the change in per cent of the "
        "scale's printed or published range, and published thresholds of response only where they were published for "
        "the patient's disease. In each domain a patient has one vote. Votes are counted by direction, with the exact "
        "(Clopper–Pearson) 95 % interval and the exact two-sided sign test, which is exploratory: it takes patients "
        "for independent of each other and of why their case was published. There is no other test. Medians stand "
        "with n and range."
    )


def _pooling(settings: Settings, pooled: Mapping[str, Pooled | Refused]) -> str:
    done = [name for name, result in pooled.items() if isinstance(result, Pooled)]
    text = (
        f"A proportion over studies would be pooled from at least {max(2, settings.minimum_studies)} studies of "
        f"{SMALLEST_SERIES} or more patients, {settings.minimum_patients} patients together: random effects on the "
        "logit scale, variance between studies by Paule and Mandel, interval by Hartung and Knapp. Single cases have "
        "no proportion. "
    )
    if done:
        return text + f"Of {_count(len(pooled), 'proportion')} {len(done)} met this and were pooled."
    return text + f"Of {_count(len(pooled), 'proportion')} none met this, and none was pooled."


def _events(outputs: Outputs) -> str:
    told = sum(state(person) != "not reported" for person in outputs.individuals)
    return (
        f"Adverse events are counted over patients of whom events are told or denied ({told} of "
        f"{len(outputs.individuals)}); silence is not absence. Intervals are exact; after none in n the upper limit is "
        "given by the rule of three and exactly. Over administrations each patient counts once an event."
    )


def _sensitivity() -> str:
    return "The votes were counted again " + ", ".join(chosen.name for chosen in FILTERS) + "."


def _appraisal(appraised: Sequence[Appraisal]) -> str:
    if not appraised:
        return "No paper was appraised."
    tools = joined((one.tool.name for one in appraised), ", ")
    return (
        f"Papers stand beside the items of {tools}, each with the words that bear on it. The judgement is a reviewer's "
        f"and never the program's. {' '.join(progress(appraised))}"
    )


def _software() -> str:
    packages = ", ".join(f"{name} {_version(name)}" for name in ("scipy", "matplotlib"))
    return f"Made by caseloom {__version__} with {packages}. The same tables, rules and options give the same bytes."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"

"""A small project as a beginner has it: the tables of the program, two columns of one's own, and their rules."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COLUMNS = """\
      - {name: smoking, allowed: [never, former, current], mention: smoking, evidence: smoking, meaning: "Smoking."}
      - {name: pack_years, type: number, unit: pack years, mention: pack_years, meaning: "Pack years as stated."}
"""

FILES = {
    "scales.yaml": """\
scales:
  - id: hhs
    name: HHS
    words: [Harris hip score]
    exact: [HHS]
    minimum: 0
    maximum: 100
    better: higher
    units: [points]
    matches:
      - "[[HHS]] rose from 40 to 88."
""",
    "units.yaml": """\
units:
  - {unit: points, quantity: points, words: [point]}
  - {unit: pack years, quantity: smoking, words: [pack year]}
""",
    "sections.yaml": """\
sections:
  - section: case
    titles: [case report]
""",
    "context.yaml": """\
stops: [but]
cues:
  - id: no
    sets: {presence: negated}
    words: ["no", denied]
    matches: ["She denied [[smoking]]."]
""",
    "rules/smoking.yaml": """\
# Smoking, as stated.
rules:
  - id: smoking
    kind: terms
    field: smoking
    matches:
      - {text: "He had [[never smoked]].", value: never}
      - text: She is a [[current smoker]].
        value: current
      - "An [[ex-smoker]] of 50."
    rejects:
      - Smoking was not asked about.
    terms:
      - value: never
        words: [never smoked, non smoker]
      - value: former
        words: [ex smoker, former smoker]
      - value: current
        words: [current smoker, active smoker]
        unless: ['mother', "father"]
  - id: pack_years
    kind: pattern
    field: pack_years
    pattern: '(?P<number>\\d+) pack[- ]years?'
    unit: pack years
    matches:
      - "He had smoked [[20 pack years]]."
    rejects:
      - "A pack of six."
""",
}


def make_project(folder: Path) -> Path:
    """Write the project below a folder; returns its schemas/."""
    schemas = folder / "schemas"
    (schemas / "rules").mkdir(parents=True)
    fields = (ROOT / "schemas" / "fields.yaml").read_text(encoding="utf-8")
    last = '      - {name: record, meaning: "Id of the row: the one in values.csv and in decisions."}\n'
    (schemas / "fields.yaml").write_text(fields.replace(last, last + COLUMNS, 1), encoding="utf-8")
    for name, text in FILES.items():
        (schemas / name).write_text(text, encoding="utf-8")
    return schemas

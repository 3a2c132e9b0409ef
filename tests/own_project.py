"""What a clinician types to extend the rules, and no line of Python: own columns, a scale, units, a cue, a drug, a
title of a section, and two families of therapy with their own words for source, dose and route.

The papers are fictional.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import typst

ROOT = Path(__file__).resolve().parent.parent

RECORD = '      - {name: record, meaning: "Id of the row: the one in values.csv and in decisions."}\n'

EDITS: list[tuple[str, str, str]] = [
    # own columns of a patient and of an administration
    ("fields.yaml", "  diagnoses:\n", """\
      - {name: smoking, allowed: [never, former, current], mention: smoking, evidence: smoking, meaning: "Smoking."}
      - {name: pack_years, type: number, unit: pack years, mention: pack_years, meaning: "Pack years as stated."}
      - {name: hobbies, type: list, mention: hobby, meaning: "What the patient likes to do."}
"""),
    ("fields.yaml", "  outcomes:\n", """\
      - {name: construct, mention: construct, evidence: construct, meaning: "What the receptor is made of."}
      - {name: stool_g, type: number, unit: g, mention: stool, meaning: "Stool in the preparation."}
"""),
    # a scale, and units
    ("scales.yaml", "scales:\n", """\
  - {id: orchard, name: Orchard index, words: [Orchard index], exact: [ORI], minimum: 0, maximum: 40, better: higher,
     matches: [{text: "The [[Orchard index]] rose to 31.", value: Orchard index}]}
  - {id: push_impulse, name: push impulse, kind: measurement, words: [push impulse], units: [Ns], better: higher,
     matches: [{text: "Her [[push impulse]] was 34 Ns.", value: push impulse}]}
"""),
    ("units.yaml", "units:\n", """\
  - {unit: pack years, quantity: smoking, words: [pack year]}
  - {unit: Ns, quantity: impulse, exact: [Ns]}
  - {unit: capsules, quantity: capsules, words: [capsule]}
"""),
    # a cue
    ("context.yaml", "cues:\n", """\
  - id: hearsay
    sets: {presence: uncertain}
    words: [rumour has it that]
    fields: [smoking]
    matches: ["Rumour has it that he is a [[current smoker]]."]
    rejects: ["He is a [[current smoker]]."]
"""),
    # a drug
    ("rules/therapies.yaml", "      # steroids\n", """\
      - {value: velomastat, words: [velomastat, Velomara], exact: [VLM], details: {class: other}}
"""),
    # the title of a section
    ("sections.yaml", "  - section: case\n    titles:\n", "      - our young lady\n"),
]  # fmt: skip
"""A file, the line before or behind which something is written, and what: before a table's name, else behind."""

RULES = {
    "own_smoking.yaml": r"""
rules:
  - id: smoking
    kind: terms
    field: smoking
    matches:
      - {text: "She had [[never smoked]].", value: never}
      - {text: "A [[current smoker]] of 50.", value: current}
    terms:
      - {value: never, words: [never smoked, non smoker, lifelong non smoker]}
      - {value: former, words: [ex smoker, former smoker]}
      - {value: current, words: [current smoker, active smoker]}
  - id: smoking.column
    kind: column
    field: smoking
    header: '^smok(ing|er)'
    values: {yes: current, "no": never, stopped: former}
    matches:
      - {text: "Smoking | [[stopped]]", value: former}
    rejects:
      - "Smoking | not asked"
  - id: pack_years
    kind: quantity
    field: pack_years
    trigger: [smoked, 'smok\w+ of']
    units: [pack years]
    matches: ["He had smoked [[20 pack years]]."]
    rejects: ["He ran for 20 years."]
  - id: hobby
    kind: terms
    field: hobby
    matches: ["He likes [[chess]]."]
    terms:
      - {value: chess, words: [chess]}
      - {value: rowing, words: [rowing, to row]}
""",
    "own_stool.yaml": r"""
# Fecal microbiota transplantation as the therapy of interest.
rules:
  - id: fmt.name
    kind: terms
    field: administration
    matches:
      - {text: "Six months after [[FMT]] he was well.", value: fecal microbiota transplantation}
      - {text: "He [[swallowed]] the capsules.", value: swallowed}
    terms:
      - value: fecal microbiota transplantation
        words: [fecal microbiota transplantation, fecal transplant]
        exact: [FMT]
      - {value: swallowed, words: [swallowed]}
  - id: fmt.product
    kind: terms
    field: product
    matches:
      - {text: "[[Fecal suspension]] was thawed.", value: fecal microbiota}
    terms:
      - {value: fecal microbiota, words: [fecal microbiota, fecal suspension, stool suspension, donor stool]}
  - id: fmt.tissue
    kind: terms
    field: tissue
    matches:
      - {text: "Capsules of [[donor stool]] were made.", value: stool}
    terms:
      - {value: stool, words: [donor stool, fecal suspension, stool suspension, fecal microbiota]}
  - id: fmt.donor
    kind: terms
    field: donor
    matches:
      - {text: "Stool of her [[healthy sister]] was used.", value: allogeneic}
    terms:
      - {value: allogeneic, words: [healthy sister, healthy brother, stool bank, unrelated stool donor]}
  - id: fmt.route
    kind: terms
    field: route
    matches:
      - {text: "It was given [[by colonoscopy]].", value: colonoscopic}
      - {text: "He swallowed [[capsules]] of donor stool.", value: oral}
    terms:
      - {value: colonoscopic, words: [by colonoscopy, through the colonoscope]}
      - {value: oral, words: [capsule], needs: ['stool', 'microbiota']}
  - id: fmt.dose
    kind: pattern
    field: dose
    pattern: '(?P<number>\d+(?:\.\d+)?) ?(?P<unit>mL|g|capsules?)(?= of (?:\w+ ){0,2}(?:fecal|stool))'
    matches: ["[[250 mL]] of fecal suspension", "[[50 g]] of donor stool", "[[30 capsules]] of donor stool"]
    rejects: ["250 mL of saline", "5 g of cyclophosphamide"]
  - id: fmt.stool
    kind: pattern
    field: stool
    pattern: '(?P<number>\d+) ?(?P<unit>m?g) of (?:donor )?stool'
    matches: ["[[50 g of stool]] in saline"]
    rejects: ["50 g of glucose"]
""",
    "own_receptor.yaml": r"""
# T cells with a receptor as the therapy of interest.
rules:
  - id: car.name
    kind: terms
    field: administration
    matches:
      - {text: "A year after [[zela-cel]] she worked again.", value: zelacabtagene}
    terms:
      - {value: zelacabtagene, exact: [zela-cel]}
  - id: car.product
    kind: terms
    field: product
    matches:
      - {text: "She was given [[zelacabtagene]].", value: zelacabtagene}
    terms:
      - {value: zelacabtagene, words: [zelacabtagene], exact: [zela-cel]}
  - id: car.source
    kind: terms
    field: tissue
    matches:
      - {text: "It was made of [[blood T cells]].", value: peripheral blood}
    terms:
      - {value: peripheral blood, words: [blood T cell]}
  - id: car.construct
    kind: pattern
    field: construct
    pattern: '\b(?P<target>CD\d+|BCMA)[-/](?P<signal>4-1BB|CD28)\b'
    value: '{target}-{signal}'
    case: true
    matches:
      - {text: "a [[CD19/CD28]] construct", value: CD19-CD28}
    rejects: ["CD19 and CD28 were measured"]
""",
}

PAPERS = {
    "stool": """\
Stool of a healthy donor in two adults with colitis

Abstract

Two adults with ulcerative colitis received fecal microbiota transplantation.

Case 1

A 34-year-old woman had ulcerative colitis. She was a former smoker who liked rowing and chess. Mesalazine had
failed. Her Mayo score was 9. She received 250 mL of fecal suspension (50 g of stool) from her healthy sister by
colonoscopy on three occasions, two weeks apart. Six months after FMT her Mayo score was 3. She had diarrhoea
for one day.

Case 2

A 51-year-old man with ulcerative colitis had never smoked. Rumour has it that he is a current smoker.
Velomastat had been stopped. The Mayo score was 8 before FMT. He swallowed 30 capsules of donor stool from a
stool bank. Three months after the fecal transplant the Mayo score was 2. No adverse event was seen.
""",
    "receptor": """\
Zelacabtagene in two girls with lupus

Abstract

Two girls with systemic lupus erythematosus were treated with CAR T cells.

Case 1

A 14-year-old girl had systemic lupus erythematosus. Rituximab had failed. The SLEDAI-2K was 18. Zelacabtagene was
made of her own blood T cells. She received 1 × 10^6 autologous CAR T cells/kg with a CD19/4-1BB construct
intravenously. A year after zela-cel the SLEDAI-2K was 2. She had fever for two days.

Case 2

A 16-year-old girl had systemic lupus erythematosus. The SLEDAI-2K was 14 before zela-cel. She was given a
single infusion of 5 × 10^7 autologous CAR-T intravenously; they bore a CD19/CD28 construct. Three months after
CAR-T the SLEDAI-2K was 4.
""",
}

PDF = """\
#set page(width: 15cm, height: 12cm)
#set text(size: 10pt)
#text(size: 17pt, weight: "bold")[A pianist and her knees]

= Abstract

We report a pianist with rheumatoid arthritis who was given her own cells.

= Our young lady

A 41-year-old woman with rheumatoid arthritis had smoked 12 pack years and was an ex-smoker. The Orchard index was 11
and her push impulse was 34 Ns before the cells. Velomastat had failed.

#pagebreak()
She received 20 million autologous bone marrow mesenchymal stem cells by intra-articular injection. At 6 months the
Orchard index was 31 and her push impulse was 52 Ns.
"""

GOLD = {
    "stool": [
        {"patient": "1", "sex": "female", "smoking": "former", "pack_years": None, "hobbies": ["rowing", "chess"],
         "administrations": [{"route": "colonoscopic", "count": 3, "stool_g": 50}]},
        {"patient": "2", "sex": "male", "smoking": "current",
         "administrations": [{"route": "oral", "count": 1, "stool_g": None}]},
    ],
    "receptor": [
        {"patient": "1", "administrations": [{"route": "intravenous", "construct": "CD19-4-1BB"}]},
        {"patient": "2", "administrations": [{"route": "intravenous", "construct": "CD19-CD28"}]},
    ],
    "pianist": [{"patient": "1", "smoking": "former", "pack_years": 12}],
}  # fmt: skip
"""What a careful reader sets down; one value is wrong on purpose: the second patient of the paper on stool."""


def make_schemas(folder: Path) -> Path:
    """A copy of the program's own rules, extended by hand."""
    schemas = folder / "schemas"
    shutil.copytree(ROOT / "schemas", schemas)
    for name, at, typed in EDITS:
        path = schemas / name
        text = path.read_text(encoding="utf-8")
        assert text.count(at) >= 1, f"{at!r} is not in {name}"
        text = text.replace(at, f"{typed}\n{at}" if name == "fields.yaml" else at + typed, 1)
        path.write_text(text, encoding="utf-8")
    therapies = schemas / "rules" / "therapies.yaml"
    kept = [
        block
        for block in therapies.read_text(encoding="utf-8").split("\n      - ")
        if not block.startswith("{value: fecal microbiota transplantation,")
    ]
    therapies.write_text("\n      - ".join(kept), encoding="utf-8")  # what is of interest is no other therapy
    for name, text in RULES.items():
        (schemas / "rules" / name).write_text(text.lstrip(), encoding="utf-8")
    return schemas


def make_papers(folder: Path) -> list[Path]:
    """The fictional papers: two texts and a PDF of two pages."""
    out = []
    for name, text in PAPERS.items():
        path = folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
        out.append(path)
    path = folder / "pianist.pdf"
    path.write_bytes(typst.compile(PDF.encode()))
    return [*out, path]

"""Papers that the rules were not made with: what was reached on them is kept."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRESH = ROOT / "tests" / "fresh"
PRINTED = FRESH / "printed"


def caseloom(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "extract", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_fresh_papers_give_every_patient_and_nearly_all_facts(tmp_path: Path) -> None:
    done = caseloom("run", *sorted(FRESH.glob("*.txt")), "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    scored = caseloom("score", tmp_path / "out", "--gold", FRESH / "gold", "--json")
    assert scored.returncode == 0, scored.stderr
    score = json.loads(scored.stdout)
    fields = {row["field"]: row for row in score["figures"]}
    for name in ("patients", "sex", "tissue", "donor", "dose"):
        assert (fields[name]["fp"], fields[name]["fn"]) == (0, 0), name
    for name in ("age", "diagnosis", "count", "route"):
        assert (fields[name]["fp"], fields[name]["fn"]) <= (1, 1), name
    assert score["micro"]["f1"] >= 0.985


def test_printed_papers_of_other_layouts_give_every_patient_and_nearly_all_facts(tmp_path: Path) -> None:
    done = caseloom("run", PRINTED, "--csv-only", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    scored = caseloom("score", tmp_path / "out", "--gold", PRINTED / "gold", "--json")
    assert scored.returncode == 0, scored.stderr
    score = json.loads(scored.stdout)
    fields = {row["field"]: row for row in score["figures"]}
    for name in ("patients", "sex", "diagnosis", "tissue", "donor", "dose"):
        assert (fields[name]["fp"], fields[name]["fn"]) == (0, 0), name
    assert score["micro"]["f1"] >= 0.965


def test_a_table_without_its_header_overleaf_goes_on() -> None:
    read = caseloom("read", PRINTED / "03_haemophilic_joints.pdf")
    assert "6 | 6 | 4 | 3 | 13 | 11 | 10" in read.stdout
    assert read.stdout.count("== table") == 2


def test_more_infusions_of_the_next_sentence_are_added_to_the_first(tmp_path: Path) -> None:
    story = (
        "A girl with lupus given marrow cells: a case report\n\nCase report\nA 12-year-old girl with systemic lupus "
        "erythematosus was treated with allogeneic bone marrow mesenchymal stem cells. A first intravenous infusion of "
        "5 x 10^7 cells was given in May. {}. SLEDAI was 14 before and 4 at 12 months. This is fictional.\n"
    )
    told = {
        "two": "Two more of the same size followed, on day 14 and on day 28",
        "own": "Two more infusions of 8 x 10^7 cells each followed",
        "none": "Two further attacks were treated with steroids",
    }
    for name, sentence in told.items():
        (tmp_path / f"{name}.txt").write_text(story.format(sentence), encoding="utf-8")
    done = caseloom("run", *sorted(tmp_path.glob("*.txt")), "--csv-only", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "administrations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    counts = {name: [int(row["count"]) for row in rows if row["document"] == name] for name in told}
    assert counts == {"two": [3], "own": [1, 2], "none": [1]}


def test_every_fresh_paper_says_that_it_is_fiction() -> None:
    papers = sorted(FRESH.glob("*.txt"))
    assert len(papers) == 12
    assert all("fictional" in paper.read_text(encoding="utf-8").lower() for paper in papers)

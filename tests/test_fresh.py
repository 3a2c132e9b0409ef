"""Papers that the rules were not made with: what was reached on them is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRESH = ROOT / "tests" / "fresh"


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
    for name in ("patients", "sex", "tissue", "donor", "route", "dose"):
        assert (fields[name]["fp"], fields[name]["fn"]) == (0, 0), name
    for name in ("age", "diagnosis", "count"):
        assert (fields[name]["fp"], fields[name]["fn"]) <= (1, 1), name
    assert score["micro"]["f1"] >= 0.985


def test_every_fresh_paper_says_that_it_is_fiction() -> None:
    papers = sorted(FRESH.glob("*.txt"))
    assert len(papers) == 11
    assert all("fictional" in paper.read_text(encoding="utf-8").lower() for paper in papers)

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


def test_fresh_papers_give_every_patient_and_most_facts(tmp_path: Path) -> None:
    done = caseloom("run", FRESH, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    scored = caseloom("score", tmp_path / "out", "--gold", FRESH / "gold", "--json")
    assert scored.returncode == 0, scored.stderr
    score = json.loads(scored.stdout)
    fields = {row["field"]: row for row in score["figures"]}
    assert (fields["patients"]["fp"], fields["patients"]["fn"]) == (0, 0)
    assert fields["diagnosis"]["fn"] == 0
    assert score["micro"]["f1"] >= 0.8


def test_fresh_papers_are_what_their_sources_say() -> None:
    build = ROOT / "corpus" / "sample" / "sources" / "build.py"
    done = subprocess.run(
        [sys.executable, str(build), "--check", str(FRESH / "sources")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

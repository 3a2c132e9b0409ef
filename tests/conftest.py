"""What all tests share: no network, the schemas, the real papers where they are."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from extract.schema import Schema, load_schema

ROOT = Path(__file__).resolve().parent.parent

OTHER_FILES = {
    "scales.yaml": """
scales:
  - id: sledai-2k
    name: SLEDAI-2K
    words: [SLEDAI-2K]
    minimum: 0
    maximum: 105
    better: lower
    matches: ["[[SLEDAI-2K]] was 6"]
""",
    "units.yaml": """
units:
  - {unit: cells, quantity: count, words: [cells]}
  - {unit: kg, quantity: mass, words: [kg]}
""",
    "sections.yaml": "sections:\n  - {section: case, titles: [case report]}\n",
    "context.yaml": """
stops: [but]
cues:
  - id: no
    sets: {presence: negated}
    words: ["no"]
    matches: ["no [[fever]]"]
""",
    "rules/routes.yaml": """
rules:
  - id: route.terms
    field: route
    kind: terms
    matches: ["given [[intravenously]]"]
    terms:
      - {value: intravenous, words: [intravenously, intravenous]}
""",
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach another machine is an error."""

    def refuse(self: socket.socket, address: Any) -> NoReturn:
        raise AssertionError(f"a test tried to reach {address}")

    for name in ("connect", "connect_ex"):
        plain = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, plain: Any = plain) -> Any:
            return plain(self, address) if self.family == socket.AF_UNIX else refuse(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests leave nothing in the user's cache and find nothing there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def schemas_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small, valid folder of schemas: the real fields.yaml and one rule, to be changed by the test."""
    folder = tmp_path_factory.mktemp("rules") / "schemas"
    (folder / "rules").mkdir(parents=True)
    (folder / "fields.yaml").write_bytes((ROOT / "schemas" / "fields.yaml").read_bytes())
    for name, text in OTHER_FILES.items():
        (folder / name).write_text(text.lstrip(), encoding="utf-8")
    return folder


@pytest.fixture
def small_schema(schemas_folder: Path) -> Schema:
    """The schema of ``schemas_folder``."""
    return load_schema(schemas_folder)


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema that users get."""
    return load_schema(ROOT / "schemas")


@pytest.fixture(scope="session")
def sample() -> Path:
    """The sample papers of this repository."""
    return ROOT / "corpus" / "sample"


@pytest.fixture(scope="session")
def sample_out(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The tables of the sample papers, read by two workers."""
    return tables_of([sample], tmp_path_factory)


@pytest.fixture(scope="session")
def few_out(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The tables of three sample papers: four patients with four conflicts, a letter on one patient, a review."""
    papers = [path for start in ("03_", "08_", "10_") for path in sample.glob(f"{start}*.pdf")]
    return tables_of(papers, tmp_path_factory)


def tables_of(paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample") / "out"
    cache = tmp_path_factory.getbasetemp() / "cache"
    done = subprocess.run(
        [sys.executable, "-m", "extract", "run", *map(str, paths), "-o", str(out), "--workers", "2"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def papers() -> Path:
    """The folder of real papers: CASELOOM_PAPERS, else ../shared beside the repository.

    Tests that need it are skipped where it is missing, and fail when CASELOOM_REQUIRE_PAPERS is 1.
    """
    folder = Path(os.environ.get("CASELOOM_PAPERS") or ROOT.parent / "shared")
    if not folder.is_dir():
        missing = f"the real papers are not at {folder} (set CASELOOM_PAPERS)"
        if os.environ.get("CASELOOM_REQUIRE_PAPERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder

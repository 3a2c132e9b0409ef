"""The package: what is in it, that it runs away from its source, and under which licences it runs."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import extract

ROOT = Path(__file__).resolve().parent.parent

SHIPPED = (
    "extract", "schemas", "corpus/first", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "constraints.txt"
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from it, of a copy of this repository."""
    copy = tmp_path_factory.mktemp("source") / "caseloom"
    copy.mkdir()
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed without its dependencies into a folder away from the source."""
    target = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--quiet"]
    subprocess.run([*install, "--target", str(target), str(wheel)], check=True, capture_output=True)
    return target


def schema_files(root: Path = ROOT) -> set[str]:
    return {path.relative_to(root / "schemas").as_posix() for path in (root / "schemas").rglob("*") if path.is_file()}


def test_the_wheel_holds_the_schemas_once_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name.removeprefix("extract/schemas/") for name in names if name.startswith("extract/schemas/")}
    assert inside == schema_files()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"extract", f"caseloom-{extract.__version__}.dist-info"}


def test_the_sdist_holds_the_schemas(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    top = f"caseloom-{extract.__version__}/schemas/"
    assert {name.removeprefix(top) for name in names if name.startswith(top)} >= schema_files()


def page_files(root: Path = ROOT) -> set[str]:
    """What the review page is made of, beside its Python."""
    folders = (root / "extract" / "review" / name for name in ("static", "templates"))
    return {path.relative_to(root).as_posix() for folder in folders for path in folder.iterdir() if path.is_file()}


def test_wheel_and_sdist_hold_the_files_of_the_review_page(built: Path) -> None:
    wanted = page_files()
    assert {Path(name).suffix for name in wanted} == {".js", ".css", ".svg", ".html"}
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert {f"caseloom-{extract.__version__}/{name}" for name in wanted} <= set(archive.getnames())


def test_the_review_page_is_served_away_from_its_source(installed: Path, tmp_path: Path, few_out: Path) -> None:
    code = f"""
from pathlib import Path
from extract.review import server
from extract.review.session import Session
from extract.schema import load_schema
session = Session(Path({str(few_out)!r}), load_schema(), Path("decisions"), reviewer="anna")
server.build_app(session, "t", 1)
print(server.__file__, sorted(server._static_files())[:2])
"""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert shown.stdout.startswith(str(installed)), shown.stderr
    assert "['actions.js', 'api.js']" in shown.stdout


def test_the_wheel_runs_away_from_its_source(installed: Path, tmp_path: Path, sample: Path) -> None:
    paper = sorted(sample.glob("*.pdf"))[0]
    shutil.copy(paper, tmp_path / "paper.pdf")
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(installed / "bin" / "caseloom"), *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert command("--version") == f"caseloom {extract.__version__}\n"
    assert command("check").startswith(f"{installed / 'extract' / 'schemas'}: ")
    command("run", "paper.pdf", "-o", "out")
    assert len((tmp_path / "out" / "evidence.csv").read_text(encoding="utf-8").splitlines()) > 1
    command("init", "review")
    command("run", "review/corpus", "-o", "review/outputs", "--schemas", "review/schemas")
    assert len((tmp_path / "review" / "outputs" / "evidence.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_this_installation_is_of_this_version() -> None:
    try:
        version = importlib.metadata.version("caseloom")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("caseloom is not installed, only imported")
    assert version == extract.__version__


def test_the_public_names_are_there_and_loaded_when_used() -> None:
    code = "import sys, extract; print(sorted(m for m in sys.modules if m.startswith('extract.')), extract.load_schema)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert shown.startswith("[] <function load_schema")
    for name in extract.__all__:
        assert getattr(extract, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'unknown'"):
        _ = extract.unknown


# --- what it stands on


def required(name: str, extras: frozenset[str], seen: dict[str, set[str]]) -> None:
    """All distributions that one needs, with their own needs, as far as they are installed."""
    known = seen.setdefault(name, set())
    new = {"", *extras} - known
    if not new:
        return
    known |= new
    try:
        needs = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in needs:
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in new):
            required(canonical(need.name), frozenset(need.extras), seen)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def stated_licence(name: str) -> str:
    """What a distribution says about its licence: expression and classifiers, else free text, else its licence file."""
    data = importlib.metadata.metadata(name)
    classifiers = [c for c in data.get_all("Classifier") or [] if c.startswith("License ::")]
    free = data.get("License") or ""
    stated = " | ".join([data.get("License-Expression") or "", *classifiers]).strip(" |") or free[:200]
    if stated:
        return stated
    files = [file for file in importlib.metadata.files(name) or [] if "licen" in file.name.lower()]
    return " | ".join(file.read_text(encoding="utf-8")[:300] for file in files)


def forbidden(licence: str) -> bool:
    """Whether a licence leaves no choice but GPL, AGPL or LGPL."""
    strict = re.compile(r"\b(A|L)?GPL|General Public|Affero", re.I)
    choices = re.split(r"\s+OR\s+|\s*\|\s*", licence)
    return all(strict.search(choice) for choice in choices)


@pytest.mark.parametrize(
    ("licence", "bad"),
    [
        ("MIT", False),
        ("MPL-2.0 OR GPL-2.0-or-later", False),
        ("GPL-3.0-or-later", True),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", True),
        ("AGPL-3.0-only", True),
        ("BSD-3-Clause AND Apache-2.0", False),
    ],
)
def test_the_licence_check_can_fail(licence: str, bad: bool) -> None:
    assert forbidden(licence) is bad


def requirements() -> list[Requirement]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [Requirement(line) for line in lines]


def test_no_dependency_is_under_gpl_agpl_or_lgpl() -> None:
    seen: dict[str, set[str]] = {}
    for need in requirements():
        required(canonical(need.name), frozenset(need.extras), seen)
    installed = [name for name in seen if is_installed(name)]
    assert len(installed) > 30
    licences = {name: stated_licence(name) for name in installed}
    assert {name: licence for name, licence in licences.items() if forbidden(licence)} == {}
    assert [name for name, licence in licences.items() if not licence] == []


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def test_constraints_pin_every_dependency_within_its_range() -> None:
    pins: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            pins[canonical(name)] = version.split(";")[0].strip()
    core = [need for need in requirements() if is_installed(need.name) and need.name != "caseloom"]
    assert {canonical(need.name) for need in core} <= set(pins)
    for need in core:
        assert need.specifier.contains(pins[canonical(need.name)]), need


def test_the_layers_of_the_house_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(lint), "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_can_be_seen_to_break(tmp_path: Path) -> None:
    """The contracts are about this package: a room that reaches across is caught."""
    copy = tmp_path / "extract"
    shutil.copytree(ROOT / "extract", copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (copy / "link" / "values.py").open("a") as file:
        file.write("\nimport pandas\nfrom extract.read.failure import ReadFailure\n")
    lint = Path(sys.executable).parent / "lint-imports"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [str(lint), "--no-cache"], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.returncode == 1
    assert "layers of the house BROKEN" in done.stdout
    assert "pandas only where tables are made BROKEN" in done.stdout

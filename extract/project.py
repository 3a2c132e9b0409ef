"""Project: a folder of one's own to review papers in, with rules to edit, papers and a place for the tables."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from extract import __version__
from extract.schema import builtin_schemas, find_schemas

BUILT_IN = "built-in"
"""What the rules that caseloom brings are called where others may be named."""

ORIGIN = Path("schemas/origin.json")
"""Tells of each rules file of a project from which version of caseloom it was copied, and how it was then."""

README = """\
# A review with caseloom

| folder | holds |
|---|---|
| `corpus/` | the papers; `01_two_cousins.pdf` is a fictional one to begin with |
| `corpus/manifest.csv` | a line for each paper: where it was found, included or not, why |
| `corpus/decisions/` | what reviewers decide; read again at each run |
| `corpus/gold/` | what a careful reader found in the papers, to measure the tables with |
| `schemas/` | the rules, yours to edit: [a ten-minute course](schemas/README.md) |
| `outputs/` | the tables; everything there can be made again |

Begin here, in this folder:

```sh
caseloom run corpus
caseloom explain corpus/01_two_cousins.pdf --field route
caseloom check
```

The first reads the papers: open `outputs/evidence.csv`. The second tells why a value is what it is. The third runs all
examples of the rules; do that after each edit. When the tables are as they should be, `caseloom report outputs` puts the
studies together. Put your own papers into `corpus/` and take the fictional one out.
"""

IGNORED = """\
# everything in outputs/ is made from the papers and the rules
/outputs/
"""

MANIFEST = """\
document,doi,source,found_on,decision,reason,reviewer
01_two_cousins,10.5555/lhc.2022.3.41,caseloom,,included,fictional: to begin with,
"""


class WrongFolder(Exception):
    """A folder in which no project can be made. The message says why, and what to do."""


class Made(NamedTuple):
    """What ``start_project`` did: the files it wrote and those it found and left alone, as paths within the folder."""

    written: list[str]
    kept: list[str]


def start_project(folder: Path, *, force: bool = False) -> Made:
    """Make a review project in a folder that is new or empty: schemas/, corpus/ with a first paper, outputs/.

    With ``force`` the folder may hold anything: what is missing is added, and no file is ever overwritten. Hidden files
    (a .git, say) do not count as content. Raises WrongFolder for a folder that cannot be used.
    """
    _check(folder, force)
    contents = _contents()
    written, kept = [], []
    try:
        for name, data in contents.items():
            target = folder / name
            if target.exists():
                kept.append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            written.append(name)
        (folder / "outputs").mkdir(exist_ok=True)
        _note_origin(folder, {name: contents[name] for name in written})
    except OSError as error:
        raise WrongFolder(f"{error.filename or folder}: cannot be written ({error.strerror}).") from error
    return Made(written, kept)


def _check(folder: Path, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise WrongFolder(f"{folder}: is a file. Name a new folder.")
    if force or not folder.exists():
        return
    try:
        names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
    except OSError as error:
        raise WrongFolder(f"{folder}: cannot be opened ({error.strerror}).") from error
    seen = [name for name in names if not name.startswith(".")]
    if seen:
        more = f" and {len(seen) - 5} more" if len(seen) > 5 else ""
        raise WrongFolder(
            f"{folder}: is not empty; it holds {', '.join(seen[:5])}{more}. Name a new folder, or give --force: that "
            "adds what is missing and overwrites nothing."
        )


def _contents() -> dict[str, bytes]:
    """Every file of a new project, by its path within it."""
    rules, first = builtin_schemas(), _first_paper()
    files = {f"schemas/{name}": data for name, data in _files(rules).items() if name != ORIGIN.name}
    files |= {f"corpus/{name}": data for name, data in _files(first).items() if not name.startswith("sources/")}
    files["corpus/manifest.csv"] = MANIFEST.encode()
    files["corpus/decisions/.gitkeep"] = b""
    files["README.md"] = README.encode()
    files[".gitignore"] = IGNORED.encode()
    return files


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _first_paper() -> Path:
    """The folder with the paper that a project begins with: beside this module when installed, else in the checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "first"
    return packed if packed.is_dir() else here.parent / "corpus" / "first"


# --- where the rules of a project come from


def _note_origin(folder: Path, written: Mapping[str, bytes]) -> None:
    """Add the rules files that were just copied to the project's record of their origin."""
    known = _origin(folder)
    for name, data in written.items():
        if name.startswith("schemas/"):
            known[name.removeprefix("schemas/")] = {"caseloom": __version__, "sha256": _digest(data)}
    text = json.dumps(dict(sorted(known.items())), indent=1) + "\n"
    (folder / ORIGIN).write_text(text, encoding="utf-8")


def _origin(folder: Path) -> dict[str, dict[str, str]]:
    try:
        known = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        return {str(name): {str(k): str(v) for k, v in entry.items()} for name, entry in known.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def newer_rules(schemas: Path) -> str:
    """A hint when this caseloom brings newer rules than those that a project was begun with; '' when it does not.

    ``schemas`` is the project's folder of rules. Files that were edited since and files that were not are told apart:
    of the latter nothing is lost when they are taken anew.
    """
    root, builtin = schemas.resolve().parent, builtin_schemas()
    plain: list[str] = []
    edited: list[str] = []
    versions: set[str] = set()
    for name, entry in _origin(root).items():
        ours, theirs = schemas / name, builtin / name
        if name.endswith(".yaml") and theirs.is_file() and _digest(theirs.read_bytes()) != entry.get("sha256"):
            same = ours.is_file() and _digest(ours.read_bytes()) == entry.get("sha256")
            if ours.is_file() and ours.read_bytes() != theirs.read_bytes():
                (plain if same else edited).append(name)
                versions.add(entry.get("caseloom", "?"))
    if not plain and not edited:
        return ""
    lines = [f"These rules were copied from caseloom {', '.join(sorted(versions))}; {__version__} has newer ones."]
    if plain:
        lines.append(f"Not edited by you: {', '.join(plain)}. Delete them and run `caseloom init {root} --force`.")
    if edited:
        lines.append(f"Edited by you: {', '.join(edited)}. The newer ones are in {builtin}.")
    return "\n".join(lines)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def own_schemas(given: Path | None) -> Path:
    """The folder of rules that may be written to: the one given, else that of the project in the working directory.

    Raises WrongFolder where there are only the rules that caseloom brings, and SchemaError for a folder without rules.
    """
    packed = Path(__file__).resolve().parent / "schemas"
    folder = find_schemas(given)
    own = given is not None or (Path("schemas") / "fields.yaml").is_file()
    if not own or folder.resolve() == packed:
        raise WrongFolder(
            f"{folder}: these are the rules that caseloom brings, and not to be changed. Begin a project with "
            "'caseloom init DIR' and write the rule there, or name a folder of your own with --schemas."
        )
    return folder


# --- other rules to compare with


@contextmanager
def other_schemas(name: str, own: Path) -> Iterator[Path]:
    """The folder of rules that a name stands for, as long as it is needed: a folder, ``built-in``, or a git revision
    (``HEAD``, a tag) of the folder ``own``.

    Raises WrongFolder when it is none of these.
    """
    if name == BUILT_IN:
        yield builtin_schemas()
    elif Path(name).is_dir():
        yield Path(name)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "schemas"
            _check_out(name, own, folder)
            yield folder


def _check_out(revision: str, own: Path, folder: Path) -> None:
    """Put the rules as git knows them at a revision into a new folder."""
    refused = f"{revision}: no folder of rules, not '{BUILT_IN}', and no git revision of {own}."
    if revision.startswith("-"):
        raise WrongFolder(refused)
    try:
        archive = ["git", "archive", "--format=tar", revision, "."]
        done = subprocess.run(archive, cwd=own, capture_output=True, check=False)
    except OSError:
        raise WrongFolder(f"{refused} (git is not installed.)") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise WrongFolder(f"{refused} git says: {reason[-1] if reason else 'nothing'}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")

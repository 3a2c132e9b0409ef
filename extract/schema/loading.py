"""schemas/*.yaml -> Schema: find the folder, read it strictly, say everything that is wrong with it at once.

What a clinician may edit is data; this module is the only reader of it. It knows the shape of each
file, not what the rules find: that is ``extract.find``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from extract.schema.crosschecks import FILES, SchemaFile, stray_files, whole_faults
from extract.schema.faults import shape_faults
from extract.schema.shapes import (
    AppraisalFile,
    Context,
    Fields,
    Part,
    RulesFile,
    ScalesFile,
    Schema,
    SectionsFile,
    UnitsFile,
)
from extract.schema.shapes.base import CHECKED
from extract.schema.yamlfile import Fault, read_yaml


class SchemaError(Exception):
    """schemas/ is wrong. ``faults`` holds one entry for each fault, ``errors`` the same as messages with file and
    line."""

    def __init__(self, faults: Iterable[Fault | str]) -> None:
        self.faults = [fault if isinstance(fault, Fault) else Fault("", 0, fault) for fault in faults]
        self.errors = [str(fault) for fault in self.faults]
        super().__init__("\n".join(self.errors))


SHAPES: dict[str, type[Part]] = {
    "fields": Fields,
    "scales": ScalesFile,
    "units": UnitsFile,
    "sections": SectionsFile,
    "context": Context,
    "rules": RulesFile,
    "appraisal": AppraisalFile,
}
"""The shape of each kind of file; appraisal is no rule and is read by ``extract.schema.appraisal``."""


def find_schemas(given: Path | None = None) -> Path:
    """The folder of schemas to use: the one given, ./schemas, the copy in the package, the one of the checkout.

    Raises SchemaError when the one given, or any at all, cannot be found.
    """
    if given is not None:
        if not (given / "fields.yaml").is_file():
            raise SchemaError(
                [f"{given}: no fields.yaml there. Give --schemas a folder that holds fields.yaml, or leave it out."]
            )
        return given
    own = Path("schemas")
    return own if (own / "fields.yaml").is_file() else builtin_schemas()


def builtin_schemas() -> Path:
    """The schemas that caseloom brings: the copy in the package, else those of the checkout. Raises SchemaError."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "schemas", here.parent / "schemas"):
        if (folder / "fields.yaml").is_file():
            return folder
    raise SchemaError(["no schemas found: neither ./schemas nor a copy in the package. Give --schemas DIR."])


def load_schema(folder: Path | None = None) -> Schema:
    """Read and check a folder of schemas (default: see ``find_schemas``).

    What was found in order is kept in the user's cache folder, so that the same files are read ten times faster the
    next time. Raises SchemaError with every fault found; rules are checked in shape here, their examples by
    ``extract.find``.
    """
    folder = find_schemas(folder)
    faults = list(stray_files(folder))
    files: dict[Path, bytes] = {}
    for path in [folder / f"{name}.yaml" for name in FILES] + sorted((folder / "rules").glob("*.yaml")):
        try:
            files[path] = path.read_bytes()
        except OSError as error:
            shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            missing = "Every schemas folder needs it." if path.parent == folder else "Make it readable, or remove it."
            faults.append(Fault(shown, 0, f"cannot be read ({error.strerror}). {missing}"))
    digest = _digest(files, folder)
    large = sum(map(len, files.values())) > 100_000  # small ones are read as fast as they are found again
    kept = _kept_as("schema", digest) if large else None
    if not faults and (known := _recall(kept, folder, digest)) is not None:
        return known
    schema = _check(folder, files, digest, faults)
    _keep(kept, schema)
    return schema


def _digest(files: Mapping[Path, bytes], folder: Path) -> str:
    """One digest for the names and bytes of all files."""
    digest = hashlib.sha256()
    for path, data in files.items():
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + data + b"\0")
    return digest.hexdigest()


def _check(folder: Path, files: dict[Path, bytes], digest: str, faults: list[Fault]) -> Schema:
    """The schema that some files make. Raises SchemaError with every fault, those already known first."""
    parts: dict[str, SchemaFile] = {}
    rules: list[SchemaFile] = []
    for path, data in files.items():
        kind = "rules" if path.parent.name == "rules" else path.stem
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        value, found = read_file(kind, data)
        faults += [fault._replace(file=shown) for fault in found]
        if value is not None:
            file = SchemaFile(shown, data, value, {})
            if kind == "rules":
                rules.append(file)
            else:
                parts[kind] = file
    if parts.keys() == set(FILES) and not faults:
        faults += whole_faults(parts, rules, builtin_fields())
    if faults:
        raise SchemaError(faults)
    fields, scales, units = parts["fields"].value, parts["scales"].value, parts["units"].value
    sections, context = parts["sections"].value, parts["context"].value
    assert isinstance(fields, Fields)
    assert isinstance(scales, ScalesFile)
    assert isinstance(units, UnitsFile)
    assert isinstance(sections, SectionsFile)
    assert isinstance(context, Context)
    return Schema(
        folder=str(folder),
        hash=digest,
        tables=fields.tables,
        signals=fields.signals,
        scales=scales.scales,
        units=units.units,
        sections=sections.sections,
        context=context,
        rules=tuple(rule for file in rules if isinstance(file.value, RulesFile) for rule in file.value.rules),
    )


@lru_cache(maxsize=64)
def read_file(kind: str, data: bytes) -> tuple[Part | None, tuple[Fault, ...]]:
    """What one file of a kind of ``SHAPES`` holds, and its faults; one without fault is kept as the whole is."""
    kept = _kept_as("file", hashlib.sha256(kind.encode() + b"\0" + data).hexdigest()) if len(data) > 10_000 else None
    if (body := _recall_body(kept)) is not None:
        try:
            return SHAPES[kind].model_validate_json(body, context=CHECKED), ()
        except ValueError:
            pass  # not what this program kept: read it anew
    read = read_yaml(data, "")
    if read.broken:
        return None, tuple(read.faults)
    faults = list(read.faults)
    lines = {fault.line for fault in faults}
    value: Part | None = None
    try:
        value = SHAPES[kind].model_validate(read.value)
    except ValidationError as error:
        found = shape_faults(error.errors(), SHAPES[kind], read.lines, "")
        faults += [fault for fault in found if fault.line not in lines]
    if faults or value is None:
        return None, tuple(sorted(faults))
    _keep(kept, value)
    return value, ()


def builtin_fields() -> Fields | None:
    """The tables of the program itself, whose columns it fills."""
    here = Path(__file__).resolve().parents[1]
    for path in (here / "schemas" / "fields.yaml", here.parent / "schemas" / "fields.yaml"):
        if path.is_file():
            value, _ = read_file("fields", path.read_bytes())
            return value if isinstance(value, Fields) else None
    return None


def cache_folder() -> Path:
    """Where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caseloom"


_KEPT = {"schema": 8, "file": 100}
"""So many checked schemas and files are kept; the ones not used for longest go first."""


@lru_cache(maxsize=1)
def _checker() -> str:
    """A digest of what checks: what another version of it found in order is not taken for granted."""
    here = Path(__file__).resolve().parent
    modules = [here / f"{name}.py" for name in ("loading", "crosschecks", "faults", "yamlfile", "yamlhelp")]
    digest = hashlib.sha256()
    for path in [*modules, *sorted((here / "shapes").glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _kept_as(what: str, digest: str) -> Path | None:
    """The file that holds something checked: named after its bytes and those of the modules that checked it."""
    try:
        return cache_folder() / f"{what}-{digest[:32]}-{_checker()}.json"
    except (OSError, RuntimeError):
        return None


def _recall_body(path: Path | None) -> bytes | None:
    """What was kept; None when there is nothing or it is not whole."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n") if path else (b"", b"", b"")
        if not body or seal.decode() != hashlib.sha256(body).hexdigest():
            return None
        if path:
            path.touch()
    except (OSError, ValueError):
        return None
    return body


def _recall(path: Path | None, folder: Path, digest: str) -> Schema | None:
    """A schema that was checked before."""
    body = _recall_body(path)
    try:
        schema = Schema.model_validate_json(body, context=CHECKED) if body is not None else None
    except ValueError:
        return None
    if schema is None or schema.hash != digest:
        return None
    return schema.model_copy(update={"folder": str(folder)})


def _keep(path: Path | None, value: Part) -> None:
    """Keep something checked for the next time; without a place to keep it it is checked again."""
    if path is None:
        return
    body = value.model_dump_json().encode()
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        part.replace(path)
        what = path.name.split("-")[0]
        old = sorted(path.parent.glob(f"{what}-*.json"), key=lambda file: file.stat().st_mtime)
        for file in old[: -_KEPT[what]]:
            file.unlink(missing_ok=True)
    except OSError:
        return

"""STORE: the work on one paper, from the first stage that is not kept: read it, find what it says, link that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from extract.model import CaseRecord, Document, Mention
from extract.read.failure import ReadFailure
from extract.schema import Schema
from extract.store.documents import document_from_bytes, document_to_bytes
from extract.store.folder import Store
from extract.store.keys import PARTS, Keys, chained, part_of
from extract.store.packing import Damaged, Header, Part, Stage, Told, make_part, open_part, pack
from extract.worker import tell_stage

SUFFIXES = ("", ".pdf", ".xml", ".nxml")
"""Ends of a name by which a file is taken for something; '' stands for all others."""

STAGES: tuple[Stage, ...] = ("read", "find", "link")
"""The stages in their order."""

MENTIONS: TypeAdapter[tuple[Mention, ...]] = TypeAdapter(tuple[Mention, ...])

Made = TypeVar("Made")


@dataclass(frozen=True)
class StagedWork:
    """What a guarded worker does with a paper, handed to it with the paper's sha256 as its name.

    It takes what ``store`` keeps and is still right, makes the rest, and puts the record into the store. What it gives
    is the record's header, packed; the whole record where there is no store, or none that can be written. ``anew``:
    take nothing that is kept.
    """

    store: Path | None
    keys: Keys
    ocr: bool = False
    anew: bool = False

    def elsewhere(self) -> StagedWork:
        """The same work on a machine that does not see the store."""
        return replace(self, store=None)

    def warm_up(self, schema: Schema) -> None:
        """Make ready what is shared by all workers."""
        from extract.pipeline import warm_up

        warm_up(_parts(schema)["find"])

    def __call__(self, path: Path, schema: Schema, sha256: str) -> bytes:
        """Raises ReadFailure; its reason is ``changed`` when the file does not have these bytes any more."""
        store = Store(self.store) if self.store else None
        header, kept = Header(sha256=sha256), dict[Stage, bytes]()
        if store and not self.anew:
            with suppress(FileNotFoundError, Damaged):
                header, kept = store.get(sha256)
        made, parts, mended = self._work(path, schema, sha256, header, kept)
        if store:
            try:
                if mended or made != header:
                    store.put(pack(made, parts))
                parts = {}
            except OSError:
                pass  # whoever gets the whole record tries again, and can say what is wrong
        return pack(made.model_copy(update={"mended": mended}), parts)

    def _work(
        self, path: Path, schema: Schema, sha256: str, header: Header, kept: dict[Stage, bytes]
    ) -> tuple[Header, dict[Stage, bytes], bool]:
        """The record's header, its parts, and whether a part that was kept turned out to be damaged."""
        from extract.find import find_mentions
        from extract.link import link_cases

        parts = _parts(schema)
        stages: dict[Stage, Part] = {}
        packed: dict[Stage, bytes] = {}
        damaged: list[Stage] = []

        def made(
            stage: Stage, load: Callable[[bytes], Made], dump: Callable[[Made], bytes], make: Callable[[], Made]
        ) -> Made:
            tell_stage(stage)
            part = header.stages.get(stage)
            key = wanted_key(stage, Header(sha256=sha256, stages=stages), self.keys, path)
            if part is not None and part.key == key:
                try:
                    found = load(open_part(part, kept.get(stage, b"")))
                    stages[stage], packed[stage] = part, kept[stage]
                    return found
                except (Damaged, ValidationError):
                    damaged.append(stage)
            new = make()
            stages[stage], packed[stage] = make_part(key, dump(new))
            return new

        document = made(
            "read",
            document_from_bytes,
            document_to_bytes,
            lambda: self._read(path, parts["read"], sha256),
        )
        mentions = made(
            "find",
            MENTIONS.validate_json,
            MENTIONS.dump_json,
            lambda: find_mentions(document, parts["find"], others=False),
        )
        case = made(
            "link",
            CaseRecord.model_validate_json,
            lambda new: new.model_dump_json().encode(),
            lambda: link_cases(document, mentions, parts["link"]),
        )
        return Header(sha256=sha256, stages=stages, told=told_of(case)), packed, bool(damaged)

    def _read(self, path: Path, schema: Schema, sha256: str) -> Document:
        from extract.read import read_document

        document = read_document(path, schema, name=path.stem, ocr=self.ocr)
        if document.sha256 != sha256:
            raise ReadFailure("changed", f"{path.name}: the file was changed while it was being read. Run it again.")
        return document.model_copy(update={"name": "", "file": ""})


def told_of(case: CaseRecord) -> Told:
    """What a record's header tells of its case record."""
    paper = case.paper
    return Told(
        status=paper.status,
        reason=paper.reason,
        pages=paper.pages,
        pages_without_text=paper.pages_without_text,
        patients=len(case.patients),
    )


def is_current(header: Header, keys: Keys, path: Path) -> bool:
    """Whether all stages of a paper's record are there and still right."""
    parts = header.stages
    return all(stage in parts and parts[stage].key == wanted_key(stage, header, keys, path) for stage in STAGES)


def wanted_key(stage: Stage, header: Header, keys: Keys, path: Path) -> str:
    """The key by which a stage of a paper would be made from the stages before it that its record holds; '' when it
    lacks one of them. What a file is taken for depends on how its name ends."""
    made = [header.stages.get(before) for before in STAGES[: STAGES.index(stage)]]
    if stage == "read":
        suffix = path.suffix.lower()
        return chained(keys.read, suffix if suffix in SUFFIXES else "")
    return chained(getattr(keys, stage), *(part.digest for part in made if part)) if all(made) else ""


def failure_key(stage: Stage, keys: Keys, path: Path) -> str:
    """By what the failure of a stage is known to come again: all that it and the stages before it depend on."""
    reading = wanted_key("read", Header(sha256=""), keys, path)
    return chained(reading, *keys[1 : STAGES.index(stage) + 1])


def _parts(schema: Schema) -> dict[Stage, Schema]:
    """The schema of each stage, made once."""
    if schema.hash not in _PARTS:
        _PARTS.clear()
        _PARTS[schema.hash] = {stage: part_of(schema, stage) for stage in PARTS}
    return _PARTS[schema.hash]


_PARTS: dict[str, dict[Stage, Schema]] = {}

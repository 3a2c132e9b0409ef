"""What goes into the files of a folder of schemas: tried in a copy of the folder before anything is written."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from extract.find.examples import check_examples
from extract.rulebook.yamltext import Insertion, append, insert
from extract.schema import Schema, SchemaError, load_schema

OWN = "rules/own.yaml"
"""The file for rules that belong to none of the others."""


NAMED = "# yaml-language-server: $schema=../json/rules.json\n"
"""The first line of a rules file: by it an editor completes and checks what is typed."""


class WrongRule(Exception):
    """A rule that cannot be written. The message says why, and what to give instead."""


class Addition(NamedTuple):
    """What goes into a file of the schemas, and what the file comes to."""

    file: str
    insertions: tuple[Insertion, ...]
    before: str
    after: str


def text_of_file(path: Path) -> str:
    """The text of a file with its own line ends."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def appended(folder: Path, file: str, lines: list[str]) -> Addition:
    """Lines at the end of a file, which is made when there is none."""
    block = "\n".join(lines) + "\n"
    if (folder / file).is_file():
        before = text_of_file(folder / file)
        insertions = (append(before, block),)
    else:
        before, insertions = "", (Insertion(0, f"{NAMED}# Rules of this project.\nrules:\n{block}"),)
    return Addition(file, insertions, before, insert(before, insertions))


def check_addition(folder: Path, addition: Addition) -> Schema:
    """The schema with the addition, tried in a copy of the folder. Raises WrongRule when anything fails."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.resolve().name
        shutil.copytree(folder, copy)
        (copy / addition.file).parent.mkdir(exist_ok=True)
        (copy / addition.file).write_text(addition.after, encoding="utf-8", newline="")
        try:
            schema = load_schema(copy)
        except SchemaError as error:
            raise WrongRule("\n".join([*error.errors, "Nothing was written."])) from None
    faults = check_examples(schema)
    if faults:
        count = f"{len(faults)} example{'' if len(faults) == 1 else 's'}"
        raise WrongRule("\n".join([*map(str, faults), f"With the new rule {count} would fail. Nothing was written."]))
    return schema


def shown(addition: Addition, folder: str) -> str:
    """What goes into a file, with the line from which it stands there."""
    parts = []
    grown = 0
    for place, text in sorted(addition.insertions):
        line = addition.before[:place].count("\n") + grown + 1 + (text.startswith("\n"))
        parts.append(f"{folder}/{addition.file}:{line}")
        parts += [f"  + {part}" for part in text.strip("\n").split("\n")]
        grown += text.count("\n")
    return "\n".join(parts)

#!/usr/bin/env python3
"""Follow the course of schemas/README.md to the letter, from an empty folder: its commands, its edits, what it says
that is shown.

usage: course.py     prints each step with its seconds
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "schemas" / "README.md"

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEW_FILE = re.compile(r"into a new file `([^`]+)`")
AT_END = re.compile(r"Add at the end of `([^`]+)`:$")
BELOW = re.compile(r"[Ii]n `([^`]+)`, below the line `([^`]+)`, add:$")
INSTEAD = re.compile(r"[Ii]n `([^`]+)`, write `([^`]+)` instead of `([^`]+)`")

ENDS = {"diff": 1}
"""Exit codes other than 0 that a command of the course ends with, as it says itself: here the tables differ."""


class Step(NamedTuple):
    """One thing to do: ``command`` runs ``text``; the others edit ``file``, at ``place``. ``shows`` is what the course
    says that a command shows."""

    kind: str
    text: str
    file: str = ""
    place: str = ""
    shows: tuple[str, ...] = ()


class Done(NamedTuple):
    """A step that was followed, what it printed and how long it took."""

    step: Step
    printed: str
    seconds: float


class CourseError(AssertionError):
    """The course cannot be followed as it is written."""


def steps(course: str) -> list[Step]:
    """All that the course tells its reader to do, in its order. Raises CourseError for a block without instruction."""
    out: list[Step] = []
    last = 0
    for fence in FENCE.finditer(course):
        before, (kind, body), last = course[last : fence.start()], fence.groups(), fence.end()
        told = " ".join(before.split())
        out += [Step("instead", new, file, old) for file, new, old in INSTEAD.findall(told)]
        if kind == "sh":
            out += [Step("command", line) for line in body.splitlines()]
        elif kind == "text":
            lines = tuple(line for line in body.splitlines() if line.strip() not in ("", "..."))
            out[-1] = out[-1]._replace(shows=lines)
        else:
            out.append(_edit(told, body))
    return out


def _edit(told: str, body: str) -> Step:
    if found := AT_END.search(told):
        return Step("end", body, found[1])
    if found := BELOW.search(told):
        return Step("below", body, found[1], found[2])
    if (found := NEW_FILE.search(told)) and told.endswith((":", "is a code:")):
        return Step("new", body, found[1])
    raise CourseError(f"nothing says where this belongs:\n{body}")


def follow(folder: Path) -> Iterator[Done]:
    """Do what the course says, step by step, beginning in an empty folder. Raises CourseError when a step fails."""
    where = folder
    for step in steps(COURSE.read_text(encoding="utf-8")):
        begin = time.perf_counter()
        printed = ""
        if step.kind != "command":
            change(where / step.file, step)
        elif step.text.startswith("cd "):
            where = where / step.text[3:]
        else:
            printed = run(step, where)
        yield Done(step, printed, time.perf_counter() - begin)


def change(file: Path, step: Step) -> None:
    """Edit a file as a reader would."""
    if step.kind == "new":
        if file.exists():
            raise CourseError(f"{file} is there already")
        file.write_text(step.text, encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    if step.kind == "end":
        file.write_text(text + step.text, encoding="utf-8")
    elif step.kind == "instead":
        if text.count(step.place) != 1:
            raise CourseError(f"{file}: '{step.place}' stands there {text.count(step.place)} times")
        file.write_text(text.replace(step.place, step.text), encoding="utf-8")
    else:
        lines = text.splitlines(keepends=True)
        places = [index for index, line in enumerate(lines) if line.strip().startswith(step.place)]
        if len(places) != 1:
            raise CourseError(f"{file}: {len(places)} lines begin with '{step.place}'")
        lines.insert(places[0] + 1, step.text)
        file.write_text("".join(lines), encoding="utf-8")


def run(step: Step, where: Path) -> str:
    """Run a command: what it printed, once that holds what the course shows."""
    words = shlex.split(step.text)
    if words[0] != "caseloom":
        raise CourseError(f"not a command of caseloom: {step.text}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "extract", *words[1:]],
        cwd=where, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    if done.returncode != ENDS.get(words[1], 0):
        raise CourseError(f"{step.text}: exit code {done.returncode}\n{printed}")
    lines = iter(printed.splitlines())
    for line in step.shows:
        if line not in lines:
            raise CourseError(f"{step.text}: the course shows {line!r}, but it printed\n{printed}")
    return printed


def main() -> int:
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, done in enumerate(follow(Path(folder)), 1):
            total += done.seconds
            what = done.step.text if done.step.kind == "command" else f"{done.step.kind}: {done.step.file}"
            print(f"{number:3d}  {done.seconds:6.1f} s  {what}")
    print(f"{number} steps, {total:.0f} seconds.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Ways to tamper with an output folder, one at a time, and where verify must find each.

``python tests/tampering.py OUTPUTS`` (from the root, with PYTHONPATH=.) tries them all on a copy of a folder that run
wrote, openly and with forged digests and baselines, and says which were found.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from extract.evidence.files import run_digest

Cells = list[list[str]]


def read(folder: Path, name: str) -> Cells:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(folder: Path, name: str, rows: Cells) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def row_where(rows: Cells, /, **wanted: str) -> int:
    """The first row whose cells are these ('*': anything but empty); rows count from 1, the header being row 1."""
    for at, row in enumerate(rows[1:], start=2):
        cells = dict(zip(rows[0], row, strict=True))
        if all(cells[name] == value or (value == "*" and cells[name]) for name, value in wanted.items()):
            return at
    raise LookupError(wanted)


def put(folder: Path, name: str, column: str, change: Callable[[str], str], /, **wanted: str) -> tuple[str, int, str]:
    """Change one cell; give its file, row and column."""
    rows = read(folder, name)
    at, place = row_where(rows, **wanted), rows[0].index(column)
    old = rows[at - 1][place]
    rows[at - 1][place] = change(old)
    assert rows[at - 1][place] != old, (name, column, old)
    write(folder, name, rows)
    return f"{name}.csv", at, column


def forge(folder: Path) -> None:
    """Make digests and baselines of what the tables are now, as one would who hides a change."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for name in run["digests"]:
        data = (folder / name).read_bytes()
        run["digests"][name] = hashlib.sha256(data).hexdigest()
        (folder / ".baseline" / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
        if name.removesuffix(".csv") in run["counts"]:
            run["counts"][name.removesuffix(".csv")] = len(read(folder, name.removesuffix(".csv"))) - 1
    run["digest"] = run_digest(run)
    (folder / "run.json").write_text(json.dumps(run, indent=2, ensure_ascii=False), encoding="utf-8")


class Tampering(NamedTuple):
    """One way: what it does to a folder, giving the cell that it changed (row 0: no one row). ``forged``: it is found
    also when digests and baselines are forged; ``named``: then that cell is named (else another one is)."""

    name: str
    do: Callable[[Path], tuple[str, int, str]]
    forged: bool = True
    named: bool = True


SCORE = {"table": "outcomes", "field": "value", "basis": "stated", "status": "reported", "page": "*"}


def _other_digit(text: str) -> str:
    """The text with its last digit changed."""
    at = max(i for i, letter in enumerate(text) if letter in "0123456789")
    return text[:at] + str((int(text[at]) + 3) % 10) + text[at + 1 :]


def _shifted(by: float) -> Callable[[str], str]:
    return lambda text: f"{float(text) + by:.2f}"


def _every_box(by: float) -> Callable[[str], str]:
    def change(text: str) -> str:
        parts = [part.split() for part in text.split("; ")]
        return "; ".join(
            f"{p} {x0} {float(top) + by:.2f} {x1} {float(bottom) + by:.2f}" for p, x0, top, x1, bottom in parts
        )

    return change


def _wider_box(text: str) -> str:
    page, x0, top, x1, bottom = text.split("; ")[0].split()
    return "; ".join([f"{page} {x0} {top} {x1} {float(bottom) + 14:.2f}", *text.split("; ")[1:]])


def _cell(
    name: str, column: str, change: Callable[[str], str], /, **wanted: str
) -> Callable[[Path], tuple[str, int, str]]:
    return lambda folder: put(folder, name, column, change, **(wanted or {column: "*"}))


def _to(text: str) -> Callable[[str], str]:
    return lambda _: text


def _delete_row(table: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        rows = read(folder, table)
        del rows[2]
        write(folder, table, rows)
        return f"{table}.csv", 0, ""

    return do


def _add_row(name: str, /, **changes: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        rows = read(folder, name)
        new = [changes.get(column, cell) for column, cell in zip(rows[0], rows[-1], strict=True)]
        write(folder, name, [*rows, new])
        return f"{name}.csv", len(rows) + 1, ""

    return do


def _swap_rows(name: str, /, **wanted: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        rows = read(folder, name)
        at = row_where(rows, **wanted)
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        write(folder, name, rows)
        return f"{name}.csv", 0, ""

    return do


def _reorder(table: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        write(folder, table, [[*row[1:], row[0]] for row in read(folder, table)])
        return f"{table}.csv", 0, ""

    return do


def _drop(table: str, column: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        rows = read(folder, table)
        at = rows[0].index(column)
        write(folder, table, [row[:at] + row[at + 1 :] for row in rows])
        return f"{table}.csv", 0, column

    return do


def _remove(file: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        (folder / file).unlink()
        return file, 0, ""

    return do


def _forget(name: str) -> Callable[[Path], tuple[str, int, str]]:
    """A table deleted with its baseline, and from run.json."""

    def do(folder: Path) -> tuple[str, int, str]:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        run["files"].remove(f"{name}.csv")
        del run["digests"][f"{name}.csv"]
        run["digest"] = run_digest(run)
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        (folder / f"{name}.csv").unlink()
        (folder / ".baseline" / f"{name}.csv.gz").unlink()
        return f"{name}.csv", 0, ""

    return do


def _without_digests(run: dict[str, object]) -> None:
    del run["digests"]
    run["digest"] = run_digest(run)


def _bytes(file: str, change: Callable[[bytes], bytes]) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        path = folder / file
        path.write_bytes(change(path.read_bytes()))
        return file, 0, ""

    return do


def _run(change: Callable[[dict[str, object]], None], column: str) -> Callable[[Path], tuple[str, int, str]]:
    def do(folder: Path) -> tuple[str, int, str]:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        change(run)
        (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        return "run.json", 0, column

    return do


def _consistently(folder: Path) -> tuple[str, int, str]:
    """A score changed wherever it is shown: in the trail, in its table, in what people read."""
    rows = read(folder, "values")
    at = row_where(rows, **SCORE)
    cells = dict(zip(rows[0], rows[at - 1], strict=True))
    new = _other_digit(cells["value"])
    for row in rows[1:]:
        if row[rows[0].index("value_id")] == cells["value_id"]:
            row[rows[0].index("value")] = new
    write(folder, "values", rows)
    put(folder, "outcomes", "value", _to(new), record=cells["record"])
    return "values.csv", at, "value"


TAMPERINGS: Sequence[Tampering] = (
    Tampering("a value in the trail", _cell("values", "value", _other_digit, **SCORE)),
    Tampering("a word of a value", _cell("values", "value", _to("other"), table="patients", field="sex")),
    Tampering("a figure in a quote", _cell("values", "quote", _other_digit, **SCORE)),
    Tampering(
        "a word left out of a quote",
        _cell("values", "quote", lambda t: t.split(" ", 1)[-1], **SCORE, where="narrative"),
    ),
    Tampering("a capital in a quote", _cell("values", "quote", str.swapcase, **SCORE, where="narrative")),
    Tampering("a page", _cell("values", "page", lambda t: "2" if t == "1" else "1", **SCORE)),
    Tampering("a page that is not there", _cell("values", "page", _to("99"), **SCORE)),
    Tampering("an edge of a box", _cell("values", "x0", _shifted(-40), **SCORE)),
    Tampering("the bottom of a box", _cell("values", "bottom", _shifted(15), **SCORE)),
    Tampering("boxes of a quote moved down", _cell("values", "quote_boxes", _every_box(60), **SCORE)),
    Tampering("a box of a quote made higher", _cell("values", "quote_boxes", _wider_box, **SCORE)),
    Tampering("boxes emptied", _cell("values", "quote_boxes", _to(""), **SCORE), named=False),
    Tampering("boxes that are no boxes", _cell("values", "quote_boxes", _to("here"), **SCORE)),
    Tampering("the words of a value", _cell("values", "as_written", _other_digit, **SCORE)),
    Tampering("a unit", _cell("values", "unit", _to("stone"), field="weight_kg", shown="yes")),
    Tampering("a rule", _cell("values", "rule", _to("scale:other"), **SCORE), forged=False),
    Tampering("a status", _cell("values", "status", _to("certain"), **SCORE)),
    Tampering("a basis", _cell("values", "basis", _to("derived"), **SCORE)),
    Tampering("what is shown", _cell("values", "shown", _to("no"), field="sex", shown="yes"), named=False),
    Tampering("an offset", _cell("values", "start", _shifted(7), **SCORE)),
    Tampering("a record in the trail", _cell("values", "record", _to("0123456789"), **SCORE)),
    Tampering("a document in the trail", _cell("values", "document", _to("nowhere"), **SCORE)),
    Tampering("a patient in the trail", _cell("values", "patient", _to("Z"), **SCORE)),
    Tampering("a score in its table", _cell("outcomes", "value", _other_digit), named=False),
    Tampering("the words of a row", _cell("outcomes", "as_written", _to("words")), named=False),
    Tampering("a sex", _cell("patients", "sex", _to("other")), named=False),
    Tampering("a dose", _cell("administrations", "dose_cells", lambda t: t + "0"), named=False),
    Tampering("a dose where none was", _cell("administrations", "volume_ml", _to("7"), volume_ml="")),
    Tampering("a cell emptied", _cell("therapies", "therapy", _to("")), named=False),
    Tampering("the number of a row", _cell("outcomes", "outcome", _to("9"))),
    Tampering("a record in a table", _cell("therapies", "record", _to("0123456789"))),
    Tampering("a cell of evidence", _cell("evidence", "outcomes", _other_digit)),
    Tampering("a review in evidence", _cell("evidence", "review", _to("reviewed"))),
    Tampering("a quote of a conflict", _cell("conflicts", "quote_a", _other_digit)),
    Tampering("a side of a conflict", _cell("conflicts", "value_b", _to("77"))),
    Tampering("a year", _cell("documents", "year", _other_digit), named=False),
    Tampering("the digest of a paper", _cell("documents", "sha256", lambda t: t[::-1]), named=False),
    Tampering("the pages of a paper", _cell("documents", "pages", lambda t: t + "0")),
    Tampering("how many patients were found", _cell("documents", "patients_found", lambda t: t + "0")),
    Tampering("a message", _cell("issues", "message", _to("All is well.")), forged=False),
    Tampering("a meaning", _cell("codebook", "meaning", _to("Nothing."))),
    Tampering("a value consistently", _consistently),
    Tampering("a row of the trail deleted", _delete_row("values"), named=False),
    Tampering("a row of a table deleted", _delete_row("outcomes"), named=False),
    Tampering("a row of the trail added", _add_row("values", value="3"), named=False),
    Tampering("a row of a table added", _add_row("adverse_events", event="fever", record="0123456789"), named=False),
    Tampering("rows of evidence swapped", _swap_rows("evidence", patient="*"), named=False),
    Tampering("rows of the trail swapped", _swap_rows("values", **SCORE), forged=False),
    Tampering("columns in another order", _reorder("patients"), forged=False),
    Tampering("a column dropped", _drop("outcomes", "measure"), named=False),
    Tampering("a table removed", _remove("therapies.csv"), forged=False),
    Tampering("a table removed and forgotten", _forget("overlaps"), forged=False),
    Tampering("digests removed", _run(_without_digests, "digests.values.csv"), forged=False),
    Tampering("a table cut off", _bytes("values.csv", lambda data: data[: len(data) // 2]), forged=False),
    Tampering("a table that is no text", _bytes("patients.csv", lambda data: b"\xff" + data), forged=False),
    Tampering("a baseline", _bytes(".baseline/values.csv.gz", lambda data: data[:-9]), forged=False),
    Tampering("run.json removed", _remove("run.json"), forged=False),
    Tampering("the time of the run", _run(lambda run: run.update(started="2001-01-01"), "digest"), forged=False),
    Tampering(
        "a count in run.json", _run(lambda run: run["counts"].update(patients=99), "counts.patients"), forged=False
    ),  # type: ignore[attr-defined]
    Tampering(
        "a digest in run.json",
        _run(lambda run: run["digests"].update({"values.csv": "0" * 64}), "digests.values.csv"),  # type: ignore[attr-defined]
        forged=False,
    ),
)


def main(outputs: Path) -> int:
    """Try every tampering on a copy of a folder; print what was found; 1 when one was not."""
    from extract.schema import load_schema
    from extract.verify import verify

    schema = load_schema()
    missed = 0
    for way in TAMPERINGS:
        for forged in (False, True) if way.forged else (False,):
            with tempfile.TemporaryDirectory() as work:
                copy = Path(work) / "out"
                shutil.copytree(outputs, copy)
                place = way.do(copy)
                if forged:
                    forge(copy)
                failures = verify(copy, schema, workers=2).failures
            named = [f for f in failures if (f.file, f.row, f.column) == place or (f.file == place[0] and not place[1])]
            missed += not failures
            state = "named" if named else "found" if failures else "MISSED"
            first = (named or failures)[0].line()[:150] if failures else ""
            print(f"{way.name:34} {'forged' if forged else 'open':7} {state:7} {len(failures):3}  {first}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

#!/usr/bin/env python3
"""Hold the development figures against the best ones so far: what was gained may not be lost.

usage: ratchet.py TOOLS [--raise]     run in the root of the repository, with caseloom on the PATH

TOOLS/figures.sh prints every figure as `name value`. benchmarks/figures.csv holds the values to keep. A figure that
falls by more than 0.002 and by more than one fact, or that is missing, fails the run. --raise writes the better values,
and figures that are new, into figures.csv; it never lowers one. Standard library only.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "figures.csv"
SLACK = 0.002

GOLD = {"sample": "corpus/sample/gold", "papers": "../gold"}
"""Where the gold of a set lies: from the root of the repository, or from the tools."""

ROW = re.compile(r"^(\w+) +(\d+) +(\d+) +(\d+) +\d\.\d+ +\d\.\d+ +\d\.\d+$", re.M)
PAIR = re.compile(r"(\d+)/(\d+) +(\d+)/ *(\d+)/ *(\d+) +(\d+)/(\d+) +\d+\.\d+$", re.M)


def main(arguments: list[str]) -> int:
    write = "--raise" in arguments
    places = [argument for argument in arguments if argument != "--raise"]
    if len(places) != 1 or not (Path(places[0]) / "figures.sh").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    tools = Path(places[0]).resolve()
    with tempfile.TemporaryDirectory() as work:
        script = [str(tools / "figures.sh"), work]
        printed = subprocess.run(script, stdout=subprocess.PIPE, text=True, check=False).stdout
        facts = count_facts(tools, Path(work))
    found = {name: value for name, value in map(str.split, printed.splitlines()) if value != "-"}
    kept = read_figures(KEPT)
    lost = compare(kept, {name: float(value) for name, value in found.items()}, facts)
    if write:
        write_figures(KEPT, better(kept, {name: float(value) for name, value in found.items()}))
    return 1 if lost else 0


def compare(kept: dict[str, float], found: dict[str, float], facts: dict[str, int]) -> list[str]:
    """Print every figure with its gain or loss; return the names of those that fell too far or are missing."""
    lost = []
    for name in sorted(kept | found):
        before, now = kept.get(name), found.get(name)
        if now is None:
            lost.append(name)
            print(f"{name:34s} {before:7.3f}       -  MISSING")
        elif before is None:
            print(f"{name:34s}       - {now:7.3f}  new")
        else:
            gain = before - now if lower_is_better(name) else now - before
            fell = -gain > slack(name, facts) + 1e-9
            if fell:
                lost.append(name)
            note = "LOST" if fell else "lost, within one fact" if gain < -SLACK else "gained" if gain > SLACK else ""
            print(f"{name:34s} {before:7.3f} {now:7.3f}  {gain:+.3f} {note}".rstrip())
    print(f"{len(lost)} of {len(kept)} figures fell or are missing" + (f": {', '.join(lost)}" if lost else ""))
    return lost


def better(kept: dict[str, float], found: dict[str, float]) -> dict[str, float]:
    """The better of two values for every figure."""
    out = dict(kept)
    for name, now in found.items():
        best = min if lower_is_better(name) else max
        out[name] = best(kept.get(name, now), now)
    return out


def lower_is_better(name: str) -> bool:
    """Whether a figure counts mistakes."""
    return name.endswith("false_rate")


def slack(name: str, facts: dict[str, int]) -> float:
    """How far a figure may fall: 0.002, or what one fact weighs when that is more."""
    return max(SLACK, 1 / facts[name] if facts.get(name) else 0)


def count_facts(tools: Path, work: Path) -> dict[str, int]:
    """How many facts each figure rests on, from what the scorers say of the same output; unknown ones are left out."""
    facts: dict[str, int] = {}
    for name, gold in GOLD.items():
        folder = tools / gold if gold.startswith("..") else Path(gold)
        scorer = [sys.executable, str(tools / "score_gold.py"), str(work / name), str(folder)]
        if (work / name / "documents.csv").exists():
            text = subprocess.run(scorer, stdout=subprocess.PIPE, text=True, check=False).stdout
            facts |= facts_of(name, text)
    for name, file in (("phrases", "phrases.txt"), ("reading", "reading.txt")):
        if (work / file).exists():
            facts |= facts_of(name, (work / file).read_text(encoding="utf-8"))
    return facts


def facts_of(name: str, text: str) -> dict[str, int]:
    """The numbers of facts in what one scorer prints. An F1 rests on what was asked for and what was found."""
    facts: dict[str, int] = {}
    if name == "reading":
        rows = [tuple(map(int, row)) for row in PAIR.findall(text)]
        facts["reading_powers"] = sum(row[1] for row in rows)
        facts["reading_cells"] = sum(row[4] for row in rows)
        facts["reading_section"] = sum(row[6] for row in rows)
        return facts
    total = 0
    for field, hit, _, missed in ROW.findall(text):
        asked = int(hit) + int(missed)
        facts[f"{name}_{field}"] = asked
        total += 0 if field.startswith("x_") else asked
    if "conflict" in text:
        facts[f"{name}_conflict_recall"] = facts.pop(f"{name}_conflict", 0)
    facts[f"{name}_micro_f1"] = total
    for figure, pattern in (("items", r"fully right \d+/(\d+)"), ("false_rate", r"extraction on \d+/(\d+)")):
        if match := re.search(pattern, text):
            facts[f"{name}_{figure}"] = int(match[1])
    return facts


def read_figures(path: Path) -> dict[str, float]:
    """The figures to keep, by name; none when there is no file yet."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


def write_figures(path: Path, figures: dict[str, float]) -> None:
    """Write figures sorted by name, with three decimals as the scorers print them."""
    lines = ["name,value", *(f"{name},{value:.3f}" for name, value in sorted(figures.items()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

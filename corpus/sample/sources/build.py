#!/usr/bin/env python3
"""Typeset the sample papers: every source whose name starts with two digits becomes ../<stem>.pdf.

usage: build.py [--check] [FOLDER]     FOLDER holds sources (default: this one)
--check writes nothing, compares bytes and exits 1 when a PDF differs or is missing.
Needs the package `typst` from PyPI. Only typst's own bundled fonts are used, so the bytes are the same everywhere.
"""

import sys
from pathlib import Path

import typst

SOURCES = Path(__file__).resolve().parent
FONTS = typst.Fonts(include_system_fonts=False)


def compile_paper(source: Path) -> bytes:
    return typst.compile(str(source), root=str(source.parent), font_paths=FONTS)


def main(arguments: list[str]) -> int:
    folders = [argument for argument in arguments if argument != "--check"]
    if len(folders) > 1 or not all(Path(folder).is_dir() for folder in folders):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    check = "--check" in arguments
    sources = Path(folders[0]).resolve() if folders else SOURCES
    different = 0
    for source in sorted(sources.glob("[0-9][0-9]*.typ")):
        target = sources.parent / f"{source.stem}.pdf"
        pdf = compile_paper(source)
        if not check:
            target.write_bytes(pdf)
            print(f"{target.name}: written, {len(pdf)} bytes")
        elif not target.exists() or target.read_bytes() != pdf:
            print(f"{target.name}: differs from its source", file=sys.stderr)
            different += 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

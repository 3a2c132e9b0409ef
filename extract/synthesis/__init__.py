"""SYNTHESIS: from the CSV files of an output folder to what a review prints.

Nothing here reads a paper: everything is made from the tables of a run, the scales of schemas/scales.yaml, and where
they are given a file of decisions on whole papers (corpus/manifest.csv) and one of references (BibTeX, RIS).
"""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = {"bibtexparser": "bibtexparser", "docx": "python-docx", "matplotlib": "matplotlib", "rispy": "rispy"}
"""What the extra ``report`` brings beyond the base: module and distribution."""


class MissingExtra(Exception):
    """A report was asked for without the packages that it needs."""


def require_extra() -> None:
    """Raises MissingExtra, with what to do, when a package of the extra ``report`` is not installed."""
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise MissingExtra(f'a report needs {", ".join(missing)}: pip install "caseloom[report]"')

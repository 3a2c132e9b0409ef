"""DIFF: two output folders -> the values won, lost and changed, with the words and rules behind them."""

from extract.diff.changes import Change, Diff, PaperChange
from extract.diff.compare import compare_outputs
from extract.diff.figures import Gains, compare_scores
from extract.diff.files import as_json, write_diff
from extract.diff.folder import Place, WrongUse
from extract.diff.page import diff_page
from extract.diff.show import as_text

__all__ = [
    "Change",
    "Diff",
    "Gains",
    "PaperChange",
    "Place",
    "WrongUse",
    "as_json",
    "as_text",
    "compare_outputs",
    "compare_scores",
    "diff_page",
    "write_diff",
]

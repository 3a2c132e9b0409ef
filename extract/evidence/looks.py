"""EVIDENCE: how the cells of evidence.xlsx look, and what its sheet ``about`` says."""

from __future__ import annotations

from typing import Any

COLOURS: dict[str, dict[str, object]] = {
    "conflict": {"bg_color": "#FCE1DD", "font_color": "#611710"},
    "ambiguous": {"bg_color": "#FFF3CF", "font_color": "#533E05"},
    "reviewed": {"bg_color": "#DDF0DF", "font_color": "#14421B"},
    "derived": {"italic": True, "font_color": "#4A5B70"},
}
"""How a cell shows what became of its value."""

ABOUT = (
    ("Reading", "", ""),
    ("evidence", "One row for each patient who received cells: the sheet to begin with.", ""),
    ("The other sheets", "What stands behind it, one row for each thing that was observed. The sheet codebook explains "
     "their columns. An empty cell means not reported: never zero, never no.", ""),
    ("values", "Where each value stands in its paper: quote, page, rule.", ""),
    ("page", "A number of a page that is a link opens the picture of that page (in the folder pages beside this file); "
     "the name of a document opens its page in review.html.", ""),
    ("Colours", "", ""),
    ("conflict", "The paper contradicts itself about this; both statements stand in the sheet conflicts.", "conflict"),
    ("ambiguous", "There are several candidates and no reason to choose; they stand in the sheet values.", "ambiguous"),
    ("reviewed", "A person has decided on this value.", "reviewed"),
    ("derived", "Computed from what is printed; the formula stands in the sheet values.", "derived"),
    ("Correcting", "", ""),
    ("A wrong value", "Type the right one over it. Delete it when the paper does not say it.", ""),
    ("A missing value", "Type it into the empty cell, and the words of the paper into the column words.", ""),
    ("A whole row", "Choose in the column review: accept (all its values stand), reject (the paper does not say this), "
     "absent (what is empty is not in the paper: you have looked).", ""),
    ("A conflict", "Choose a or b in the sheet conflicts.", ""),
    ("Why", "The column why is for your reasons. They are kept with the decision.", ""),
    ("Then", "Save the file and run: caseloom review import evidence.xlsx --reviewer YOUR-NAME. The next run of "
     "caseloom applies what you decided. Rows may be sorted and filtered; leave the hidden columns as they are.", ""),
)  # fmt: skip
"""Name, text and colour of each line; a line without text is a heading."""

_BASE = {"valign": "top", "text_wrap": True, "font_name": "Calibri", "font_size": 10}


class Looks:
    """The formats of one workbook, each made once. ``own`` is a cell in which a person writes, ``link`` one that leads
    somewhere."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._cells: dict[tuple[str, int], Any] = {}
        self.own = self._look(bg_color="#FFFBEF")
        self.link = self._look(font_color="#0B5394", underline=1)

    def _look(self, **properties: object) -> Any:
        return self._book.add_format({**_BASE, **properties})

    def head(self, *, own: bool = False) -> Any:
        """A title of a column; ``own`` are those that are not data."""
        colour = "#6B4E16" if own else "#2F4858"
        return self._look(bold=True, font_color="#FFFFFF", bg_color=colour, border=1, border_color="#D0D5DA")

    def cell(self, mark: str = "", places: int = -1) -> Any:
        """A cell with its colour (a key of COLOURS or ''); ``places`` after the point of a number, -1 for text."""
        key = (mark, places)
        if key not in self._cells:
            number: dict[str, Any] = (
                {"num_format": "0." + "0" * places if places else "0", "align": "right", "indent": 1}
                if places >= 0
                else {}
            )
            self._cells[key] = self._look(**COLOURS.get(mark, {}), **number)
        return self._cells[key]

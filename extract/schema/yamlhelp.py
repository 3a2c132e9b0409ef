"""What a person most likely meant where a file is no YAML: the line to look at, and what to do, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import yaml

_SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
_ODD_SPACE = re.compile(rf"^[ \t]*(?:- *)*[{_SPACES}]|^\s*(?:- *)*[\w.-]+[{_SPACES}]*:[{_SPACES}]|^\s*-[{_SPACES}]")
_KEY = re.compile(r"^\s*(?:- +)*(?P<key>[\w.-]+)\s*:(?:\s+(?P<value>.*))?$")
_CLOSED = re.compile(r"""["']\s*$""")


def rows_of(text: str) -> list[str]:
    """The lines of a file as YAML counts them."""
    return re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)


def odd_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines whose spaces are none for YAML: tabs and spaces of word processors."""
    for number, row in enumerate(rows_of(text), 1):
        if re.match(r" *\t\s*[^\s#]", row):
            yield number, "the line begins with a tab. YAML takes only spaces: put spaces there, as many as above it."
        elif _ODD_SPACE.match(row):
            yield (
                number,
                (
                    "a non-breaking space stands where YAML needs an ordinary one (it came with a copied text). "
                    "Type the spaces before the text, or after : and -, anew."
                ),
            )


class Failure(NamedTuple):
    """Where YAML gave up: what it says, the line and column (from 0), where the thing it was reading begins."""

    problem: str
    line: int
    column: int
    begun: int
    doing: str
    rows: list[str]
    text: str

    @property
    def row(self) -> str:
        return self.rows[self.line] if self.line < len(self.rows) else ""

    @property
    def rest(self) -> str:
        """The row from where it gave up."""
        return self.row[self.column :]


def explain_failure(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line (from 1) of a failure to read YAML, and what to do about it."""
    rows = rows_of(text)
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    begun = context.line if context else line
    doing = str(getattr(error, "context", "") or "")
    failure = Failure(str(getattr(error, "problem", "") or ""), line, column, begun, doing, rows, text)
    where, said = next(
        (explain(failure) for words, explain in _EXPLAIN if words in failure.problem or words in doing),
        (line, "this cannot be read. Compare its indentation, colons and quotes with the lines around it."),
    )
    at = rows[where] if where < len(rows) else ""
    if re.search("[“”„]", at) and "straight" not in said:
        said += ' “ and ” are no quotes for YAML: write straight ones, ".'
    return where + 1, said


def _quoted(text: str) -> str:
    plain = text.strip().strip("\"'“”‘’").replace('"', "'")
    return f'"{plain if len(plain) <= 60 else plain[:57] + "..."}"'


def _no_token(failure: Failure) -> tuple[int, str]:
    sign = failure.rest[:1]
    if sign == "\t":
        return failure.line, "a tab stands here. YAML takes only spaces: put spaces there."
    return failure.line, f"text that begins with {sign} must stand in quotes: {_quoted(failure.rest)}."


def _alias(failure: Failure) -> tuple[int, str]:
    name = re.match(r"\*?[\w-]+", failure.rest)
    return failure.line, (
        f"text that begins with * must stand in quotes: {_quoted(failure.rest)}. "
        f"(To YAML {name[0] if name else '*'} asks for a list that was named with & before; there is none.)"
    )


def _name_sign(failure: Failure) -> tuple[int, str]:
    row = failure.rows[failure.begun]
    text = re.search(r"[*&].*", row)
    return failure.begun, f"text that begins with * or & must stand in quotes: {_quoted(text[0] if text else row)}."


def _escape(failure: Failure) -> tuple[int, str]:
    return failure.line, (
        'in double quotes a backslash must be doubled ("\\\\bcells"). Simpler: put the text in single quotes: '
        "'\\bcells'."
    )


def _open_quote(failure: Failure) -> tuple[int, str]:
    return failure.begun, "the quote that opens on this line is never closed. Close it at the end of the text."


def _no_colon(failure: Failure) -> tuple[int, str]:
    row = failure.rows[failure.begun].strip()
    if re.match(r"(?:- +)?[\w.-]+:\S", row):
        return failure.begun, _no_space(row)
    words = re.match(r"(?:- +)?(?P<key>\w+)\s+(?P<value>.+)", row)
    if words:
        return failure.begun, f"a colon is missing after the key. Did you mean '{words['key']}: {words['value']}'?"
    return failure.begun, f"a colon is missing after {row!r}, or a quote or - before it."


def _no_space(row: str) -> str:
    return f"a space is missing after the colon: '{re.sub(r':(?=.)', ': ', row.strip(), count=1)}'."


def _second_colon(failure: Failure) -> tuple[int, str]:
    row = failure.row
    key = _KEY.match(row)
    if key and key["value"] and failure.column > key.start("value"):
        return failure.line, (
            "the text holds a colon followed by a space. Put the whole text in quotes: "
            f"{key['key']}: {_quoted(key['value'])}."
        )
    item = re.match(r"\s*- +(?P<text>[^\s\"'].*)", row)
    if item and not key:
        return failure.line, f"the text holds a colon. Put all of it in quotes: - {_quoted(item['text'])}."
    above = _above(failure, failure.line)
    before = failure.rows[above]
    if re.match(r"\s*(?:- +)*[\w.-]+:[^\s]", before):
        return above, _no_space(before)
    words = re.match(r"\s*(?:- +)?(?P<key>\w+)\s+(?P<value>[^:]+)$", before)
    if words:
        return above, f"a colon is missing after the key. Did you mean '{words['key']}: {words['value']}'?"
    return _wrong_indent(failure)


def _above(failure: Failure, line: int) -> int:
    """The last line before one that is neither empty nor a remark."""
    for number in range(min(line, len(failure.rows)) - 1, -1, -1):
        if failure.rows[number].strip() and not failure.rows[number].lstrip().startswith("#"):
            return number
    return 0


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))


def _wrong_indent(failure: Failure) -> tuple[int, str]:
    here = _indent(failure.row)
    above = failure.rows[_above(failure, failure.line)]
    keys = re.match(r"\s*(?:- +)?", above)
    level = keys.end() if keys else _indent(above)
    return failure.line, (
        f"wrong indentation: this line begins after {here} space{'' if here == 1 else 's'}, the line above it after "
        f"{level}. Lines of one entry begin at the same place; what belongs under a key begins two spaces further on."
    )


def _no_dash(failure: Failure) -> tuple[int, str]:
    """Within a list something stands that begins no entry of it."""
    if (closed := _after_its_end(failure)) is not None:
        return closed
    dash = _indent(failure.rows[failure.begun])
    here = _indent(failure.row)
    outer = next(
        (
            f"; if it belongs with '{key['key']}' (line {number + 1}), begin it after {_indent(failure.rows[number])}"
            for number in range(failure.line - 1, -1, -1)
            if (key := _KEY.match(failure.rows[number])) and _indent(failure.rows[number]) < dash
        ),
        "",
    )
    return failure.line, (
        f"this line begins after {here} spaces, the '- ' of its list (line {failure.begun + 1}) after {dash}. If a new "
        f"entry begins here, put '- ' before it, after {dash} spaces; if it belongs to the entry above, begin it after "
        f"{dash + 2}{outer}."
    )


_LONG = "the quote that opens on this line is closed only further down: its end is missing. Close it."


def _after_its_end(failure: Failure) -> tuple[int, str] | None:
    """Where reading failed because a quoted or bracketed text goes on behind its end; None when it did not."""
    opened = _long_quote(failure)
    if opened is not None:
        return opened, _LONG
    before = failure.row[: failure.column]
    if re.search(r"[\]}]\s*$", before) and failure.rest[:1] not in ("]", "}", ""):
        value = _KEY.match(failure.row)
        begin = value["value"] if value and value["value"] else failure.row.strip().removeprefix("- ")
        return failure.line, f"text that begins with [ or {{ must stand in quotes: {_quoted(begin)}."
    if failure.rest[:1] in ("]", "}"):
        return failure.line, f"a {failure.rest[0]} closes what was never opened. Remove it, or put the text in quotes."
    if _CLOSED.search(before):
        return failure.line, (
            "the text goes on after its closing quote. An apostrophe or quote within the text needs the other kind "
            'of quotes around it: "Crohn\'s disease", \'the "itch" score\'.'
        )
    return None


def _first_without_dash(failure: Failure) -> int | None:
    """The first line under the key above a '- ', when it begins further right and has none itself."""
    first = None
    for number in range(failure.line - 1, -1, -1):
        row = failure.rows[number]
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if _indent(row) == failure.column > 0 and _KEY.match(row):
            return number
        if _indent(row) <= failure.column:
            return first if row.rstrip().endswith(":") else None
        first = None if row.lstrip().startswith("-") else number
    return None


def _no_key(failure: Failure) -> tuple[int, str]:
    if (closed := _after_its_end(failure)) is not None:
        return closed
    if re.match(r"-(\s|$)", failure.rest):
        if (first := _first_without_dash(failure)) is not None:
            return first, (
                f"'- ' is missing before '{failure.rows[first].strip()}': each entry of a list begins with it, as on "
                f"line {failure.line + 1}. Put it after {failure.column} spaces."
            )
        return failure.line, (
            "a list begins here, where a key belongs. Indent the '- ' under the key it belongs to, and write nothing "
            "after that key's colon."
        )
    return _wrong_indent(failure)


def _long_quote(failure: Failure) -> int | None:
    """The line on which a quoted text begins that ends, on another line, where reading failed."""
    last = None
    try:
        for token in yaml.scan(failure.text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken) and token.style in ('"', "'"):
                last = token
            if token.start_mark.line > failure.line:
                break
    except yaml.YAMLError:
        pass
    if last is not None and last.start_mark.line < last.end_mark.line == failure.line:
        return int(last.start_mark.line)
    return None


def _lost_to_comment(failure: Failure) -> int | None:
    """The line on which a # cut off the rest of a text in brackets."""
    for number in range(failure.begun, min(failure.line, len(failure.rows) - 1) + 1):
        if re.search(r"\s#", failure.rows[number]):
            return number
    return None


_CUT = (
    "what stands after # is a comment, so that the closing bracket is lost. If # belongs to the text, put the text in "
    "quotes."
)


def _in_brackets(failure: Failure) -> tuple[int, str]:
    begin, end = failure.begun, min(failure.line, len(failure.rows) - 1)
    if (cut := _lost_to_comment(failure)) is not None:
        return cut, _CUT
    sign = "]" if "]" in failure.problem else "}"
    opening = "[" if sign == "]" else "{"
    if failure.rest.strip() and (end == begin or sign in failure.rest):
        if failure.rest[:1] not in ("]", "}") and (closed := _after_its_end(failure)) is not None:
            return closed
        if failure.rest[:1] in ("[", "{", ":"):
            return failure.line, f"within {opening} {sign} a text that holds [ ] {{ }} , or : must stand in quotes."
    opened = _long_quote(failure)
    if opened is not None:
        return opened, _LONG
    return begin, f"the {opening} that opens on this line is not closed. Put {sign} at the end of it."


def _block_text(failure: Failure) -> tuple[int, str]:
    row = failure.rows[failure.begun]
    key = _KEY.match(row)
    said = key["value"] if key and key["value"] else row.strip().removeprefix("- ")
    return failure.begun, f"text that begins with | or > must stand in quotes: {_quoted(said)}."


def _dash_after_colon(failure: Failure) -> tuple[int, str]:
    return failure.line, (
        "a '- ' stands behind the colon. Text that begins with - must stand in quotes; a list begins on the next line, "
        "or is written in brackets: [one, two]."
    )


def _two_beginnings(failure: Failure) -> tuple[int, str]:
    first = next((n for n, row in enumerate(failure.rows) if row.strip() and not row.lstrip().startswith("#")), 0)
    return failure.line, (
        f"this line begins further left than the first one (line {first + 1}), which is indented. Begin both at the "
        "same place."
    )


def _two_documents(failure: Failure) -> tuple[int, str]:
    return failure.line, "--- begins a second file within this one. Remove the line."


def _no_content(failure: Failure) -> tuple[int, str]:
    for line in (failure.line - 1, failure.line):
        row = failure.rows[line] if 0 <= line < len(failure.rows) else ""
        if re.search(r"[\[{][^\]}]*\s#", row):
            return line, _CUT
    if re.match(r"-(\s|$)", failure.rest):
        return _dash_after_colon(failure)
    return failure.line, "nothing stands here where something belongs. Remove the spare comma or bracket."


_EXPLAIN: tuple[tuple[str, Callable[[Failure], tuple[int, str]]], ...] = (
    ("cannot start any token", _no_token),
    ("undefined alias", _alias),
    ("scanning an alias", _name_sign),
    ("scanning an anchor", _name_sign),
    ("unknown escape", _escape),
    ("scanning a quoted scalar", _open_quote),
    ("parsing a quoted scalar", _open_quote),
    ("double-quoted scalar", _open_quote),
    ("could not find expected ':'", _no_colon),
    ("mapping values are not allowed", _second_colon),
    ("scanning a block scalar", _block_text),
    ("sequence entries are not allowed", _dash_after_colon),
    ("expected '-' indicator", _no_dash),
    ("flow sequence", _in_brackets),
    ("flow mapping", _in_brackets),
    ("expected key", _no_key),
    ("document start", _two_beginnings),
    ("another document", _two_documents),
    ("node content", _no_content),
)
"""What YAML says, and what makes it plain; the first that fits counts."""

"""READ, the parts of a paper: which section a heading opens, and which section each block stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from extract.model import Section

if TYPE_CHECKING:
    from extract.schema import Schema

_NUMBERING = re.compile(
    r"^\s*(?:(?:section|chapter|part)\s+)?(?:\(?(?:\d{1,2}(?:\.\d{1,2}){0,4}|[IVX]{1,5}|[A-H])[.)]\s*|\d{1,2}(?:\.\d{1,2}){0,4}\.?\s+"
    r"|[IVX]{1,5}\s+(?=[A-Z]))(?=[^\W\d])|^[■□▪●•►▶★|\s]+",
    re.I,
)
_NUMBERED = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[^\W\d_]")
_ENDS = re.compile(r"[\s.:;,–—|*†-]+$")
_HEAD = re.compile(r"\s*(?::|\s[–—-]|[–—]|\.\s)\s*")
_CASE_MARK = r"(?:\d{1,2}|[a-z]|[ivx]{1,5}|one|two|three|four|five|six|seven|eight|nine|ten)"
_LABELS: frozenset[Section] = frozenset(("introduction", "methods", "results", "case", "discussion", "conclusion"))
_GOES_ON: frozenset[Section] = frozenset(("methods", "results", "case", "discussion"))


class Heading(NamedTuple):
    """A heading as far as sections need it.

    ``rank`` grows with how strongly it is set: (size, bold, capitals). ``run_in`` is set when it opens a paragraph
    instead of standing on a line of its own; ``words`` counts the words of text that follow it up to the next one.
    """

    title: str
    rank: tuple[float, int, int]
    run_in: bool = False


class Place(NamedTuple):
    """Where a block stands: its section, the headings above it, and for a heading its level from 1."""

    section: Section
    headings: tuple[str, ...]
    level: int = 0


class _Titles(NamedTuple):
    exact: dict[str, Section]
    patterns: tuple[tuple[re.Pattern[str], bool, Section], ...]


_at_hand: tuple[tuple[object, ...], _Titles] = ((), _Titles({}, ()))


@lru_cache(maxsize=1024)
def normalise(title: str) -> str:
    """A heading as it is compared: lower case, no numbering, no punctuation; apostrophes dropped."""
    text = _NUMBERING.sub("", title.strip())
    text = _ENDS.sub("", text).lower()
    text = re.sub(r"['’`]", "", text)
    text = re.sub(r"[^\w&/#*-]+", " ", text)
    spaced = text.replace(" ", "")
    if len(text) == 2 * len(spaced) - 1 and len(spaced) > 5:
        return spaced  # A B S T R A C T
    return " ".join(text.split())


def find_section(title: str, schema: Schema, *, exact: bool = False) -> Section | None:
    """The section that a title opens by the words of schemas/sections.yaml, or None.

    ``exact`` leaves out titles with ``*``: use it for a line that only might be a heading.
    """
    titles = _titles_of(schema)
    whole = normalise(title)
    if not whole:
        return None
    head = normalise(_HEAD.split(_NUMBERING.sub("", title.strip()), maxsplit=1)[0])
    for text in (whole, head) if not exact else (whole,):
        found = titles.exact.get(text)
        if found:
            return found
    for pattern, loose, section in titles.patterns:
        if loose and exact:
            continue
        if pattern.fullmatch(whole) or (not loose and not exact and pattern.fullmatch(head)):
            return section
    return None


def _titles_of(schema: Schema) -> _Titles:
    """The titles of a schema, made ready; those of the last one asked for are at hand (to hash one takes long)."""
    global _at_hand
    rules, titles = _at_hand
    if rules is not schema.sections:
        titles = _compiled(schema.sections)
        _at_hand = schema.sections, titles
    return titles


@lru_cache(maxsize=8)
def _compiled(rules: tuple[object, ...]) -> _Titles:
    exact: dict[str, Section] = {}
    patterns: list[tuple[re.Pattern[str], bool, Section]] = []
    for rule in rules:
        section: Section = rule.section  # type: ignore[attr-defined]
        for title in rule.titles:  # type: ignore[attr-defined]
            text = normalise(title)
            if "*" in title or "#" in title:
                source = (
                    re.escape(title.lower())
                    .replace(r"\ \*", "(?: .*)?")
                    .replace(r"\*\ ", "(?:.* )?")
                    .replace(r"\*", r"\w*")
                )
                patterns.append((re.compile(source.replace(r"\#", _CASE_MARK)), "*" in title, section))
            else:
                exact.setdefault(text, section)
    return _Titles(exact, tuple(patterns))


class Part(NamedTuple):
    """What sections are decided from, one for each block: the heading that it is or opens with, how many words of text
    it has (or what counts them: few blocks are asked), and whether these are as large as most of the paper's."""

    heading: Heading | None
    counted: int | Callable[[], int]
    is_body: bool = True

    @property
    def words(self) -> int:
        """How many words of text it has."""
        return self.counted if isinstance(self.counted, int) else self.counted()


def place_parts(parts: Sequence[Part], schema: Schema) -> list[Place]:
    """The section and headings of each block of a paper, in the order of its text."""
    found = [find_section(part.heading.title, schema) if part.heading else None for part in parts]
    return _Placer(parts, found).places()


class _Placer:
    """Walks through the blocks with the headings in force: (rank, title, section) from the outermost."""

    def __init__(self, parts: Sequence[Part], found: Sequence[Section | None]) -> None:
        self.parts = parts
        self.found = found
        self.stack: list[tuple[tuple[float, int, int], str, Section | None, int]] = []
        self.section: Section = "other"
        self.abstract_rank: tuple[float, int, int] | None = None
        self.after_abstract = False
        self.run_in_case = ""

    def places(self) -> list[Place]:
        implicit = self._implicit_abstract()
        out: list[Place] = []
        for index, part in enumerate(self.parts):
            if part.heading is None:
                if index in implicit:
                    out.append(Place("abstract", ()))
                    continue
                if self.after_abstract and self.section == "abstract" and part.is_body and part.words > 30:
                    self.section = "introduction"
                    self.stack.clear()
                out.append(Place(self.section, self._titles()))
            elif part.heading.run_in:
                out.append(self._run_in(index, part.heading, index in implicit))
            else:
                out.append(self._heading(index, part.heading))
        return out

    def _titles(self) -> tuple[str, ...]:
        titles = tuple(title for _, title, _, _ in self.stack)
        return (*titles, self.run_in_case) if self.run_in_case else titles

    def _run_in(self, index: int, heading: Heading, implicit: bool) -> Place:
        section = self.found[index]
        title = _ENDS.sub("", heading.title)
        if implicit:
            return Place("abstract", (title,))
        if section == "abstract" and self.section in ("other", "abstract"):
            self.section, self.stack = "abstract", [(heading.rank, title, "abstract", 1)]
            self.abstract_rank = None
            self.after_abstract = self.parts[index].words > 40  # it stands whole behind its title
            return Place("abstract", (title,))
        if self.section == "abstract":
            if section == "other" or (section is None and normalise(title) in ("keywords", "key words")):
                self.after_abstract = True
                return Place("other", (title,))
            return Place("abstract", (*self._titles(), title))
        if section is None or section in ("abstract", "other"):
            return Place("other" if section == "other" else self.section, (*self._titles(), title))
        if re.search(rf"\b{_CASE_MARK}$", normalise(title)) and section == "case":
            self.run_in_case = title
            if self.section in ("other", "introduction", "abstract"):
                self.section = "case"
            return Place(self.section, self._titles())
        inside = any(s not in (None, "other") for _, _, s, _ in self.stack)
        if not inside or section in ("references",):
            self.section = section
            self.stack = [(heading.rank, title, section, 1)]
            self.run_in_case = ""
            return Place(section, (title,))
        return Place(self.section, (*self._titles(), title))

    def _heading(self, index: int, heading: Heading) -> Place:
        section = self.found[index]
        title = _ENDS.sub("", heading.title).strip()
        self.run_in_case = ""
        if self.section == "abstract" and self._stays_in_abstract(index, heading, section):
            keep = self.stack[:1]
            self.stack = [*keep, (heading.rank, title, section, 2)]
            return Place("abstract", tuple(t for _, t, _, _ in keep), 2)
        depth = _depth(heading.title)
        if section == "methods" and normalise(heading.title) in ("patients", "subjects", "participants"):
            following = next((p.heading for p in self.parts[index + 1 :] if p.heading), None)
            if following is not None and re.search(rf"\b{_CASE_MARK}$", normalise(following.title)):
                section = "case"
        while self.stack and self._is_outside(self.stack[-1], heading.rank, depth, section):
            self.stack.pop()
        parent = next((s for _, _, s, _ in self.stack if s not in (None, "other")), None)
        if parent is not None and parent != "abstract":
            now: Section = parent
        elif section is not None:
            now = section
        elif self.stack and self.stack[0][2] == "other":
            now = "other"
        elif self.section == "methods" and not self.stack:
            # a part with a title of its own after the methods is one of them only if the results are still to come
            ahead = next(
                (s for s in self.found[index + 1 :] if s in ("results", "case", "discussion", "references")), None
            )
            now = "methods" if ahead == "results" else "other"
        else:
            now = self.section if self.section in _GOES_ON else "other"
        if section == "abstract" or now == "abstract":
            now, self.abstract_rank, self.after_abstract = "abstract", heading.rank, False
        above = self._titles()
        level = len(self.stack) + 1
        self.stack.append((heading.rank, title, section, depth))
        self.section = now
        return Place(now, above, level)

    def _is_outside(
        self,
        top: tuple[tuple[float, int, int], str, Section | None, int],
        rank: tuple[float, int, int],
        depth: int,
        section: Section | None,
    ) -> bool:
        """Whether a new heading does not stand under the heading ``top``."""
        top_rank, _, top_section, top_depth = top
        if depth and top_depth:
            return depth <= top_depth
        if top_section == "abstract" or section == "references" or section == "abstract":
            return True
        if section in ("results", "introduction") and top_section in ("introduction", "discussion", "conclusion"):
            return True
        if section == "discussion" or (section == "conclusion" and not _weaker(rank, top_rank)):
            return True
        if top_section == "references":
            return section is not None or not _weaker(rank, top_rank)
        if depth == 1 and not top_depth:
            return True
        if section == "other" and not depth and self.section not in ("methods", "introduction"):
            return True
        return not _weaker(rank, top_rank)

    def _stays_in_abstract(self, index: int, heading: Heading, section: Section | None) -> bool:
        """Whether a heading within the abstract is one of its labels rather than the end of it."""
        if section is None:
            return self.abstract_rank is not None and _weaker(heading.rank, self.abstract_rank)
        if section in ("references", "abstract"):
            return False
        if section == "other":
            self.after_abstract = True
            return False
        if self.after_abstract or _depth(heading.title):
            return False
        ahead = [
            (self.found[i], self.parts[i].heading)
            for i in range(index + 1, len(self.parts))
            if self.found[i] and self.parts[i].heading and not self.parts[i].heading.run_in  # type: ignore[union-attr]
        ]
        if (
            self.abstract_rank is not None
            and _weaker(heading.rank, self.abstract_rank)
            and heading.rank[0] < self.abstract_rank[0] - 0.4
        ):
            return any(s in _LABELS and h is not None and not _weaker(h.rank, heading.rank) for s, h in ahead)
        again = [s for s, h in ahead if h is not None and not _weaker(h.rank, heading.rank)]
        if section in again and "references" in again and again.index(section) < again.index("references"):
            return True
        return section != "introduction" and any(s == "introduction" for s in again[:8])

    def _implicit_abstract(self) -> frozenset[int]:
        """Blocks before the first heading that are an abstract without its title."""
        first = next(
            (i for i, s in enumerate(self.found) if s is not None and not self._is_run_in(i) and s != "other"), None
        )
        if any(s == "abstract" for s in self.found[: (first or 0) + 1]):
            return frozenset()
        labels = [i for i in range(first or 0) if self._is_run_in(i) and self.found[i] in _LABELS]
        if len(labels) > 1:
            return frozenset(range(labels[0], labels[-1] + 1))
        if first is None or self.found[first] not in ("introduction", "case", "methods"):
            return frozenset()
        if self.found[first] != "introduction":
            return frozenset()
        if labels and self.parts[labels[0]].words >= 45:
            return frozenset(labels)  # one paragraph that begins with "Background." before the introduction
        long = [i for i in range(first) if self.parts[i].words >= 45 and self.parts[i].heading is None]
        return frozenset(long[:3])

    def _is_run_in(self, index: int) -> bool:
        heading = self.parts[index].heading
        return heading is not None and heading.run_in


def _weaker(rank: tuple[float, int, int], other: tuple[float, int, int]) -> bool:
    """Whether a heading is set less strongly than another: smaller, or in the same size not bold or not in capitals."""
    if abs(rank[0] - other[0]) > 0.4:
        return rank[0] < other[0]
    return rank[1:] < other[1:]


def _depth(title: str) -> int:
    match = _NUMBERED.match(title)
    return match[1].count(".") + 1 if match else 0

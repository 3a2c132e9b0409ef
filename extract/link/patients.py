"""LINK, who is who: the patients of a paper, and whose each mention is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from extract.link.labels import (
    PEOPLE_HEADER,
    kin_in,
    labels_in,
    read_bare,
    read_kin,
    read_label,
    same_name,
    sex_told,
    tells_of_all,
    tells_of_number,
    tells_of_ours,
)
from extract.link.values import is_title, where_of
from extract.model import Block, Cell, Design, Document, Mention, Noun, Span, Table

OTHERS_TABLE = re.compile(
    r"\b(?:literature|previous(?:ly)?|published|prior (?:studies|reports)|reported (?:cases|studies)|studies|trials|review|"
    r"definitions?|reference (?:values|ranges)|abbreviations|search strategy)\b",
    re.IGNORECASE,
)
YARDSTICK_TABLE = re.compile(r"\b(?:grad(?:es?|ings?)|classifications?|criteria|scoring system|stag(?:es|ing))\b", re.IGNORECASE)
COURSE_HEADER = re.compile(
    r"\b(?:pre|post|before|after|baseline|follow[- ]?up|months?|weeks?|years?|patients?|cases?|visit|day)\b", re.IGNORECASE
)
AUTHOR_ROW = re.compile(r"\bet al\b|\b[A-Z]\w+[^|]{0,40}\b(?:19|20)\d\d\b|^\s*\[\d+\]|\[\d+(?:[,–-]\d+)*\]\s*$")
NOBODY_ROW = re.compile(r"\s*(?:median|mean|average|total|range|all|sum|overall|sd|iqr|p[- ]?value)\b", re.IGNORECASE)
OTHERS_HEADING = re.compile(r"\b(?:others|literature|elsewhere|previous (?:reports|studies|work)|what is known|what we (?:think|learn\w*|conclude)|comments?|remarks|discussion)\b", re.IGNORECASE)
_TELLING = ("case", "results", "methods", "other")


class Person(Noun):
    """Someone the paper reports, and the mention that introduces them."""

    id: str
    label: str = ""
    kind: Literal["individual", "group"] = "individual"
    n: int = 1
    mention: Mention


class Cast(Noun):
    """The people of a paper and the places that are theirs: blocks and cells by index, names by their place.

    ``blocks`` stand under a person's heading; ``openings`` follow a paragraph that began with a person's name, until another
    name takes over."""

    design: Design | None = None
    stated: int | None = None
    stated_by: tuple[Mention, ...] = ()
    persons: tuple[Person, ...] = ()
    blocks: dict[int, str] = {}
    openings: dict[int, str] = {}
    cells: dict[int, tuple[str, ...]] = {}
    names: tuple[tuple[int, int, str], ...] = ()
    kin: dict[str, str] = {}
    sexes: dict[str, str] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The patients in order."""
        return tuple(person.id for person in self.persons)

    @property
    def single(self) -> bool:
        """Whether the paper is about one person (or one group)."""
        return len(self.persons) == 1


# ---------------------------------------------------------------- design and number


def design_of(document: Document, mentions: Sequence[Mention]) -> Design | None:
    """What kind of paper it is, by its own words: the title counts most, then abstract, then the rest."""
    weights: Counter[str] = Counter()
    for mention in mentions:
        own_words = re.match(r"\s*(?:this|the present|our|we)\b", mention.text, re.IGNORECASE)
        if mention.field != "design" or not (mention.context.is_fact or own_words):
            continue
        section = document.blocks[mention.block].section if mention.block is not None else "other"
        weight = 10 if is_title(document, mention.span) else {"abstract": 4, "discussion": 1, "conclusion": 1}.get(section, 2)
        weights[str(mention.value)] += weight
    title = next((datum.value for datum in document.metadata if datum.field == "title"), "")
    if re.search(r"\breview\b", title, re.IGNORECASE) and not re.search(r"\b(?:cases?|series)\b", title, re.IGNORECASE):
        weights["review"] += 10
    told_here = any(block.section == "case" for block in document.blocks)
    if told_here and len(weights) > 1:
        weights.pop("review", None)
    order: tuple[Design, ...] = ("case_report", "case_series", "trial", "review", "other")
    if not weights:
        return "case_report" if told_here else None
    return max(order, key=weights.__getitem__)


def stated_number(document: Document, mentions: Sequence[Mention], found: int) -> tuple[int | None, tuple[Mention, ...]]:
    """How many patients the paper says it reports, and the mentions that say so.

    Papers also count those screened, girls among the patients and the like: a count that agrees with the people
    found is preferred, then the best place (title, abstract, body), then the largest.
    """
    counts: dict[int, list[tuple[int, Mention]]] = {}
    for mention in mentions:
        if mention.field != "patient_count" or not mention.context.is_fact or mention.cell is not None:
            continue
        number = mention.quantity.number if mention.quantity else None
        if number is None or number != int(number) or not 0 < number < 10000:
            continue
        place = 0 if is_title(document, mention.span) else {"abstract": 1, "discussion": 3}.get(where_of(document, mention), 2)
        counts.setdefault(int(number), []).append((place, mention))
    if not counts:
        return None, ()
    best = min(counts, key=lambda n: (n != found, min(place for place, _ in counts[n]), -len(counts[n]), -n))
    return best, tuple(mention for _, mention in sorted(counts[best], key=lambda pair: pair[0]))


# ---------------------------------------------------------------- the people


def cast_of(document: Document, mentions: Sequence[Mention]) -> Cast:
    """The people of a paper.

    Looked for in this order: headings ("Case 1"), paragraphs that begin with a name ("Patient 1 (P1). A girl"),
    headers of table columns and rows, names in running text. A single case is "1". A group stands only where
    no individual is told of, and a review has nobody.
    """
    design = design_of(document, mentions)
    blocks, openings, headed, kin = _headed_blocks(document)
    tables = _table_names(document, set(headed))
    names = _names_in_text(document)
    found: dict[str, Span] = dict(headed)
    if not found and not kin:
        for spans in tables.values():
            for name, span in spans.items():
                found.setdefault(name, span)
    if not found and not kin:
        found = _names_of_one_family(document, names)
    elif found:
        family = [name.isdigit() for name in found]
        for spans in tables.values():
            for name, span in spans.items():
                if name.isdigit() == family[0]:
                    found.setdefault(name, span)
    if len(found) < 2 and not kin:
        told = _names_of_one_family(document, names)
        found = told if len(told) > 1 else found
    if kin and not headed:
        found = {**{name: span for name, span in kin.items()}}
    stated, stated_by = stated_number(document, mentions, len(found))
    if design == "review" and not headed:
        return Cast(design=design)
    ours = [m for m in mentions if m.context.is_fact and m.field not in ("design", "patient_label", "patient_count")]
    if not _tells_of_people(document, design, ours, bool(stated), len(found)):
        return Cast(design=design, stated=stated, stated_by=stated_by)
    if len(found) < 2 and (stated or 1) > 1 and design != "case_report":
        group = Person(id="all", label=stated_by[0].text, kind="group", n=stated or 1, mention=stated_by[0])
        cast = Cast(design=design, stated=stated, stated_by=stated_by, persons=(group,))
    elif len(found) < 2:
        first = _introduction(document, ours)
        one = 1 if design in ("case_report", None) else None
        cast = Cast(design=design, stated=stated or one, stated_by=stated_by, persons=(Person(id="1", mention=first),))
    else:
        ids, relatives = _numbered(found, kin)
        persons = tuple(
            Person(id=ids[name], label=document.quote(span), mention=_naming(document, span, ids[name]))
            for name, span in sorted(found.items(), key=lambda item: (not item[0].isdigit(), _in_order(item, kin)))
        )
        design = "case_series" if design in ("case_report", None) else design
        cast = Cast(
            design=design,
            stated=stated,
            stated_by=stated_by,
            persons=persons,
            blocks={index: ids[name] for index, name in blocks.items() if name in ids},
            openings={index: ids[name] for index, name in openings.items() if name in ids},
            names=tuple((start, end, ids[name]) for start, end, name in names if name in ids),
            kin=relatives,
        )
    return cast.model_copy(update={"cells": _cells(document, cast)})


_OF_PEOPLE = ("age", "sex", "weight", "diagnosis", "therapy", "score", "dose", "adverse_event")


def _tells_of_people(document: Document, design: Design | None, ours: Sequence[Mention], counted: bool, named: int) -> bool:
    """Whether a paper has patients of its own: personal facts, and words that make it a case, a series or a trial.
    A laboratory paper can have ages and scores of nobody."""
    facts = [m for m in ours if m.field in _OF_PEOPLE]
    if not facts:
        return False
    if design in ("case_report", "case_series") or counted or any(block.section == "case" for block in document.blocks):
        return True
    personal = [m for m in facts if m.field in ("age", "sex", "weight")]
    if named > 1:
        return any(m.field != "age" or m.cell is not None or tells_of_ours(document.quote(m.sentence)) for m in personal)
    return any(m.cell is None and tells_of_ours(document.quote(m.sentence)) for m in personal)


def _in_order(item: tuple[str, Span], kin: dict[str, Span]) -> tuple[int, str, int]:
    name, span = item
    if name in kin:
        return (0, "", span.start)
    return (int(name), "", 0) if name.isdigit() else (0, name, 0)


def _numbered(found: dict[str, Span], kin: dict[str, Span]) -> tuple[dict[str, str], dict[str, str]]:
    """Ids of the people: their own number or letter; relatives are numbered in order of appearance."""
    ids: dict[str, str] = {}
    relatives: dict[str, str] = {}
    for index, name in enumerate(sorted(found, key=lambda name: found[name].start), 1):
        ids[name] = str(index) if name in kin else name
        if name in kin:
            relatives[name] = ids[name]
    return ids, relatives


def _headed_blocks(document: Document) -> tuple[dict[int, str], dict[int, str], dict[str, Span], dict[str, Span]]:
    """Blocks under a person's heading; blocks that follow an opening with a person's name; the names with their first
    places; the relatives among them."""
    blocks: dict[int, str] = {}
    openings: dict[int, str] = {}
    headed: dict[str, Span] = {}
    kin: dict[str, Span] = {}
    current: str | None = None
    level = 0
    run_in: tuple[str, str] | None = None
    for index, block in enumerate(document.blocks):
        text = document.quote(block.span)
        if block.section in ("references", "introduction", "abstract", "discussion", "conclusion"):
            current, run_in = None, None
            continue
        if block.kind == "heading":
            name = read_label(text) if len(text) < 120 else None
            relative = read_kin(text) if name is None and len(text) < 40 and block.section in ("case", "results") else None
            if name or relative:
                current, level, run_in = name or relative, block.level, None
                places = headed if name else kin
                places.setdefault(str(name or relative), _clip(document, block.span))
            elif current is not None and block.level <= level and not _under(block, document, current):
                current, run_in = None, None
            elif run_in and block.level <= 1:
                run_in = None
        elif block.kind in ("paragraph", "list"):
            opening = labels_in(text[:60])
            if opening and opening[0][0] <= 2 and current is None and _is_opening(text, opening[0][1]):
                run_in = (opening[0][2], block.section)
                start = block.span.start + opening[0][0]
                headed.setdefault(run_in[0], Span(start=start, end=block.span.start + opening[0][1]))
            elif run_in and (block.section != run_in[1] or tells_of_all(text[:150])):
                run_in = None
        if current and block.kind in ("heading", "paragraph", "list"):
            blocks[index] = current
        elif run_in and block.kind in ("paragraph", "list"):
            openings[index] = run_in[0]
    if headed:
        for index in [index for index, name in blocks.items() if name in kin and name not in headed]:
            del blocks[index]
        kin = {}
    if len(kin) < 2:
        blocks = {index: name for index, name in blocks.items() if name not in kin}
        kin = {}
    return blocks, openings, headed, kin


def _under(block: Block, document: Document, name: str) -> bool:
    return any(read_label(title) == name or read_kin(title) == name for title in block.headings)


_OPENING = re.compile(
    r"\s*(?:\([^)]{1,12}\))?\s*[.:–—-]|\s*(?:\([^)]*\)\s*)?(?:,|(?:was|is|an?|had|has|presented|the|underwent|received|developed|remain\w*|died|showed|"
    r"reported|experienced|suffered|tolerated|complained|noticed|responded|relapsed)\b)"
)


def _is_opening(text: str, end: int) -> bool:
    """Whether a paragraph that begins with a name is about that person: a run-in heading or the start of a story."""
    rest = text[end : end + 40]
    return _OPENING.match(rest) is not None


def _clip(document: Document, span: Span) -> Span:
    text = document.quote(span)
    return Span(start=span.start + len(text) - len(text.lstrip()), end=span.end - len(text) + len(text.rstrip()))


def _names_in_text(document: Document) -> tuple[tuple[int, int, str], ...]:
    names = []
    for block in document.blocks:
        if block.kind in ("paragraph", "list", "caption") and block.section != "references":
            base = block.span.start
            names += [(base + start, base + end, name) for start, end, name in labels_in(document.quote(block.span))]
    return tuple(names)


def _names_of_one_family(document: Document, names: Sequence[tuple[int, int, str]]) -> dict[str, Span]:
    """Names used in the body of the paper, numbers or letters, whichever are more; those of other papers do not count."""
    found: dict[str, Span] = {}
    for start, end, name in names:
        index = document.block_at(start)
        if index is None or document.blocks[index].section not in _TELLING:
            continue
        found.setdefault(name, Span(start=start, end=end))
    numbers = {name for name in found if name.isdigit()}
    letters = set(found) - numbers
    family = numbers if len(numbers) >= len(letters) else letters
    first = "1" if family is numbers else "A"
    return {name: span for name, span in found.items() if name in family} if first in family else {}


def _introduction(document: Document, ours: Sequence[Mention]) -> Mention:
    """The mention that best introduces the one patient: an age or a sex in the case, else the first fact."""

    def goodness(mention: Mention) -> tuple[bool, bool, int]:
        section = document.blocks[mention.block].section if mention.block is not None else "other"
        return (mention.field not in ("age", "sex"), section not in ("case", "results", "methods"), mention.span.start)

    return min(ours, key=goodness)


def _naming(document: Document, span: Span, name: str) -> Mention:
    block = document.block_at(span.start)
    return Mention(
        field="patient_label",
        value=name,
        span=span,
        text=document.quote(span),
        rule_id="link.patient_label",
        sentence=span,
        block=block,
    )


# ---------------------------------------------------------------- tables


def is_others_table(table: Table, headers: str) -> bool:
    """Whether a table is about other people's patients, or explains a scale, by its caption."""
    if OTHERS_TABLE.search(table.caption) and not re.search(r"\b(?:our|these|present|treated) ", table.caption):
        return True
    return bool(YARDSTICK_TABLE.search(table.caption)) and not COURSE_HEADER.search(headers)


def _cells_by_table(document: Document) -> dict[int, list[tuple[int, Cell]]]:
    by_table: dict[int, list[tuple[int, Cell]]] = {}
    for index, cell in enumerate(document.cells):
        by_table.setdefault(cell.table, []).append((index, cell))
    return by_table


_NUMBERING = re.compile(r"\W*(?:no|nr|number|id|#)\W*", re.IGNORECASE)
_PERSONAL_HEADER = re.compile(r"\b(?:age|sex|gender|diagnosis|patients?|weight)\b", re.IGNORECASE)


def _axis_names(document: Document, cells: Sequence[tuple[int, Cell]], axis: str, known: set[str]) -> dict[int, str]:
    """Row or column number -> the name its header gives, where headers along that axis name people."""
    if axis == "column":
        headers = {cell.column: cell.column_header for _, cell in cells if cell.column_header and not cell.is_header}
        corner = {cell.row_header for _, cell in cells if cell.is_header} | {
            document.quote(cell.span) for _, cell in cells if cell.is_header and cell.column == 0
        }
    else:
        headers = {cell.row: cell.row_header for _, cell in cells if cell.row_header and not cell.is_header}
        first = {cell.row: document.quote(cell.span) for _, cell in cells if cell.column == 0 and not cell.is_header}
        headers = {**first, **headers}
        corner = {document.quote(cell.span) for _, cell in cells if cell.is_header and cell.column == 0} | {
            cell.column_header for _, cell in cells if cell.column == 0
        }
    over_people = any(PEOPLE_HEADER.match(text.strip()) for text in corner if text)
    if over_people and all(_NUMBERING.fullmatch(text.strip()) for text in corner if text):
        # "No." numbers patients only in a table that tells of people.
        over_people = any(_PERSONAL_HEADER.search(cell.column_header) or _PERSONAL_HEADER.search(cell.row_header) for _, cell in cells)
    out: dict[int, str] = {}
    for number, text in headers.items():
        words = text.strip()
        if len(words) > 60 or NOBODY_ROW.match(words):
            continue
        name = read_label(words)
        if name is None and over_people:
            name = read_bare(words)
        if name is None and known:
            bare = read_bare(words)
            name = bare if bare in known else None
        if name is None:
            name = read_kin(words) if len(words) < 40 else None
        if name is not None:
            out[number] = name
    return out


def _table_names(document: Document, known: set[str]) -> dict[int, dict[str, Span]]:
    """For each table the names in its headers, with the cells that show them."""
    out: dict[int, dict[str, Span]] = {}
    for number, cells in _cells_by_table(document).items():
        if number < len(document.tables) and is_others_table(document.tables[number], _header_words(document, cells)):
            continue
        names = _oriented(document, cells, known)[1]
        found: dict[str, Span] = {}
        for index, name in names.items():
            if name.isalpha() and len(name) > 2:
                continue
            axis_cells = [c for _, c in cells if (c.column if _oriented(document, cells, known)[0] == "column" else c.row) == index]
            heads = [c for c in axis_cells if c.is_header or c.column == 0]
            best = min(heads or axis_cells, key=lambda c: (read_bare(document.quote(c.span)) != name, c.row, c.column))
            found.setdefault(name, best.span)
        if found:
            out[number] = found
    return out


def _header_words(document: Document, cells: Sequence[tuple[int, Cell]]) -> str:
    return " | ".join(document.quote(cell.span) for _, cell in cells if cell.is_header or cell.row == 0 or cell.column == 0)


def _oriented(document: Document, cells: Sequence[tuple[int, Cell]], known: set[str]) -> tuple[str, dict[int, str]]:
    """Whether people stand in the columns or in the rows of a table, and which of them is whose."""
    columns = _axis_names(document, cells, "column", known)
    rows = _axis_names(document, cells, "row", known)
    if len(set(columns.values())) >= len(set(rows.values())) and columns:
        return "column", columns
    return "row", rows


def _cells(document: Document, cast: Cast) -> dict[int, tuple[str, ...]]:
    """Whose each cell is."""
    out: dict[int, tuple[str, ...]] = {}
    known = set(cast.ids)
    for number, cells in _cells_by_table(document).items():
        table = document.tables[number] if number < len(document.tables) else None
        if table is not None and is_others_table(table, _header_words(document, cells)):
            continue
        if cast.single:
            for index, cell in cells:
                if not AUTHOR_ROW.search(cell.row_header):
                    out[index] = cast.ids
            continue
        axis, names = _oriented(document, cells, known)
        owner = read_label(table.caption) if table is not None else None
        for index, cell in cells:
            if AUTHOR_ROW.search(cell.row_header) or NOBODY_ROW.match(cell.row_header):
                continue
            name = names.get(cell.column if axis == "column" else cell.row) or read_label(cell.group) or owner
            id = name if name in known else person_called(cast, name)
            if id is not None:
                out[index] = (id,)
        # A line of its own over several patients ("Multiple sclerosis") is told of all under it.
        for index, cell in cells:
            words = document.quote(cell.span).strip()
            under = [out[i] for i, other in cells if i in out and other.group and other.group == words]
            if index not in out and cell.is_header and under:
                out[index] = tuple(dict.fromkeys(id for ids in under for id in ids))
    return out


# ---------------------------------------------------------------- whose


def person_called(cast: Cast, words: str | None) -> str | None:
    """The one person that a relative's name or a word like "the boy" can mean, else None."""
    if words is None:
        return None
    if words in cast.kin:
        return cast.kin[words]
    head = words.split()[-1]
    ends = [id for name, id in cast.kin.items() if name.split()[-1] == head]
    if len(ends) == 1 and " " not in words:
        return ends[0]
    if len(ends) > 1:
        return None
    sex = sex_told(words)
    if sex is None:
        return None
    alike = [id for name, id in cast.kin.items() if sex_told(name) == sex] if cast.kin else []
    if not alike:
        alike = [id for id, known in cast.sexes.items() if known == sex]
    return alike[0] if len(alike) == 1 else None


def with_sexes(cast: Cast, sexes: dict[str, str]) -> Cast:
    """The same cast, told the sex of its people: "the boy" then names someone where there is only one."""
    if len(sexes) < len(cast.persons):
        return cast
    return cast.model_copy(update={"sexes": sexes})


def whose(document: Document, cast: Cast, mention: Mention) -> tuple[str, ...]:
    """The patients a mention speaks of, () for none of this paper.

    A cell belongs to its row or column; words to the name in their sentence, else to the heading above them, else to
    the name that the paragraph began with, else to the only patient.
    """
    if mention.context.who != "patient" or not cast.persons:
        return ()
    if mention.cell is not None:
        return cast.cells.get(mention.cell, ())
    index = mention.block if mention.block is not None else document.block_at(mention.span.start)
    if index is None:
        return cast.ids if cast.single else ()
    block = document.blocks[index]
    title = is_title(document, mention.span)
    if (block.kind in ("reference", "running") or block.section == "references") and not title:
        return ()
    sentence = document.quote(mention.sentence)
    if mention.field in _PERSONAL and not cast.kin and _of_relative(sentence):
        return ()
    if block.kind == "footnote" and not tells_of_ours(sentence) and not labels_in(sentence):
        return ()
    if cast.single:
        if _of_someone_else(sentence, cast.sexes.get(cast.ids[0])):
            return ()
        if block.headings and OTHERS_HEADING.search(block.headings[-1]) and not tells_of_ours(sentence):
            return () if block.section != "abstract" else cast.ids
        others = ("introduction", "discussion", "conclusion", *(("other",) if _has_story(document) else ()))
        if block.section in others and not title:
            return cast.ids if tells_of_ours(sentence) or tells_of_all(sentence) or block.kind == "caption" else ()
        return cast.ids
    return _named(document, cast, mention, block, index)


_COMMON = frozenset({"diagnosis", "tissue", "donor", "cell_type", "product", "route", "dose", "no_adverse_event", "therapy"})
"""What a paper may say of all its patients at once: "two adults with ALS received autologous cells"."""

_PERSONAL = frozenset({"dose", "route", "count", "diagnosis", "age", "sex", "weight", "score", "adverse_event", "therapy"})
_RELATIVE = re.compile(
    r"\W*(?:the|her|his|an?|one)\s+(?:\w+\s+)?(?:(?:grand|great-)?(?:mother|father|aunt|uncle|parent)s?|cousins?|sisters?|brothers?|relatives?|siblings?|niece|nephew|donor)\b"
    r"(?!['’]s)",
    re.IGNORECASE,
)


def _of_relative(sentence: str) -> bool:
    """Whether a sentence has a relative or the donor as its subject: "Her mother, aged 41 and healthy, donated ..."."""
    return _RELATIVE.match(sentence) is not None


_SOMEONE = re.compile(r"\b(?:an?|one)\s+(?:\w+ ){0,2}?(?:\d{1,2}|[a-z]+)[- ]years?[- ]old\s+(?:\w+ )?(\w+)", re.IGNORECASE)


def _of_someone_else(sentence: str, sex: str | None) -> bool:
    """Whether a sentence introduces a person of the other sex: "a 41-year-old man" in the report of a woman."""
    for person in _SOMEONE.finditer(sentence):
        told = sex_told(person[0])
        if sex is not None and told is not None and told != sex:
            return True
    return False


def _has_story(document: Document) -> bool:
    return any(block.section in ("case", "results") for block in document.blocks)


def _named(document: Document, cast: Cast, mention: Mention, block: Block, index: int) -> tuple[str, ...]:
    owner = cast.blocks.get(index)
    names = _groups(document, _names_near(document, cast, mention.sentence, owner is None))
    if names:
        inside = [group for group in names if mention.span.start <= group[0] < mention.span.end]
        if inside:
            return inside[0][2]
        after = [group for group in names if group[0] >= mention.span.end]
        before = [group for group in names if group[1] <= mention.span.start]
        if after and _belongs_to_next(document.text[mention.span.end : after[0][0]], mention.field):
            return after[0][2]
        if before:
            return before[-1][2]
        if owner is None:
            return names[0][2]
    if tells_of_all(document.quote(mention.sentence)):
        return cast.ids
    if owner is None and mention.field in _COMMON and tells_of_number(document.quote(mention.sentence), len(cast.persons)):
        return cast.ids
    if mention.field in _COMMON and is_title(document, mention.span):
        return cast.ids
    if owner is not None:
        return (owner,)
    lead_in = Span(start=block.span.start, end=max(mention.sentence.start, block.span.start + 1))
    earlier = _groups(document, _names_near(document, cast, lead_in, True))
    if not earlier:
        return (cast.openings[index],) if index in cast.openings else ()
    if block.section in _TELLING or re.match(r"\W*(?:he|she|his|her)\b", document.quote(mention.sentence), re.IGNORECASE):
        between = document.text[earlier[-1][1] : mention.sentence.start]
        return () if tells_of_all(between) else earlier[-1][2]
    return ()


def _belongs_to_next(between: str, field: str) -> bool:
    if field in ("age", "sex") and re.fullmatch(r"(?:\W*(?:years?|yrs?|y)\b)?(?:\W*old\b)?\W*", between):
        return True
    return len(between) < 30 and bool(re.fullmatch(r"[^,;.]*\b(?:in|for|of)\s+(?:the\s+|our\s+)?", between))


def _names_near(document: Document, cast: Cast, span: Span, kin_too: bool) -> list[tuple[int, int, str]]:
    found = [name for name in cast.names if span.start <= name[0] < span.end]
    if kin_too and (cast.kin or cast.sexes):
        for start, end, words in kin_in(document.quote(span)):
            id = person_called(cast, words)
            if id is not None:
                found.append((span.start + start, span.start + end, id))
    return sorted(found)


def _groups(document: Document, names: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Names joined by commas and "and" name several people at once."""
    out: list[tuple[int, int, tuple[str, ...]]] = []
    for start, end, id in names:
        if out and re.fullmatch(r"\s*(?:\(\s*|,|and|&|,\s*and)?\s*(?:in\s+)?", document.text[out[-1][1] : start]):
            before = out[-1]
            out[-1] = (before[0], end, tuple(dict.fromkeys((*before[2], id))))
        else:
            out.append((start, end, (id,)))
    return out


def known_sexes(told: Sequence[tuple[Mention, tuple[str, ...]]]) -> dict[str, str]:
    """The sex of each person as most of their own mentions have it."""
    votes: dict[str, Counter[str]] = {}
    for mention, people in told:
        if mention.field == "sex" and mention.context.is_fact and len(people) == 1:
            votes.setdefault(people[0], Counter())[str(mention.value)] += 3 if mention.cell is not None else 1
    return {id: count.most_common(1)[0][0] for id, count in votes.items()}


def normal_label(value: object) -> str:
    """A patient's number or letter as ``find`` gives it, in the form of the ids."""
    return same_name(str(value))

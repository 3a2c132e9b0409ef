"""Why a value was, or was not, found: each find of a document with its rule, context and fate, and what was refused.

For people who wonder about a cell of the tables, or about an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from extract.find import explain_mentions
from extract.find.hits import Found, Rejected
from extract.link import link_cases
from extract.link.patients import cast_of
from extract.link.values import provenance, shown
from extract.link.whose import whose
from extract.model import CaseRecord, Document, Mention, Provenance, Reported, Span
from extract.read.text import text_document
from extract.rulebook.known import WrongField, fields_named
from extract.schema import Schema

Key = tuple[str, str, Span]
"""By which a value's place is known as that of a mention: rule, words, quote."""

NOTHING = "Nothing was found. The rules are in schemas/rules; `caseloom check` runs their examples."
_QUOTE = 160

__all__ = ["WrongField", "compare_sentence", "explain_document", "explain_sentence", "fields_named"]


def explain_sentence(document: Document, schema: Schema) -> str:
    """What the rules find in a sentence, and what they see but refuse: one paragraph each."""
    found = explain_mentions(document, schema)
    parts = ["\n".join(_facts(mention)) for mention in found.mentions] or [NOTHING]
    parts += ["\n".join(_refusal(document, no)) for no in found.rejected]
    return "\n\n".join(parts)


def compare_sentence(text: str, where: str, then: Schema, now: Schema) -> str:
    """What a sentence gave by other rules and does not give now (``-``), what it gives now and did not (``+``)."""
    sides = []
    for schema in (then, now):
        found = explain_mentions(text_document(text, "text", schema, where=where), schema)
        finds = {(m.field, shown(m.value), m.span, m.context, tuple(m.details.items())): m for m in found.mentions}
        sides.append((finds, set(found.rejected)))
    (before, refused_before), (after, refused_after) = sides
    lost = [mention for key, mention in before.items() if key not in after]
    won = [mention for key, mention in after.items() if key not in before]
    document = text_document(text, "text", now, where=where)
    parts = ["\n".join(f"- {line}" for line in _facts(mention)) for mention in lost]
    parts += ["\n".join(f"+ {line}" for line in _facts(mention)) for mention in won]
    parts += [
        "\n".join(f"+ {line}" for line in _refusal(document, no)) for no in sorted(refused_after - refused_before)
    ]
    same = len(after) - len(won)
    parts.append(f"{same} find{' is' if same == 1 else 's are'} the same.")
    return "\n\n".join(parts)


def explain_document(document: Document, schema: Schema, *, field: str = "", page: int | None = None) -> str:
    """Every find of a document, and every refused one, in the order of the text: place, quote, rule, context, fate.

    ``field`` (a kind of find, or a column that one fills) and ``page`` narrow it down; a find that tells the field
    beside its own is there too. Raises WrongField for what the
    document or the schema does not have.
    """
    wanted = fields_named(field, schema) if field else frozenset()
    if page is not None:
        _check_page(document, page)
    found = explain_mentions(document, schema)
    mentions = tuple(found.mentions)
    record = link_cases(document, mentions, schema)
    places = _places(record)
    cast = cast_of(document, mentions)

    def asked(kind: str, span: Span) -> bool:
        return (not wanted or kind in wanted) and (page is None or _page(document, span) == page)

    parts: list[tuple[int, int, str]] = []
    for mention in mentions:
        gives = {mention.field, *mention.details} & wanted  # a site may give the route, too
        if asked(next(iter(gives), mention.field), mention.span):
            fate = _fate(document, mention, places, whose(document, cast, mention), schema)
            lines = [f"{_place(document, mention.span, mention.cell)}  {_head(mention)}", *_body(mention)]
            lines[2:2] = [f"  quote    {_quote(document, mention.sentence, mention.span)}"]
            parts.append((mention.span.start, 0, "\n".join([*lines, *fate])))
    refused = 0
    for no in found.rejected:
        span = Span(start=no.start, end=max(no.end, no.start + 1))
        if asked(no.field, span):
            refused += 1
            lines = _refusal(document, no)
            lines[0] = f"{_place(document, span, None)}  {lines[0]}"
            parts.append((no.start, 1, "\n".join(lines)))
    head = _summary(document, record, found, len(parts) - refused, refused, field, page)
    return "\n\n".join([head, *(text for _, _, text in sorted(parts))])


def _check_page(document: Document, page: int) -> None:
    if not document.pages:
        raise WrongField(f"--page {page}: {document.name} is no PDF and has no pages.")
    if not 1 <= page <= len(document.pages):
        raise WrongField(f"--page {page}: {document.name} has pages 1 to {len(document.pages)}.")


def _summary(
    document: Document, record: CaseRecord, found: Found, kept: int, refused: int, field: str, page: int | None
) -> str:
    asked = "".join([f", {field}" if field else "", f", page {page}" if page else ""])
    people = f"{len(record.patients)} patient{'' if len(record.patients) == 1 else 's'}"
    head = f"{document.name}{asked}: {kept} found, {refused} refused; {people}."
    if kept + refused == 0:
        every = len(found.mentions)
        rest = f" (in all, the document holds {every} find{'' if every == 1 else 's'})" if every else ""
        head += f"\nNo rule saw anything of the kind here{rest}. If it is there, extend schemas/rules, or see"
        head += " `caseloom read` whether the words were read."
    return head


def _head(mention: Mention) -> str:
    return f"{mention.field}: {shown(mention.value)}"


def _facts(mention: Mention) -> list[str]:
    return [_head(mention), *_body(mention)]


def _body(mention: Mention) -> list[str]:
    """The words, the rule, the context and what decided it."""
    said = mention.context
    lines = [
        f"  words    {mention.text!r}",
        f"  rule     {mention.rule_id}",
        f"  context  {said.presence}, {said.who}, {said.when}" + (f" ({', '.join(said.cues)})" if said.cues else ""),
    ]
    if mention.quantity and mention.quantity.repair:
        lines.append(f"  repair   {mention.quantity.repair}")
    if mention.details:
        lines.append(f"  details  {'; '.join(f'{name} {shown(value)}' for name, value in mention.details.items())}")
    return lines


def _refusal(document: Document, no: Rejected) -> list[str]:
    return [
        f"refused {no.field}: {no.value}",
        f"  words    {document.text[no.start : no.end]!r}",
        f"  rule     {no.rule_id}",
        f"  because  {no.reason}",
    ]


def _place(document: Document, span: Span, cell: int | None) -> str:
    """Page and section, and the row and column of a table cell."""
    page = _page(document, span)
    index = document.block_at(span.start)
    parts = [f"p.{page}" if page else "", document.blocks[index].section if index is not None else ""]
    if cell is not None:
        spec = document.cells[cell]
        headers = " / ".join(" ".join(words.split()) for words in (spec.row_header, spec.column_header) if words)
        parts.append(f"table {spec.table + 1}" + (f" ({headers})" if headers else ""))
    return "[" + " ".join(part for part in parts if part) + "]"


def _page(document: Document, span: Span) -> int | None:
    page = document.page_of(span)
    if page is None and (index := document.block_at(span.start)) is not None:
        page = document.blocks[index].page
    return page


def _quote(document: Document, around: Span, span: Span) -> str:
    """The sentence or cell on one line, cut around the words that were found."""
    start, end = around.start, max(around.end, span.end)
    if end - start > _QUOTE:
        start = max(start, span.start - (_QUOTE - len(document.quote(span))) // 2)
        end = min(end, start + _QUOTE)
    words = " ".join(document.text[start:end].split())
    return f'"{"…" if start > around.start else ""}{words}{"…" if end < around.end else ""}"'


def _places(record: CaseRecord) -> dict[Key, list[str]]:
    """Where each place of the text is shown in the tables: one line for each record that it is part of."""
    cells: dict[Key, dict[str, list[str]]] = {}

    def note(place: Provenance, row: str, cell: str) -> None:
        known = cells.setdefault((place.rule_id, place.as_written, place.span), {}).setdefault(row, [])
        if cell not in known:
            known.append(cell)

    def note_all(values: Mapping[str, Reported], row: str) -> None:
        for name, reported in values.items():
            value = "no value" if reported.value is None else shown(reported.value)
            status = f" ({reported.status})" if reported.status != "reported" else ""
            for place in reported.provenance:
                note(place, row, f"{name} {value}{status}")

    note_all(record.paper.values, "documents")
    for row in record.records():
        note_all(row.values, f"patient {row.patient}, {row.table} {row.order}")
    for conflict in record.conflicts:
        for side in (conflict.a, conflict.b):
            chosen = "shown" if conflict.chosen and conflict.chosen == side.value else "not shown"
            note(side.provenance, f"patient {conflict.patient}, conflicts", f"{conflict.field} {side.value} ({chosen})")
    return {key: [f"{row}: {'; '.join(known)}" for row, known in rows.items()] for key, rows in cells.items()}


def _fate(
    document: Document, mention: Mention, places: Mapping[Key, Sequence[str]], people: Iterable[str], schema: Schema
) -> list[str]:
    """What became of a find: where the tables show it, or why they do not."""
    place = provenance(document, mention)
    lines = places.get((place.rule_id, place.as_written, place.span), ())
    if lines:
        return [f"  {'shown' if index == 0 else '':<7}  {line}" for index, line in enumerate(lines)]
    said = mention.context
    if not said.is_fact:
        how = said.presence if said.presence != "present" else f"said of: {said.who.replace('_', ' ')}"
        return [f"  shown    nowhere: no fact about a patient of this paper ({how})"]
    if mention.field in schema.signals and mention.field not in _filled(schema):
        return [f"  shown    in no column of its own; linking uses it ({schema.signals[mention.field]})"]
    whom = ", ".join(people)
    if not whom:
        return ["  shown    nowhere: linking could not say which patient it is told of"]
    if mention.detail("open"):
        return [f"  shown    nowhere: told of patient {whom}, who has a disease of the vocabulary, which goes first"]
    why = "said elsewhere, or of something else"
    return [f"  shown    nowhere: told of patient {whom}, but linking left it out ({why})"]


def _filled(schema: Schema) -> set[str]:
    return {column.mention for table in schema.tables.values() for column in table.columns if column.mention}

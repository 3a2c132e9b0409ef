"""REVIEW: what a person changed in the sheets of a file -> wishes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from extract.evidence.applying import NAMING
from extract.review.matching import data_columns, match_rows
from extract.review.sheets import TABLES, Cells, Line, Sheet, faded, unchanged, whole_number
from extract.review.wishes import REVIEWS, Field, Intake, says_anything

ASIDE = frozenset({"review", "reviewer", "state", "words", "why", "page", "record", "value_id"})
"""Columns that are no values: ids, and where people write."""


def read_sheet(sheet: Sheet, intake: Intake) -> None:
    """Take in what was changed in a sheet."""
    if not sheet.columns:
        if sheet.before:
            intake.found.notes.append(f"{sheet.title}: the sheet is missing; nothing was read from it.")
    elif sheet.table == "values":
        _read_values(sheet, intake)
    elif sheet.table not in TABLES:
        _look_through(sheet, intake)
    else:
        matched = match_rows(sheet, intake)
        for line in sheet.lines:
            if line.number in matched:
                before = matched[line.number]
                if sheet.table == "conflicts":
                    _read_conflict(sheet, line, before, intake)
                elif before is None:
                    _read_new(sheet, line, intake)
                else:
                    _read_row(sheet, line, before, intake)


def _look_through(sheet: Sheet, intake: Intake) -> None:
    """A sheet for reading: what was changed in it cannot be imported, and is told."""
    free = list(sheet.before)
    columns = data_columns(sheet)
    for line in filter(says_anything, sheet.lines):
        likely = max(free, key=lambda row: sum(row[name] == line.cells.get(name, "") for name in columns), default=None)
        if likely is not None:
            free.remove(likely)
        for name in columns:
            was = likely[name] if likely else ""
            if not intake.same(sheet, name, was, line.cells.get(name, "")):
                intake.refuse(
                    sheet, line, name, was, "this sheet is for reading. Correct the sheet of the table instead."
                )


# --- tables with one row a record


def _read_row(sheet: Sheet, line: Line, before: Cells, intake: Intake) -> None:
    asked = intake.asked(sheet, line, before)
    if asked is None:
        return
    correctable = intake.spelling.can_be_corrected(sheet.table)
    now = {name: line.cells.get(name, "") for name in data_columns(sheet) if name not in ASIDE}
    changed = {name: text for name, text in now.items() if not intake.same(sheet, name, before[name], text)}
    for name in [name for name in changed if name not in correctable]:
        if not faded(before[name], changed.pop(name)):
            intake.refuse(sheet, line, name, before[name], _fixed(name))
    kept = next((name for name, text in changed.items() if text), "")
    if asked == "reject" and kept:
        intake.refuse(sheet, line, kept, before[kept], "the row is rejected and changed at the same time. Do one.")
        return
    if asked == "set" and not changed:
        intake.refuse(sheet, line, "review", "", "nothing is changed in this row. Type the value over the old one.")
    document, patient = before["document"], before.get("patient", "")
    record = before.get("record") or intake.papers.get(document, "")

    def about(name: str) -> Field:
        return Field(document, patient, sheet.table, record, name)

    row = {name: text for name, text in {**before, **changed}.items() if text}
    for name in changed:
        value = intake.value(sheet, line, (sheet.table, name), before[name], row)
        if value is not None:
            intake.wish(sheet, line, about(name), "set", value)
    told = intake.told[record]
    for name in before:
        if name in changed:
            continue
        if asked == "accept" and before[name] and name in told:
            intake.wish(sheet, line, about(name), "keep", before[name])
        elif asked == "reject" and before[name] and name in told and name in correctable:
            intake.wish(sheet, line, about(name), "set", "")
        elif asked == "absent" and not before[name] and name in correctable and not name.endswith("_derived"):
            intake.wish(sheet, line, about(name), "none")


def _fixed(name: str) -> str:
    if name in ("document", "patient"):
        return "a row cannot be moved to another patient or paper: reject it here and add it there."
    return f"{name} is no value that can be corrected."


def _read_new(sheet: Sheet, line: Line, intake: Intake) -> None:
    """A row that the run does not have: a new one, if it says of whom and what it is."""
    cells = {name: text for name, text in line.cells.items() if text}
    document, patient = cells.get("document", ""), whole_number(cells.get("patient", ""))
    who = (document, patient)
    if sheet.table == "documents" or document not in intake.documents:
        of = f"'{document}' is not a document of this run" if document else "it does not say of which document it is"
        intake.refuse(sheet, line, "document", "", f"a new row, but {of}.")
    elif not patient:
        intake.refuse(sheet, line, "patient", "", "a new row, but it does not say of which patient.")
    elif sheet.table == "patients" and who in intake.patients:
        intake.refuse(sheet, line, "patient", "", f"patient {patient} is there already. Correct that row.")
    elif sheet.table != "patients" and who not in intake.patients:
        known = ", ".join(sorted(name for of, name in intake.patients if of == document))
        reason = (
            f"a new row, but {document} has no patient '{patient}' (it has {known or 'none'}). Add the patient first."
        )
        intake.refuse(sheet, line, "patient", "", reason)
    else:
        values = {}
        for name in intake.spelling.can_be_corrected(sheet.table):
            if name in cells:
                values[name] = intake.value(sheet, line, (sheet.table, name), "", cells)
        values = {name: value for name, value in values.items() if value}
        if not any(name in values for name in NAMING[sheet.table]):
            needed = " or ".join(NAMING[sheet.table][:3])
            intake.refuse(sheet, line, NAMING[sheet.table][0], "", f"a new row needs {needed}.")
            return
        if sheet.table == "patients":
            intake.patients.add(who)
        record = f"new {len(intake.found.new_rows) + 1}"
        intake.found.new_rows[record] = {name: value for name, value in values.items() if value is not None}
        for name, value in intake.found.new_rows[record].items():
            intake.wish(sheet, line, Field(document, patient, sheet.table, record, name), "set", value)


def _read_conflict(sheet: Sheet, line: Line, before: Cells | None, intake: Intake) -> None:
    if before is None:
        intake.refuse(sheet, line, "conflict", "", "a conflict is found by the program; it cannot be added.")
        return
    for name in data_columns(sheet):
        if name not in ("conflict", "chosen", "review", "reviewer") and not intake.same(
            sheet, name, before[name], line.cells.get(name, "")
        ):
            reason = "a statement stays as the paper has it: choose one of the two, or correct the value in its table."
            intake.refuse(sheet, line, name, before[name], reason)
    said = line.cells.get("review", "").strip().casefold()
    chosen = line.cells.get("chosen", "") if "chosen" in sheet.columns else before["chosen"]
    sides = {"a": before["value_a"], "b": before["value_b"]}
    about = Field(before["document"], before["patient"], "conflicts", before["conflict"], "chosen")
    if said in sides:
        intake.wish(sheet, line, about, "settle", sides[said])
    elif not intake.same(sheet, "chosen", before["chosen"], chosen):
        side = next((side for side in sides.values() if intake.same(sheet, "chosen", side, chosen)), "")
        if side:
            intake.wish(sheet, line, about, "settle", side)
        else:
            reason = f"a conflict is settled by one of its sides: {sides['a']} or {sides['b']}."
            intake.refuse(sheet, line, "chosen", before["chosen"], reason)
    elif said != before.get("review", "").casefold() and REVIEWS.get(said) != "":
        if REVIEWS.get(said) == "accept" and before["chosen"]:
            intake.wish(sheet, line, about, "settle", before["chosen"])
        else:
            intake.refuse(sheet, line, "review", "", f"'{said}' cannot be chosen. Choose a or b.")


# --- values, one row a value and place


def _read_values(sheet: Sheet, intake: Intake) -> None:
    groups: dict[str, list[Cells]] = defaultdict(list)
    for row in sheet.before:
        groups[row["value_id"]].append(row)
    columns = data_columns(sheet)
    for line in filter(says_anything, sheet.lines):
        name = line.cells.get("value_id", "")
        if not groups.get(name):
            reason = f"value_id '{name}' is not of this run, or stands in too many rows. Put the right one back."
            if not name:
                reason = "a row cannot be added here: type the value into the sheet of its table."
            intake.refuse(sheet, line, "value_id", "", reason)
            continue
        rows = groups[name]
        before = max(rows, key=lambda row: sum(row[column] == line.cells.get(column, "") for column in columns))
        rows.remove(before)
        _read_value(sheet, line, before, intake)
    intake.tell_deleted(sheet, [row for rows in groups.values() for row in rows])


def _read_value(sheet: Sheet, line: Line, before: Cells, intake: Intake) -> None:
    asked = intake.asked(sheet, line, before)
    table, name = before["table"], before["field"]
    was = before["value"]
    now = line.cells.get("value", "") if "value" in sheet.columns else was
    column = intake.column(table, name)
    correctable = name in intake.spelling.can_be_corrected(table) if table != "conflicts" else False
    changed = not unchanged(sheet, column, was, now) and (correctable or not faded(was, now))
    quote = line.cells.get("quote", "")
    if changed and not line.cells.get("words") and not intake.same(sheet, "quote", before["quote"], quote):
        line = replace(line, cells={**line.cells, "words": quote})  # new words for a new value
        before = {**before, "quote": quote}
    for other in data_columns(sheet):
        text = line.cells.get(other, "")
        if other in ASIDE | {"value"} or intake.same(sheet, other, before[other], text) or faded(before[other], text):
            continue
        intake.refuse(sheet, line, other, before[other], "here only value, review, words and why can be written.")
    if asked is None or (asked == "" and not changed):
        return
    about = Field(before["document"], before["patient"], table, before["record"], name)
    reason = ""
    if table == "conflicts":
        reason = "this is decided in the sheet conflicts."
    elif before["shown"] != "yes" and before["value_id"] in intake.shown:
        reason = "this place is not the one shown: change the row that is."
    elif changed and not correctable:
        reason = _fixed(name)
    elif changed and now and asked == "reject":
        reason = "it is rejected and changed at the same time. Do one."
    elif not changed and asked in ("set", "absent"):
        reason = "the value is not changed. Type the right one over it; choose reject if the paper does not say it."
    elif not changed and not was:
        reason = "there is no value. Type the one that holds."
    if reason:
        intake.refuse(sheet, line, "value" if changed else "review", was, reason)
    elif changed:
        value = intake.value(sheet, line, (table, name), was, {}, "value")
        if value is not None:
            own = before if before["shown"] != "yes" and not line.cells.get("words") else None
            intake.wish(sheet, line, about, "set", value, place=own)
    else:
        intake.wish(sheet, line, about, "keep" if asked == "accept" else "set", was if asked == "accept" else "")

"""Faults of schemas/ that no single file shows: an id given twice, a rule for a column that there is not, a unit nobody
knows, a value that its column does not allow, a file that is not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from extract.schema.shapes import (
    Column,
    ColumnRule,
    Context,
    Fields,
    Part,
    PatternRule,
    QuantityRule,
    Rule,
    RulesFile,
    ScalesFile,
    TermsRule,
    Unit,
    UnitsFile,
)
from extract.schema.shapes.base import closest, nearest
from extract.schema.shapes.fields import TABLES
from extract.schema.yamlfile import Fault, Lines, Steps, lines_of

FILES = ("fields", "scales", "units", "sections", "context")
"""The files beside rules/."""

ALSO = ("appraisal",)
"""Files beside them that may be there and are read apart: they change nothing of what is found."""


class SchemaFile(NamedTuple):
    """A file whose shape is right: the name that messages give it, its bytes, what it holds."""

    shown: str
    data: bytes
    value: Part
    known: dict[str, Lines]

    def line(self, *steps: str | int) -> int:
        """The line of a value, looked up when a message needs it."""
        lines = self.known.get("") or self.known.setdefault("", lines_of(self.data))
        way: Steps = steps
        while way and way not in lines:
            way = way[:-1]
        return lines.get(way, 1)

    def fault(self, said: str, *steps: str | int) -> Fault:
        """A fault at a value of this file."""
        return Fault(self.shown, self.line(*steps), said)


def stray_files(folder: Path) -> Iterator[Fault]:
    """Files that look as if they were meant to be read, and are not."""
    for path in sorted([*folder.iterdir(), *(folder / "rules").rglob("*")]):
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        name = path.name.lower()
        if not path.is_file() or name.startswith((".", "~")) or not re.search(r"\.ya?ml(\.txt|\.tmp)?$", name):
            continue
        if not path.name.endswith(".yaml"):
            right = re.sub(r"\.ya?ml(\.txt|\.tmp)?$", ".yaml", path.name, flags=re.IGNORECASE)
            yield Fault(shown, 0, f"this file is not read because of its name. Rename it to {right}.")
        elif path.parent == folder and path.stem not in (*FILES, *ALSO):
            meant = closest(path.stem, (*FILES, *ALSO))
            if meant and not (folder / f"{meant}.yaml").exists():
                yield Fault(shown, 0, f"this file is not read. Did you mean {meant}.yaml?")
            else:
                yield Fault(
                    shown, 0, f"this file is not read here. Rules belong in {folder.name}/rules/: move it there."
                )
        elif path.parent != folder and path.parent != folder / "rules":
            yield Fault(shown, 0, f"folders within rules are not read. Move it to {folder.name}/rules/.")


def whole_faults(files: Mapping[str, SchemaFile], rules: Iterable[SchemaFile], builtin: Fields | None) -> list[Fault]:
    """All faults that need more than one file. ``files``: by kind, ``rules``: those of rules/, ``builtin``: the tables
    that the program fills."""
    rules = tuple(rules)
    return [
        *_given_twice(files, rules),
        *_tables(files["fields"], builtin),
        *_fields_of_rules(files, rules),
        *_units(files, rules, builtin),
        *_values(files["fields"], rules),
    ]


def _rules_in(files: Iterable[SchemaFile]) -> Iterator[tuple[SchemaFile, int, Rule]]:
    for file in files:
        assert isinstance(file.value, RulesFile)
        for index, rule in enumerate(file.value.rules):
            yield file, index, rule


def _given_twice(files: Mapping[str, SchemaFile], rules: Iterable[SchemaFile]) -> Iterator[Fault]:
    named: list[tuple[str, str, SchemaFile, Steps]] = [
        ("rule id", rule.id, file, ("rules", index)) for file, index, rule in _rules_in(rules)
    ]
    for kind, key, what, by in (
        ("scales", "scales", "scale id", "id"),
        ("context", "cues", "cue id", "id"),
        ("units", "units", "unit", "unit"),
    ):
        for index, part in enumerate(getattr(files[kind].value, key)):
            named.append((what, getattr(part, by), files[kind], (key, index)))
    fields = files["fields"].value
    assert isinstance(fields, Fields)
    for table, spec in fields.tables.items():
        for index, column in enumerate(spec.columns):
            named.append((f"column of {table}", column.name, files["fields"], ("tables", table, "columns", index)))
    seen: dict[tuple[str, str], tuple[SchemaFile, Steps]] = {}
    for what, name, file, steps in named:
        if (what, name) in seen:
            first, where = seen[what, name]
            taken = f"{first.shown}:{first.line(*where)}"
            yield file.fault(f"{what} '{name}' is taken by {taken}. Choose another {what.split()[-1]}.", *steps)
        seen.setdefault((what, name), (file, steps))


def _tables(file: SchemaFile, builtin: Fields | None) -> Iterator[Fault]:
    fields = file.value
    assert isinstance(fields, Fields)
    for name in fields.tables:
        if name not in TABLES:
            yield file.fault(f"table '{name}' is not known.{nearest(name, TABLES)}.", "tables", name)
    for name in TABLES:
        if name not in fields.tables:
            yield file.fault(f"table '{name}' is missing. It may have further columns, but it must be there.", "tables")
        elif builtin is not None and name in builtin.tables:
            yield from _columns(file, name, fields, builtin)


def _columns(file: SchemaFile, table: str, fields: Fields, builtin: Fields) -> Iterator[Fault]:
    """Columns that the program fills and the file lacks."""
    names = fields.tables[table].names()
    for column in builtin.tables[table].columns:
        if column.name not in names:
            near = closest(column.name, set(names) - set(builtin.tables[table].names()))
            renamed = f" Was it renamed to '{near}'?" if near else ""
            yield file.fault(
                f"column '{column.name}' of table {table} is missing; the program fills it.{renamed} Put it back: "
                f"{_as_line(column)}",
                "tables", table, "columns",
            )  # fmt: skip


def _as_line(column: Column) -> str:
    more = f", type: {column.type}" if column.type != "text" else ""
    more += f", unit: {column.unit}" if column.unit else ""
    allowed = f", allowed: [{', '.join(column.allowed)}]" if column.allowed else ""
    mention = f", mention: {column.mention}" if column.mention else ""
    return f'- {{name: {column.name}{more}{allowed}{mention}, meaning: "{column.meaning}"}}'


def _fields_of_rules(files: Mapping[str, SchemaFile], rules: Iterable[SchemaFile]) -> Iterator[Fault]:
    fields, context = files["fields"].value, files["context"].value
    assert isinstance(fields, Fields)
    assert isinstance(context, Context)
    filled = {column.mention for spec in fields.tables.values() for column in spec.columns if column.mention}
    known = sorted(filled | set(fields.signals))
    shown = files["fields"].shown
    for file, index, rule in _rules_in(rules):
        if rule.field not in known:
            yield file.fault(
                f"rule '{rule.id}' finds '{rule.field}', which no column of {shown} names as its mention and which is "
                f"no signal.{nearest(rule.field, known)}.",
                "rules", index,
            )  # fmt: skip
        if not isinstance(rule, TermsRule) and not rule.rejects:
            yield file.fault(f"rule '{rule.id}' has no 'rejects'. Show what it must not find.", "rules", index)
    for index, cue in enumerate(context.cues):
        for name in cue.fields:
            if name not in known:
                said = f"cue '{cue.id}' is for '{name}', which no rule can find.{nearest(name, known)}."
                yield files["context"].fault(said, "cues", index, "fields")


def writings(units: Iterable[Unit]) -> list[tuple[str, Unit]]:
    """Every way in which units are written: first as it stands, then in small letters; long ones also with an s."""
    found = [
        (name, unit)
        for unit in units
        for written in (unit.unit, *unit.words, *unit.exact)
        for name in ((written, f"{written}s") if len(written) > 2 else (written,))
    ]
    return found + [(name.lower(), unit) for name, unit in found]


def _units(files: Mapping[str, SchemaFile], rules: Iterable[SchemaFile], builtin: Fields | None) -> Iterator[Fault]:
    """Units that units.yaml lacks: of scales, of rules, and of columns that only this file has."""
    units, scales, fields = files["units"].value, files["scales"].value, files["fields"].value
    assert isinstance(units, UnitsFile)
    assert isinstance(scales, ScalesFile)
    assert isinstance(fields, Fields)
    known = {written for written, _ in writings(units.units)}
    names = [unit.unit for unit in units.units]
    asked: list[tuple[str, str, SchemaFile, Steps]] = []
    for index, scale in enumerate(scales.scales):
        asked += [(unit, f"scale '{scale.id}'", files["scales"], ("scales", index, "units")) for unit in scale.units]
    for file, index, rule in _rules_in(rules):
        if isinstance(rule, QuantityRule):
            asked += [(unit, f"rule '{rule.id}'", file, ("rules", index, "units")) for unit in rule.units]
        elif isinstance(rule, PatternRule | ColumnRule) and rule.unit:
            asked.append((rule.unit, f"rule '{rule.id}'", file, ("rules", index, "unit")))
    for table, spec in fields.tables.items():
        for index, column in enumerate(spec.columns):
            own = builtin is not None and table in builtin.tables and column.name not in builtin.tables[table].names()
            if column.unit and own:
                place = ("tables", table, "columns", index, "unit")
                asked.append((column.unit, f"column '{column.name}'", files["fields"], place))
    yield from _other_units(units.units, fields, rules)
    for unit, who, file, steps in asked:
        if not {unit, unit.lower()} & known:
            near = closest(unit, names)
            yield file.fault(
                f"{who} has the unit '{unit}', which is not in {files['units'].shown}."
                f"{f' Did you mean {near!r}?' if near else ''} "
                "Correct it, or add the unit there.",
                *steps,
            )


def _other_units(units: Iterable[Unit], fields: Fields, rules: Iterable[SchemaFile]) -> Iterator[Fault]:
    """Rules whose unit cannot be converted to that of their column: their finds would be lost."""
    known = dict(reversed(writings(units)))
    counted = {c.mention: c for spec in fields.tables.values() for c in spec.columns if c.mention and c.unit}
    for file, index, rule in _rules_in(rules):
        column = counted.get(rule.field)
        if column is None or not isinstance(rule, QuantityRule | PatternRule | ColumnRule):
            continue
        named = rule.units if isinstance(rule, QuantityRule) else (rule.unit,)
        for unit in (known.get(name) or known.get(name.lower()) for name in named):
            wanted = known.get(column.unit)
            if unit and wanted and (unit.base or unit.unit) != (wanted.base or wanted.unit):
                key = "units" if isinstance(rule, QuantityRule) else "unit"
                yield file.fault(
                    f"rule '{rule.id}' gives {unit.unit}, which cannot be converted to {column.unit}, the unit of its "
                    f"column '{column.name}'. Change one of the two, or their 'base' in units.yaml.",
                    "rules", index, key,
                )  # fmt: skip


_FLAGS = ("true", "yes", "present", "false", "no", "absent")
"""What a rule may give for a column of type boolean."""


def _values(file: SchemaFile, rules: Iterable[SchemaFile]) -> Iterator[Fault]:
    """Values that rules give and their column refuses: they would be lost."""
    fields = file.value
    assert isinstance(fields, Fields)
    allowed: dict[str, tuple[str, ...]] = {}
    for spec in fields.tables.values():
        for column in spec.columns:
            if column.mention and column.type == "boolean":
                allowed[column.mention] = _FLAGS
            elif column.mention and column.allowed:
                allowed[column.mention] = column.allowed
    for one, index, rule in _rules_in(rules):
        if rule.field not in allowed:
            continue
        for value, steps in _values_of(rule):
            if value not in allowed[rule.field]:
                yield one.fault(
                    f"rule '{rule.id}' gives '{value}', which the column for '{rule.field}' in {file.shown} does not "
                    f"allow: it would be lost.{nearest(value, allowed[rule.field])}.",
                    "rules", index, *steps,
                )  # fmt: skip


def _values_of(rule: Rule) -> Iterator[tuple[str, Steps]]:
    if isinstance(rule, TermsRule):
        for number, term in enumerate(rule.terms):
            yield term.value, ("terms", number, "value")
    elif isinstance(rule, PatternRule):
        if rule.value is not None and "{" not in rule.value:
            yield rule.value, ("value",)
    elif isinstance(rule, ColumnRule):
        for cell, value in rule.values.items():
            yield value, ("values", cell)

"""The store: a record is whole or its damage is noticed; a stage is made anew only when what it depends on changes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import grimp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.model import Document, Run
from extract.read import read_document
from extract.schema import Schema, load_schema
from extract.sources import Source, collect
from extract.store import Busy, Damaged, FileDigests, Records, StagedWork, Store, in_words, locked, stage_keys
from extract.store.documents import document_from_bytes, document_to_bytes
from extract.store.keys import PARTS, ROOMS, part_of
from extract.store.lock import owner
from extract.store.packing import Failure, Header, Stage, Told, make_part, open_part, pack, unpack
from extract.store.plan import plan_work
from extract.store.records import FILE, Entry, duplicate
from extract.store.stages import failure_key
from extract.worker import Limits

SHA = "ab" * 32
TEXT = "Case report\n\nA girl of nine years was given 5 cells/kg intravenously. She had no fever.\n"
LIMITS = Limits(seconds=10, megabytes=100)


def record(sha256: str = SHA) -> bytes:
    read, packed = make_part("key", b"what was read " * 20)
    link, more = make_part("key", b'{"paper": 1}')
    header = Header(sha256=sha256, stages={"read": read, "link": link}, told=Told(status="ok", pages=2))
    return pack(header, {"read": packed, "link": more})


def put_paper(folder: Path, text: str = TEXT, name: str = "a.txt") -> Source:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return collect([folder / name])[0]


def work_on(source: Source, store: Store, schema: Schema, **how: bool) -> Header:
    """What a worker does with a source, in this process; the header it gives."""
    return unpack(StagedWork(store.folder, stage_keys(schema), **how)(source.path, schema, source.sha256))[0]


def edited(folder: Path, file: str, old: str, new: str) -> Schema:
    """The schema of a folder after an edit."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_schema(folder)


# --- records as bytes


def test_a_record_comes_back_as_it_was_packed() -> None:
    header, parts = unpack(record())
    assert header.told == Told(status="ok", pages=2)
    assert open_part(header.stages["read"], parts["read"]) == b"what was read " * 20
    assert open_part(header.stages["link"], parts["link"]) == b'{"paper": 1}'


def open_all(data: bytes) -> None:
    header, parts = unpack(data)
    for stage, part in header.stages.items():
        open_part(part, parts.get(stage, b""))


@given(st.data())
def test_no_damage_goes_unnoticed(data: st.DataObject) -> None:
    whole = record()
    if data.draw(st.booleans()):
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        place, bits = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
        damaged = whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :]
    with pytest.raises(Damaged):
        open_all(damaged)


def test_a_record_under_the_name_of_another_paper_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(record())
    store.path("cd" * 32).parent.mkdir()
    store.path(SHA).rename(store.path("cd" * 32))
    with pytest.raises(Damaged, match="another paper"):
        store.get("cd" * 32)


def test_a_writer_that_fails_leaves_the_old_record_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put(record())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    part, packed = make_part("another", b"new")
    with pytest.raises(OSError, match="No space"):
        store.put(pack(Header(sha256=SHA, stages={"read": part}), {"read": packed}))
    assert store.get(SHA)[0] == unpack(record())[0]
    assert [path.name for path in store.path(SHA).parent.iterdir()] == [SHA]


def test_what_killed_writers_left_is_no_record_and_is_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(record())
    (store.path(SHA).parent / ".x.part").write_bytes(b"half")
    assert list(store.digests()) == [SHA]
    store.sweep()
    assert [path.name for path in store.path(SHA).parent.iterdir()] == [SHA]


def test_a_document_comes_back_exactly(schema: Schema, sample: Path) -> None:
    document = read_document(next(sample.glob("08_*.pdf")), schema)
    assert len(document.runs) > 100
    assert document_from_bytes(document_to_bytes(document)) == document


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 99), *[st.floats(allow_nan=False)] * 4), max_size=5))
def test_every_number_of_a_word_box_is_kept(boxes: list[tuple[int, int, float, float, float, float]]) -> None:
    runs = tuple(Run(start, start + size, 1, *sides) for start, size, *sides in boxes)
    document = Document(name="", file="", sha256="", format="pdf", text="x\n" * 600, runs=runs)
    assert document_from_bytes(document_to_bytes(document)) == document


def test_bytes_that_are_no_document_are_refused() -> None:
    for data in (b"", b"{}\n0\n", b"no json\n0\n", b"{}\nmany\n"):
        with pytest.raises(Damaged):
            document_from_bytes(data)


# --- what a stage depends on


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("sections.yaml", "case report", "case story", "read"),
        ("rules/routes.yaml", "intravenous]", "intravenous, i.v.]", "find"),
        ("context.yaml", 'words: ["no"]', 'words: ["no", "nor"]', "find"),
        ("scales.yaml", "maximum: 105", "maximum: 104", "find link"),
        ("units.yaml", "words: [kg]", "words: [kg, kilo]", "find"),
        ("fields.yaml", "Sex as stated", "The sex as stated", "find link"),
        ("sections.yaml", "sections:\n", "# a remark\nsections:\n", ""),
    ],
)
def test_an_edit_changes_the_keys_of_the_stages_that_depend_on_it(
    schemas_folder: Path, file: str, old: str, new: str, changed: str
) -> None:
    before = stage_keys(load_schema(schemas_folder))
    after = stage_keys(edited(schemas_folder, file, old, new))
    assert {name for name in before._fields if getattr(before, name) != getattr(after, name)} == set(changed.split())


def test_reading_scans_is_another_reading(small_schema: Schema) -> None:
    assert stage_keys(small_schema).read != stage_keys(small_schema, ocr=True).read


@pytest.mark.parametrize("stage", list(PARTS))
def test_a_stage_is_shown_only_what_its_key_holds(small_schema: Schema, stage: Stage) -> None:
    shown = part_of(small_schema, stage)
    for name in ("rules", "scales", "units", "sections", "context", "tables"):
        assert hasattr(shown, name) == (name in PARTS[stage])


@pytest.mark.parametrize("stage", list(ROOMS))
def test_the_key_of_a_stage_holds_all_code_that_it_runs(stage: Stage) -> None:
    """But for what makes the schema, whose values are in the key, and what runs only for people who look on."""
    graph = grimp.build_graph("extract", exclude_type_checking_imports=True, cache_dir=None)
    rooms = [f"extract.{room.removesuffix('.py').replace('/', '.')}" for room in ROOMS[stage]]
    spared = ("extract.schema", "extract.find.examples", "extract.read.rereading", "extract.read.pictures")
    seen: set[str] = set()
    todo = [f"extract.{stage}", *graph.find_descendants(f"extract.{stage}")]
    while todo:
        module = todo.pop()
        inside = any(module == room or module.startswith(f"{room}.") for room in rooms)
        if module in seen or (not inside and (module == "extract" or module.startswith(spared))):
            continue
        assert inside, f"{module} is run by {stage}, and its key does not hold it"
        seen.add(module)
        if not module.startswith(spared):
            todo += graph.find_modules_directly_imported_by(module)


# --- the stages of one paper


def test_a_changed_rule_reads_nothing_anew(tmp_path: Path, schemas_folder: Path) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    first = work_on(source, store, load_schema(schemas_folder))
    source.path.unlink()  # whoever reads it now, fails
    rules = edited(schemas_folder, "rules/routes.yaml", "[intravenously, intravenous]", "[intravenously]")
    second = work_on(source, store, rules)
    assert second.stages["read"] == first.stages["read"]
    assert second.stages["find"].key != first.stages["find"].key
    with pytest.raises(FileNotFoundError):
        work_on(source, store, edited(schemas_folder, "sections.yaml", "case report", "case story"))


def test_what_is_found_anew_and_is_the_same_is_not_linked_anew(tmp_path: Path, schemas_folder: Path) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    first = work_on(source, store, load_schema(schemas_folder))
    second = work_on(source, store, edited(schemas_folder, "units.yaml", "words: [kg]", "words: [kg, kilo]"))
    assert second.stages["find"].key != first.stages["find"].key
    assert second.stages["link"] == first.stages["link"]


def test_a_paper_of_which_all_is_right_is_not_written_again(tmp_path: Path, small_schema: Schema) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    work_on(source, store, small_schema)
    place = store.path(source.sha256).stat().st_ino
    work_on(source, store, small_schema)
    assert store.path(source.sha256).stat().st_ino == place
    work_on(source, store, small_schema, anew=True)
    assert store.path(source.sha256).stat().st_ino != place


def test_a_damaged_part_is_made_anew_and_told_of(tmp_path: Path, small_schema: Schema) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    assert not work_on(source, store, small_schema).mended
    path = store.path(source.sha256)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    assert work_on(source, store, small_schema).mended
    assert path.read_bytes() == whole


def test_without_a_store_the_whole_record_comes_back(tmp_path: Path, small_schema: Schema) -> None:
    source = put_paper(tmp_path / "in")
    data = StagedWork(None, stage_keys(small_schema))(source.path, small_schema, source.sha256)
    assert set(unpack(data)[1]) == {"read", "find", "link"}
    Store(tmp_path / "store").put(data)
    assert work_on(source, Store(tmp_path / "store"), small_schema) == unpack(data)[0]


def test_a_file_that_has_changed_since_it_was_digested_is_not_taken(tmp_path: Path, small_schema: Schema) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    source.path.write_text(TEXT.replace("nine", "ten"), encoding="utf-8")
    with pytest.raises(Exception, match=r"a\.txt: the file was changed while it was being read"):
        work_on(source, store, small_schema)
    assert list(store.digests()) == []


# --- what is to be done


def failure(schema: Schema, source: Source, reason: str, stage: Stage = "read") -> Failure:
    key = failure_key(stage, stage_keys(schema), source.path)
    words = f"{FILE}: could not be read."
    return Failure(stage=stage, key=key, reason=reason, message=words, seconds=10, megabytes=100)


def test_the_largest_papers_come_first(tmp_path: Path, small_schema: Schema) -> None:
    sources = [put_paper(tmp_path, "x" * size, f"{name}.txt") for name, size in (("a", 5), ("b", 50), ("c", 20))]
    plan = plan_work(sources, Store(tmp_path / "store"), stage_keys(small_schema), LIMITS)
    assert [path.name for _, path, _ in plan.tasks] == ["b.txt", "c.txt", "a.txt"]


@pytest.mark.parametrize(
    ("reason", "limits", "again", "because"),
    [
        ("encrypted", Limits(20, 200), False, "no limit opens it"),
        ("timeout", LIMITS, False, "it would take as long"),
        ("timeout", Limits(5, 100), False, "it would be given less time"),
        ("timeout", Limits(11, 100), True, "there is more time"),
        ("out_of_memory", Limits(99, 100), False, "time is not what it lacks"),
        ("out_of_memory", Limits(10, 101), True, "there is more memory"),
    ],
)
def test_a_failure_is_tried_again_when_its_limit_has_grown(
    tmp_path: Path, small_schema: Schema, reason: str, limits: Limits, again: bool, because: str
) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path)
    store.put_failure(source.sha256, failure(small_schema, source, reason))
    plan = plan_work([source], store, stage_keys(small_schema), limits)
    assert bool(plan.tasks) is again, because
    assert plan_work([source], store, stage_keys(small_schema), limits, failed=True).tasks


@pytest.mark.parametrize(("stage", "again"), [("read", False), ("find", True), ("link", True)])
def test_a_changed_rule_gives_another_try_to_what_failed_by_rules(
    tmp_path: Path, schemas_folder: Path, stage: Stage, again: bool
) -> None:
    schema = load_schema(schemas_folder)
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    store.put_failure(source.sha256, failure(schema, source, "crashed", stage))
    rules = edited(schemas_folder, "rules/routes.yaml", "intravenous]", "intravenous, i.v.]")
    assert bool(plan_work([source], store, stage_keys(rules), LIMITS).tasks) is again


def test_a_failure_is_told_with_the_name_that_the_file_has_now(tmp_path: Path, small_schema: Schema) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path)
    store.put_failure(source.sha256, failure(small_schema, source, "encrypted"))
    renamed = source._replace(path=tmp_path / "b.txt")
    plan = plan_work([renamed], store, stage_keys(small_schema), LIMITS)
    assert plan.entries[0].message == "b.txt: could not be read."


def test_the_same_bytes_under_another_kind_of_name_are_another_paper(tmp_path: Path, small_schema: Schema) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    work_on(source, store, small_schema)
    plan = plan_work([source._replace(path=tmp_path / "a.xml")], store, stage_keys(small_schema), LIMITS)
    assert len(plan.tasks) == 1


# --- records of a run


def test_records_are_loaded_as_often_as_asked_under_the_names_of_their_sources(
    tmp_path: Path, small_schema: Schema
) -> None:
    store, source = Store(tmp_path / "store"), put_paper(tmp_path / "in")
    told = work_on(source, store, small_schema).told
    assert told is not None
    other, failed = source._replace(name="b", file="in/b.txt"), source._replace(name="c", sha256=SHA)
    entries = [
        Entry(told),
        duplicate(other, "a", Entry(told)),
        Entry(Told(status="failed", reason="encrypted"), "locked"),
    ]
    records = Records([source, other, failed], entries, store, "the rules")
    for _ in range(2):
        assert [each.paper.name for each in records] == ["a", "b", "c"]
    assert len(records) == 3
    assert [each.paper.reason for each in records[1:]] == ["duplicate_file", "encrypted"]
    assert {each.schema_hash for each in records} == {"the rules"}
    assert records[2].issues[0].message == "locked"
    store.path(source.sha256).write_bytes(b"")
    with pytest.raises(Damaged):
        records[0]


# --- digests and lock


def test_a_digest_is_not_computed_again_until_the_file_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extract.store import digests as module

    paper = tmp_path / "a.pdf"
    paper.write_bytes(b"one")
    asked: list[Path] = []

    def count(file: Path) -> str:
        asked.append(file)
        return file.read_bytes().hex()

    monkeypatch.setattr(module, "digest_of", count)
    monkeypatch.setattr(module, "SETTLED", -60)
    first = FileDigests(tmp_path)
    assert (first(paper), first(paper)) == (b"one".hex(), b"one".hex())
    first.save()
    assert FileDigests(tmp_path)(paper) == b"one".hex()
    assert len(asked) == 1
    state = paper.stat()
    paper.write_bytes(b"two")
    os.utime(paper, ns=(state.st_atime_ns, state.st_mtime_ns))  # the same size and the same time of change
    assert FileDigests(tmp_path)(paper) == b"two".hex()


def test_the_digest_of_a_file_just_written_is_not_kept(tmp_path: Path) -> None:
    paper = tmp_path / "a.pdf"
    paper.write_bytes(b"one")
    digests = FileDigests(tmp_path)
    digests(paper)
    digests.save()
    assert not (tmp_path / "files.json").exists()


def test_damaged_digests_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.store import digests as module

    monkeypatch.setattr(module, "SETTLED", -60)
    paper = tmp_path / "a.pdf"
    paper.write_bytes(b"one")
    digests = FileDigests(tmp_path)
    right = digests(paper)
    digests.save()
    kept = tmp_path / "files.json"
    kept.write_bytes(kept.read_bytes().replace(right.encode(), b"0" * 64))
    assert FileDigests(tmp_path)(paper) == right


def test_a_second_run_learns_who_holds_the_folder_and_for_how_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(tmp_path) as works:
        assert works
        told = json.loads((tmp_path / "lock").read_text())
        (tmp_path / "lock").write_text(json.dumps({**told, "since": time.time() - 300}))
        with pytest.raises(Busy, match=rf"^process {os.getpid()} of .+ on .+, for 5 min$"), locked(tmp_path):
            pass
    assert owner(tmp_path) == ""
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (3570, "1 h 0 min"), (11100, "3 h 5 min"), (187200, "2 d 4 h")],
)
def test_lengths_of_time_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words

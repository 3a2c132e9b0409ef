"""Runs that take up where others ended: nothing is done twice, and the tables are the same whatever was kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from children import act
from folders import files_of
from typer.testing import CliRunner, Result

from extract import batch, sources
from extract.cli import app
from extract.cli.telling import LOG, Pace
from extract.evidence import read_table
from extract.guard import Result as Read
from extract.schema import Schema, load_schema
from extract.sources import WrongUse
from extract.store import FOLDER, Step, Store, locked
from extract.worker import Limits, Task, Work

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

WORDS = "Case report\n\nA girl of nine years was given 5 cells/kg intravenously. Her SLEDAI-2K was {}.\n"


class Desk:
    """Reads papers in this process, as ``guard.read_guarded`` does in others; counts what it is given."""

    def __init__(self, failing: Sequence[str] = (), reason: str = "timeout", outside: bool = False) -> None:
        self.read: list[str] = []
        self.failing, self.reason, self.outside = failing, reason, outside

    def __call__(
        self,
        tasks: Sequence[Task],
        schema: Schema,
        *,
        workers: int,
        limits: Limits,
        work: Work | None = None,
        check_rules: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Read]:
        assert work is not None
        del workers, limits, check_rules  # it reads one after the other, and as long as it takes
        for number, path, name in tasks:
            if stop and stop():
                return
            self.read.append(path.stem)
            if path.stem in self.failing:
                yield Read(number, b"", self.reason, f"{path.name}: failed.", 1, stage="read", outside=self.outside)
            else:
                made = work(path, schema, name)
                data = made if isinstance(made, bytes) else made.model_dump_json().encode()
                yield Read(number, data, "", "", 0.1)


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    """Four small papers; the later the smaller."""
    folder = tmp_path / "in"
    folder.mkdir()
    for place, name in enumerate("abcd"):
        (folder / f"{name}.txt").write_text(WORDS.format(place + 2) + "\n" * (4 - place), encoding="utf-8")
    return sorted(folder.iterdir())


# --- what is kept


def test_a_second_run_reads_nothing_and_writes_the_same(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=desk)
    assert desk.read == ["a", "b", "c", "d"]
    before = files_of(out)
    summary = batch.run(papers, out, small_schema, reader=desk)
    assert len(desk.read) == 4
    assert summary.kept == 4
    assert files_of(out) == before


def test_what_a_killed_run_left_of_its_tables_is_deleted(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=desk)
    before = set(files_of(out))
    for name in (".values.csv.x1.part", ".run.json.x2.part", ".baseline/.values.csv.gz.x3.part"):
        (out / name).write_bytes(b"half a ta")
    mine = out / "notes.part"
    mine.write_text("of a person", encoding="utf-8")
    batch.run(papers, out, small_schema, reader=desk)
    mine.unlink()
    assert set(files_of(out)) == before


def test_only_what_is_new_or_changed_is_read(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers[:3], out, small_schema, reader=desk)
    papers[1].write_text(WORDS.format(9), encoding="utf-8")
    desk.read.clear()
    batch.run(papers, out, small_schema, reader=desk)
    assert sorted(desk.read) == ["b", "d"]
    fresh = tmp_path / "fresh"
    batch.run(papers, fresh, small_schema, reader=Desk())
    assert files_of(out) == files_of(fresh)


def test_a_renamed_paper_is_not_read_again_and_told_of_by_its_new_name(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=desk)
    papers[0] = papers[0].rename(papers[0].with_name("z.txt"))
    batch.run(papers, out, small_schema, reader=desk)
    assert len(desk.read) == 4
    fresh = tmp_path / "fresh"
    batch.run(papers, fresh, small_schema, reader=Desk())
    assert files_of(out) == files_of(fresh)


def test_force_reads_everything_anew(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=desk)
    batch.run(papers, out, small_schema, reader=desk, force=True)
    assert len(desk.read) == 8


def test_a_folder_of_an_older_version_is_simply_read(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    out, desk = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=Desk())
    before = files_of(out)
    subprocess.run(["rm", "-r", str(out / FOLDER)], check=True)
    batch.run(papers, out, small_schema, reader=desk)
    assert len(desk.read) == 4
    assert files_of(out) == before


def test_a_changed_rule_gives_the_same_tables_as_a_fresh_run(
    papers: list[Path], tmp_path: Path, schemas_folder: Path
) -> None:
    out = tmp_path / "out"
    batch.run(papers, out, load_schema(schemas_folder), reader=Desk())
    before = files_of(out)
    scales = schemas_folder / "scales.yaml"
    scales.write_text(scales.read_text().replace("maximum: 105", "maximum: 3"), encoding="utf-8")
    rules = load_schema(schemas_folder)
    batch.run(papers, out, rules, reader=Desk())
    fresh = tmp_path / "fresh"
    batch.run(papers, fresh, rules, reader=Desk())
    assert files_of(out) == files_of(fresh)
    assert files_of(out) != before


def test_what_is_done_instead_of_reading_is_not_kept(tmp_path: Path, small_schema: Schema) -> None:
    (tmp_path / "a.txt").write_text("read")
    batch.run([tmp_path / "a.txt"], tmp_path / "out", small_schema, work=act, reader=Desk())
    assert list(Store(tmp_path / "out" / FOLDER).digests()) == []


# --- what failed


def test_failures_are_kept_until_somebody_asks(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    out, desk, limits = tmp_path / "out", Desk(failing=["b"]), Limits(seconds=5)
    first = batch.run(papers, out, small_schema, reader=desk, limits=limits)
    assert first.failures == [("b", "timeout", "b.txt: failed.")]
    before = files_of(out)
    second = batch.run(papers, out, small_schema, reader=Desk(), limits=limits)
    assert (second.failures, second.failures_kept) == (first.failures, 1)
    assert files_of(out) == before
    again = Desk()
    third = batch.run(papers, out, small_schema, reader=again, limits=limits, only_failed=True)
    assert (again.read, third.failures) == (["b"], [])
    fresh = tmp_path / "fresh"
    batch.run(papers, fresh, small_schema, reader=Desk())
    assert files_of(out) == files_of(fresh)


def test_what_was_ended_from_outside_is_tried_again_by_itself(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out, again = tmp_path / "out", Desk()
    batch.run(papers, out, small_schema, reader=Desk(failing=["b"], reason="out_of_memory", outside=True))
    assert batch.run(papers, out, small_schema, reader=again).failures == []
    assert again.read == ["b"]


# --- stopped


def stopping_after(number: int, desk: Desk) -> Callable[[], bool]:
    return lambda: len(desk.read) >= number


def test_a_stopped_run_writes_what_it_has_and_the_next_goes_on(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out, desk = tmp_path / "out", Desk()
    summary = batch.run(papers, out, small_schema, reader=desk, stop=stopping_after(2, desk))
    assert summary.unread == 2
    assert summary.failures == []
    table = read_table(out / "documents.csv").set_index("document")
    assert [name for name, reason in table["reason"].items() if reason == "interrupted"] == ["c", "d"]
    assert json.loads((out / "run.json").read_text())["unread"] == 2
    more = Desk()
    batch.run(papers, out, small_schema, reader=more)
    assert more.read == ["c", "d"]
    fresh = tmp_path / "fresh"
    batch.run(papers, fresh, small_schema, reader=Desk())
    assert files_of(out) == files_of(fresh)
    assert not (out / ".previous").exists()  # half a run is nothing to compare with


def test_a_run_that_is_stopped_at_once_leaves_the_tables_alone(
    papers: list[Path], tmp_path: Path, small_schema: Schema
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        batch.run(papers, out, small_schema, reader=Desk(), stop=lambda: True)
    assert not out.exists()


def test_two_runs_in_one_folder_do_not_meet(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    out = tmp_path / "out"
    batch.run(papers, out, small_schema, reader=Desk())
    with locked(out / FOLDER), pytest.raises(WrongUse, match=rf"another run is at work there \(process {os.getpid()} "):
        batch.run(papers, out, small_schema, reader=Desk())


def test_the_folder_is_locked_until_all_is_written(papers: list[Path], tmp_path: Path, small_schema: Schema) -> None:
    def another(summary: batch.Summary) -> None:
        with pytest.raises(WrongUse, match="another run"):
            batch.run(papers, summary.folder, small_schema, reader=Desk())

    batch.run(papers, tmp_path / "out", small_schema, reader=Desk(), then=another)


# --- the command


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """A folder in which the command has read a sample paper and failed to read another file."""
    work = tmp_path_factory.mktemp("once")
    (work / "in").mkdir()
    (work / "in" / "08_hands_letter.pdf").write_bytes(next(sample.glob("08_*.pdf")).read_bytes())
    (work / "in" / "broken.pdf").write_bytes(b"no paper")
    result = call("run", work / "in", "-o", work / "out", "--csv-only")
    assert result.exit_code == 1, result.output
    return work


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_second_time_is_told_as_such(read_once: Path) -> None:
    result = call("run", read_once / "in", "-o", read_once / "out", "--csv-only")
    assert result.exit_code == 1
    assert "2 papers kept from earlier runs, nothing to read." in result.stderr
    assert "Not read: broken (not_a_pdf)." in result.stderr
    assert "1 failure known from an earlier run; --only-failed tries again." in result.stderr


def test_quiet_says_only_what_went_wrong(read_once: Path) -> None:
    result = call("run", read_once / "in", "-o", read_once / "out", "--csv-only", "--quiet")
    assert result.stdout == ""
    assert result.stderr.startswith("Not read: broken (not_a_pdf).")
    assert len(result.stderr.splitlines()) == 1


def test_the_json_log_is_json_line_by_line(read_once: Path) -> None:
    result = call("run", read_once / "in", "-o", read_once / "out", "--csv-only", "--json-log", "--only-failed")
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert [event["event"] for event in events] == ["begin", "paper", "failed", "end"]
    assert (events[0]["total"], events[0]["kept"], events[0]["to_read"]) == (2, 1, 1)
    assert (events[1]["document"], events[1]["status"], events[1]["reason"]) == ("broken", "failed", "not_a_pdf")
    assert events[3]["counts"]["documents"] == 2


def test_the_log_grows_with_each_run(read_once: Path) -> None:
    log = read_once / "out" / LOG
    before = log.read_text(encoding="utf-8")
    call("run", read_once / "in", "-o", read_once / "out", "--csv-only", "--quiet")
    after = log.read_text(encoding="utf-8")
    assert after.startswith(before)
    assert "2 papers: 2 kept from earlier runs, 0 to read" in after[len(before) :]


def test_quiet_and_json_log_exclude_each_other(read_once: Path) -> None:
    result = call("run", read_once / "in", "--quiet", "--json-log")
    assert (result.exit_code, result.stderr) == (2, "--quiet and --json-log: choose one of them.\n")


def test_a_run_without_papers_is_told_what_to_name() -> None:
    result = call("run")
    assert result.exit_code == 2
    assert "Name papers, or folders that hold them" in result.stderr


def test_cache_shows_what_is_kept_and_prunes_what_is_not_needed(read_once: Path) -> None:
    out = read_once / "out"
    told = call("cache", out)
    assert told.exit_code == 0
    assert "2 records" in told.stdout
    assert "taken as is    1" in told.stdout
    assert "not readable   1 (not_a_pdf 1)" in told.stdout
    store = Store(out / FOLDER)
    kept = set(store.digests())
    store.put(record_of("ab" * 32))
    found = json.loads(call("cache", out, "--json").stdout)
    assert (found["unused"], found["records"]) == (["ab" * 32], 3)
    paper = next(sha for sha in kept if "read" in store.get(sha)[0].stages)
    whole = store.path(paper).read_bytes()
    store.path(paper).write_bytes(whole[:-5])
    assert call("cache", out).exit_code == 1
    assert "damaged        1" in call("cache", out, "--prune").stdout
    assert set(store.digests()) == kept - {paper}
    store.put(whole)


def record_of(sha256: str) -> bytes:
    from extract.store.packing import Header, Told, pack

    return pack(Header(sha256=sha256, told=Told(status="ok")), {})


def test_cache_of_a_folder_without_records_says_so(tmp_path: Path) -> None:
    result = call("cache", tmp_path)
    assert result.exit_code == 2
    assert "holds no records of papers" in result.stderr


def test_cache_does_not_prune_under_a_run(read_once: Path) -> None:
    with locked(read_once / "out" / FOLDER):
        result = call("cache", read_once / "out", "--prune")
    assert result.exit_code == 2
    assert "a run is at work there" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_ctrl_c_finishes_the_papers_in_hand_and_says_how_to_go_on(tmp_path: Path, sample: Path) -> None:
    command = [sys.executable, "-m", "extract", "run", str(sample), "-o", "out", "--csv-only", "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith("[1/16]"):
                run.send_signal(signal.SIGINT)
                break
        said = run.stderr.read()
    assert run.returncode == 130
    assert "Stopping: the papers in hand are finished first." in said
    assert "not read yet. Run the same command again to go on." in said
    table = read_table(tmp_path / "out" / "documents.csv")
    unread = int((table["reason"] == "interrupted").sum())
    assert f"Stopped: {unread} papers not read yet" in said
    assert len(list(Store(tmp_path / "out" / FOLDER).digests())) == 16 - unread > 0


# --- progress and watching


def test_time_left_follows_from_the_work_that_is_done() -> None:
    pace = Pace()
    for now, done, share in ((100.0, 1, 0.1), (110.0, 3, 0.3), (120.0, 5, 0.5)):
        pace.note(Step(done, 20, 0, 0, share, "x"), now)
    assert pace.rate == pytest.approx(0.2)
    assert pace.left == pytest.approx(25)
    assert str(pace) == "12.0/min, 25 s left"


def test_nothing_is_foretold_from_the_first_paper() -> None:
    pace = Pace()
    pace.note(Step(1, 20, 0, 0, 0.1, "x"), 5)
    assert (pace.rate, pace.left, str(pace)) == (None, None, "")


def test_watching_waits_until_a_paper_is_there_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    paper = tmp_path / "a.pdf"
    happens: list[Callable[[], object]] = [
        lambda: None,
        lambda: paper.write_bytes(b"ha"),
        lambda: paper.write_bytes(b"half"),  # still being copied
        lambda: None,
        lambda: None,
        lambda: (rules / "scales.yaml").write_text("scales: []"),
        lambda: None,
        lambda: paper.unlink(),
        lambda: None,
    ]
    seen: list[bool] = []

    def watch() -> None:
        for papers in sources.changes([tmp_path], [rules]):
            seen.append(papers)

    left = iter(happens)

    class Over(Exception):
        pass

    def sleep(_: float) -> None:
        step = next(left, None)
        if step is None:
            raise Over
        step()

    monkeypatch.setattr(sources.time, "sleep", sleep)
    with pytest.raises(Over):
        watch()
    assert seen == [False, True, True, False]


# --- killed


@pytest.mark.skipif(sys.platform != "linux", reason="what is killed is found as Linux has it")
def test_five_kills_lose_nothing_and_nothing_is_read_twice(tmp_path: Path) -> None:
    from kills import trial

    came = trial(tmp_path, kills=5, papers=20, seed=3, workers=2)
    assert came.kills.total() == 5
    assert (came.differ, came.remade, came.twice, came.broken, came.left) == ([], 0, 0, 0, 0)

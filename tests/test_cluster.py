"""Reading on a Dask cluster: separate processes on loopback, one of them killed, the same bytes as on one machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from folders import files_of
from typer.testing import CliRunner

from extract import batch
from extract.batch import Limits
from extract.cli import app
from extract.cluster import ClusterError, _difference, read_on_cluster
from extract.crew import program
from extract.guard import Result
from extract.model import CaseRecord, Paper
from extract.schema import Schema
from extract.store import Step

pytest.importorskip("distributed", reason="Dask is not installed")

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample"
LIMITS = Limits(seconds=100, megabytes=512)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach another machine is an error; this one may be reached."""
    plain = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        assert self.family == socket.AF_UNIX or address[0] == "127.0.0.1", f"a test tried to reach {address}"
        return plain(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def told_in(process: subprocess.Popen[str], words: str) -> str:
    """What stands after some words in the first line of a process's messages that has them."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if found := re.search(rf"{words}\s*(\S+)", line):
            return found[1]
    raise AssertionError("".join(seen))


@contextmanager
def dask(*arguments: str, ready: str, code: Path = ROOT) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of Dask's command line, and the address at which it has said that it is ready."""
    command = [sys.executable, "-W", "ignore", "-m", "dask", *arguments]
    path = os.pathsep.join([str(code), str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/", env=environment) as process:
        try:
            yield process, told_in(process, ready)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", ready="Scheduler at:") as (_, at):
        yield at


@contextmanager
def worker(scheduler: str, folder: Path, *more: str, code: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    options = ("--nthreads", "1", "--no-dashboard", "--local-directory", str(folder), *more)
    with dask("worker", scheduler, *options, ready="Registered to:", code=code) as (process, _):
        yield process


@pytest.fixture(scope="module")
def crew(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with one worker, which a nanny watches as Dask does by itself."""
    with worker(scheduler, tmp_path_factory.mktemp("worker")):
        yield scheduler


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for name in ("08_hands_letter", "13_eye_gvhd_both_eyes", "15_knee_timeline", "16_ulcerative_colitis_discussion"):
        shutil.copy(SAMPLE / f"{name}.pdf", folder)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (folder / "twin.pdf").write_bytes((folder / "08_hands_letter.pdf").read_bytes())
    return folder


@pytest.fixture(scope="module")
def local(papers: Path, tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> dict[str, bytes]:
    """The tables of a run on this machine."""
    return tables(batch.run([papers], tmp_path_factory.mktemp("local"), schema, workers=2, limits=LIMITS).folder)


def tables(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files_of(folder).items() if not name.startswith(".store")}


def said(path: Path, schema: Schema, name: str) -> CaseRecord:
    """Does not read: says which process looks at a file, and how many bytes it has there."""
    paper = Paper(name=name, file=str(os.getpid()), sha256="0" * 64, pages=path.stat().st_size)
    return CaseRecord(paper=paper, schema_hash=schema.hash, version="")


def dies(path: Path, schema: Schema, name: str) -> CaseRecord:
    """Takes its process with it when the file is called so."""
    if name == "deadly":
        os.abort()
    return said(path, schema, name)


def read(at: str, schema: Schema, *names: str, folder: Path = SAMPLE, work: Any = said, **how: Any) -> list[Result]:
    tasks = [(number, folder / f"{name}.pdf", name) for number, name in enumerate(names)]
    return sorted(read_on_cluster(tasks, schema, scheduler=at, limits=LIMITS, work=work, **how))


def test_two_workers_one_killed_in_the_middle_give_the_bytes_of_one_machine(
    crew: str, papers: Path, local: dict[str, bytes], tmp_path: Path, schema: Schema
) -> None:
    with worker(crew, tmp_path / "second", "--no-nanny") as second:
        readers: list[psutil.Process] = []

        def kill_one(step: Step) -> None:
            if step.name and second.poll() is None:
                readers.extend(psutil.Process(second.pid).children(recursive=True))
                second.kill()
                second.wait()

        reader = partial(read_on_cluster, scheduler=crew)
        summary = batch.run([papers], tmp_path / "out", schema, limits=LIMITS, reader=reader, progress=kill_one)
    assert tables(summary.folder) == local
    assert readers, "the second worker had begun to read"
    _, alive = psutil.wait_procs(readers, timeout=20)
    assert not alive, "what a worker started ends with it"


def test_files_that_workers_do_not_see_are_sent_to_them(
    crew: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: Schema
) -> None:
    for name, size in (("one", 11), ("two", 22)):
        (tmp_path / f"{name}.pdf").write_bytes(b"x" * size)
    monkeypatch.chdir(tmp_path)
    told: list[str] = []
    here = Path("/proc/self/cwd")  # another folder for each process
    results = read(crew, schema, "one", "two", folder=here, tell=told.append)
    assert [CaseRecord.model_validate_json(result.json).paper.pages for result in results] == [11, 22]
    (line,) = told
    assert "are sent to them" in line


def test_other_bytes_under_the_same_path_are_not_taken_for_the_paper(
    crew: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: Schema
) -> None:
    (tmp_path / "stat").write_bytes(b"x" * 33)
    monkeypatch.chdir(tmp_path)
    tasks = [(7, Path("/proc/self/cwd") / ".." / tmp_path.name / "stat", "p")]
    (result,) = read_on_cluster(tasks, schema, scheduler=crew, limits=LIMITS, work=said)
    assert result.task == 7
    assert CaseRecord.model_validate_json(result.json).paper.pages == 33


def test_a_paper_that_kills_its_reader_costs_itself_only(crew: str, schema: Schema) -> None:
    names = ("08_hands_letter", "deadly", "15_knee_timeline")
    tasks = [(number, SAMPLE / "08_hands_letter.pdf", name) for number, name in enumerate(names)]
    results = sorted(read_on_cluster(tasks, schema, scheduler=crew, limits=LIMITS, work=dies))
    assert [result.reason for result in results] == ["", "crashed", ""]
    assert "SIGABRT" in results[1].message


def test_once_stopped_nothing_new_is_begun(crew: str, schema: Schema) -> None:
    done: list[Result] = []
    tasks = [(number, SAMPLE / "08_hands_letter.pdf", str(number)) for number in range(40)]
    for result in read_on_cluster(tasks, schema, scheduler=crew, limits=LIMITS, work=said, stop=lambda: bool(done)):
        done.append(result)
    assert 1 <= len(done) < 40


@pytest.fixture(scope="module")
def other_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with one line more."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "extract", folder / "extract", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "extract" / "numbers.py").open("a", encoding="utf-8") as file:
        file.write("\nOTHER = True\n")
    return folder


def test_a_worker_with_another_program_is_left_out_and_named(
    scheduler: str, crew: str, other_code: Path, tmp_path: Path, schema: Schema
) -> None:
    told: list[str] = []
    with worker(scheduler, tmp_path, "--no-nanny", code=other_code) as other:
        results = read(crew, schema, "08_hands_letter", "15_knee_timeline", tell=told.append)
        ours = program(None)["caseloom's code"]
        (line,) = told
        assert line.startswith("tcp://127.0.0.1:")
        assert "is left out: it has caseloom's code" in line
        assert f"(here {ours})" in line
        readers = {int(CaseRecord.model_validate_json(result.json).paper.file) for result in results}
        assert not readers & {child.pid for child in psutil.Process(other.pid).children(recursive=True)}


def test_only_workers_with_another_program_are_an_error_that_says_what_to_do(
    other_code: Path, tmp_path: Path, schema: Schema
) -> None:
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", ready="Scheduler at:") as (_, at),
        worker(at, tmp_path, "--no-nanny", code=other_code),
        pytest.raises(ClusterError, match=r"no worker there may read.*caseloom's code.*install the same there"),
    ):
        read(at, schema, "08_hands_letter")


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (ModuleNotFoundError("No module named 'extract'", name="extract"), "caseloom is not installed there"),
        (AttributeError("no attribute 'program'"), "cannot say which program it has"),
        ({"caseloom": "0.0.9", "spacy": "3.8"}, r"caseloom 0\.0\.9 \(here 0\.1\)"),
        ({"caseloom": "0.1"}, r"spacy missing \(here 3\.8\)"),
        ({"caseloom": "0.1", "spacy": "3.8", "en_core_sci_md": "1"}, r"en_core_sci_md 1 \(here missing\)"),
    ],
)
def test_what_keeps_a_worker_from_taking_part_is_said(theirs: Any, says: str) -> None:
    assert re.search(says, _difference({"caseloom": "0.1", "spacy": "3.8"}, theirs))
    assert _difference({"caseloom": "0.1", "spacy": "3.8"}, {"caseloom": "0.1", "spacy": "3.8"}) == ""


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "tcp://host:port", "a b:1"])
def test_what_is_no_address_is_refused_at_once(schema: Schema, address: str) -> None:
    with pytest.raises(ClusterError, match="not the address of a Dask scheduler"):
        read(address, schema, "08_hands_letter")


def test_a_scheduler_that_does_not_answer_is_named(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.cluster.CONNECT", 1)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9: no Dask scheduler answers there"):
        read("tcp://127.0.0.1:9", schema, "08_hands_letter")


def test_the_command_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("A girl.", encoding="utf-8")
    command = ["run", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    monkeypatch.setattr("extract.cluster.CONNECT", 1)
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, "no Dask scheduler answers there" in done.stderr) == (2, True)
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, 'pip install "caseloom[dask]"' in done.stderr) == (2, True)
    assert not list((tmp_path / "out").glob("*.csv"))


def test_a_cluster_without_workers_is_not_waited_for_for_ever(schema: Schema) -> None:
    with (
        dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", ready="Scheduler at:") as (_, at),
        pytest.raises(ClusterError, match="no worker has been there"),
    ):
        read(at, schema, "08_hands_letter", patience=0.1)

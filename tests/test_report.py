"""REPORT: from the tables of a run to one page, and the files beside it."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browsing import chromium
from markupsafe import Markup
from series import against, outcome, treated, write_series
from typer.testing import CliRunner, Result
from written import case, place, row, said

import extract.synthesis
from extract.batch import collect
from extract.cli import app
from extract.model import CaseRecord
from extract.schema import Schema
from extract.synthesis.outputs import load_manifest, load_outputs
from extract.synthesis.page import Picture, Table, chapter
from extract.synthesis.report import Report, Wishes, write_report
from extract.synthesis.words import words_of

FORMATS = ("csv", "xlsx", "svg")
"""The other formats have tests of their own."""

WORSE = "Sadly, two winters later her skin has worsened again, with an mRSS of 9."


@cache
def linden() -> CaseRecord:
    """Two patients whose table shows improvement only: the text tells that one got worse, and disagrees on a score."""
    sledai = [
        outcome("1", 1, "SLEDAI-2K", "pre", 10, where="table"),
        outcome("1", 2, "SLEDAI-2K", "post", 2, 6, "table"),
    ]
    later = said(9, place(quote=WORSE, as_written="9", start=9000, page=3))
    worse = row("outcomes", "1", 3, measure="mRSS", phase="post", value=later, timepoint_months=24)
    before = outcome("2", 1, "PGA", "pre", 8, where="table", rater="physician")
    after = outcome("2", 2, "PGA", "post", 3, 6, rater="physician")
    other = outcome("2", 3, "PGA", "post", 2, 6, where="table", rater="physician")
    return case(
        "linden2021",
        *treated("1", count=2, dose_cells=60_000_000),
        *treated("2", "systemic sclerosis"),
        *sledai,
        worse,
        before,
        after,
        other,
        against("2", "PGA post", after, other, after),
        row("adverse_events", "2", 1, event="<b>fever</b>", present=True),
        row("therapies", "2", 1, therapy="methotrexate", role="concomitant", status="received"),
        design="case_series",
        values=authored("Ida Linden", 2021, title=said("Two children <script>alert(1)</script>")),
    )


def authored(author: str, year: int, **more: Any) -> dict[str, Any]:
    return {"authors": said(author), "year": said(year), **more}


def plain(name: str, patients: int = 1) -> CaseRecord:
    """A paper whose patients improved."""
    rows: list[Any] = []
    for number in (f"{name}-{number}" for number in range(1, patients + 1)):  # ids of rows are made from it
        rows += treated(number)
        rows += [outcome(number, 1, "SLEDAI-2K", "pre", 10), outcome(number, 2, "SLEDAI-2K", "post", 4, 6)]
    return case(name, *rows, values=authored(f"Ada {name.capitalize()}", 2022))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    run = {"python": "3.11.7", "packages": {"spacy": "3.8.1"}, "started": "2026-03-04T10:00:00+00:00", "command": []}
    return write_series(tmp_path_factory.mktemp("linden"), schema, linden(), run=run)


@pytest.fixture(scope="module")
def report(tables: Path, schema: Schema) -> Report:
    return write_report(tables, tables / "report", schema, Wishes(formats=FORMATS))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    assert report.page is not None
    return report.page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(page: str) -> str:
    """The words of the page."""
    return words_in(page)


def words_in(page: str) -> str:
    class Words(HTMLParser):
        parts: list[str] = []
        silent = False

        def handle_starttag(self, tag: str, _attrs: Any) -> None:
            self.silent = tag in ("style", "script")

        def handle_endtag(self, _tag: str) -> None:
            self.silent = False

        def handle_data(self, data: str) -> None:
            if not self.silent:
                self.parts.append(data)

    parser = Words()
    parser.parts = []
    parser.feed(page)
    return " ".join(" ".join(parser.parts).split())


# --- the first page


def test_the_first_page_names_who_got_worse_though_the_table_shows_improvement_only(text: str) -> None:
    assert "1 of 2 patients got worse later (in no table of the paper)." in text
    assert "By the tables of their papers alone, patient 1 only improved." in text
    assert "told as worse: mRSS 9, no change can be computed (24 mo). In no table of the paper." in text
    assert WORSE in text


def test_the_first_page_names_what_conflicts(text: str) -> None:
    assert (
        "1 contradiction in the paper, 1 of them in values that people read first; none settled by a reviewer" in text
    )
    assert "PGA post 3 (text) or 2 (table), preferred 3." in text


def test_the_first_page_says_that_nothing_is_pooled_and_why(text: str) -> None:
    assert "No pooled estimate is possible" in text
    assert (
        "There is one study with 2 patients, so that there is nothing to pool it with; pooling needs at least 5 "
        in text
    )


def test_the_first_page_names_other_treatments_and_what_is_not_told(text: str) -> None:
    assert "1 of 2 patients took other treatments with the cells or after them" in text
    assert "Patient 2 (systemic sclerosis) methotrexate" in text
    assert "No value before the cells: mRSS" in text


def test_a_paper_without_worsening_or_conflict_says_so(tmp_path: Path, schema: Schema) -> None:
    done = write_report(write_series(tmp_path, schema, plain("birch")), tmp_path / "r", schema, Wishes(parts=("page",)))
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "The values of the one patient hold no sign of getting worse later." in text
    assert "No contradiction within a paper was found." in text


def test_a_run_without_treated_patients_still_gives_a_page(tmp_path: Path, schema: Schema) -> None:
    folder = write_series(tmp_path, schema, case("letter", status="failed", reason="encrypted"))
    done = write_report(folder, tmp_path / "r", schema, Wishes(formats=("csv", "docx", "svg")))
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "Not read, and missing from everything here: letter." in text
    assert "there is nothing to put together" in text


# --- the page


def test_the_page_needs_nothing_beside_it(page: str) -> None:
    addresses = re.findall(r'\b(?:src|href|srcset|action|data)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert [one for one in addresses if not one.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in html.unescape(page)
    assert "@import" not in page


def test_every_link_of_the_page_leads_somewhere_and_no_anchor_is_there_twice(page: str) -> None:
    anchors = re.findall(r'\sid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    links = set(re.findall(r'href="#([^"]+)"', page))
    links |= {name for names in re.findall(r'data-words="([^"]+)"', page) for name in names.split()}
    assert links - set(anchors) == set()
    assert len(links) > 30


def test_a_value_of_a_table_leads_to_its_words(page: str) -> None:
    (link,) = re.findall(r'<a class="value" href="#(w-\w+)">9 \(24 mo\)</a>', page.replace("\u00a0", " "))
    entry = page[page.index(f'<tr id="{link}">') :].split("</tr>")[0]
    assert WORSE in entry
    assert "p. 3" in entry


def test_what_papers_say_cannot_become_markup(page: str) -> None:
    assert "<script>alert(1)" not in page
    assert "<b>fever" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_each_figure_and_table_carries_its_data(page: str, report: Report) -> None:
    downloads = re.findall(r'download="([^"]+)" href="data:text/csv;base64,', page)
    assert len(downloads) == page.count('<figure class="sheet') + page.count('<figure class="plot')
    folder = report.folder
    for name in downloads:
        assert (folder / "tables" / name).is_file() or (folder / "plots" / name).is_file(), name


def test_heads_of_tables_are_repeated_and_rows_kept_whole_in_print(page: str) -> None:
    assert "display: table-header-group" in page
    assert re.search(r"tr \{ break-inside: avoid; \}", page)


def test_the_page_lists_the_files_beside_it(text: str, report: Report) -> None:
    for name in ("tables.xlsx", "appraisal.xlsx", "metafor/ (3 files)", "studies/ (2 files)"):
        assert name in text
    for path in report.files:
        assert path.is_file()


def test_a_tall_figure_never_leaves_the_title_of_its_part_alone() -> None:
    tall, flat = (
        Picture(name, 1, "", "", "", Markup(), Markup(), "", is_tall=name == "tall") for name in ("tall", "flat")
    )
    one, two = (Table(name, 1, "", Markup(), Markup(), "") for name in ("one", "two"))
    assert chapter("", "", "", (tall, flat, one, two)).items == (flat, one, tall, two)
    assert chapter("", "", "", (flat, one, tall)).items == (flat, one, tall)
    assert chapter("", "", "", (tall,)).items == (tall,)


# --- methods and SWiM


def test_methods_are_those_of_the_run(text: str, schema: Schema) -> None:
    assert "caseloom 0.1.0 (Python 3.11.7; spacy 3.8.1) read 1 file on 4 March 2026: 1 was read whole." in text
    assert schema.hash[:16] in text
    assert "No value was reviewed by a person" in text
    assert "none met this, and none was pooled" in text
    assert "No manifest was given" in text


def test_without_run_json_the_methods_guess_nothing(tables: Path, schema: Schema, tmp_path: Path) -> None:
    for path in tables.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = write_report(tmp_path, tmp_path / "r", schema, Wishes(parts=("page",)))
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "is not known, since run.json is missing" in text
    assert "Python" not in text


def test_swim_answers_nine_items_and_leaves_to_the_authors_what_is_theirs(page: str) -> None:
    swim = page[page.index('<table class="swim">') : page.index('<section id="words"')]
    assert re.findall(r'<th scope="row">(\w+)</th>', swim) == ["1a", "1b", "2", "3", "4", "5", "6", "7", "8", "9"]
    assert swim.count(">for the authors<") == 2
    assert "activity: 1 of 1 patients improved, 0 worsened (1 study)" in swim


def test_enough_studies_are_pooled_and_said_to_be(tmp_path: Path, schema: Schema) -> None:
    folder = write_series(tmp_path, schema, *(plain(f"study{number}", 2) for number in range(2)))
    wishes = Wishes(parts=("page",), minimum_studies=2, minimum_patients=4)
    done = write_report(folder, tmp_path / "r", schema, wishes)
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "What could be pooled" in text
    assert "Pooled with random effects: improved: activity" in text
    assert "No pooled estimate is possible" not in text


def test_only_reviewed_values_are_said_to_be_all_that_is_shown(tables: Path, schema: Schema, tmp_path: Path) -> None:
    done = write_report(tables, tmp_path, schema, Wishes(parts=("page",), only_reviewed=True))
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "Only values that a reviewer accepted or entered are shown" in text
    assert WORSE not in text, "its value was not reviewed"


def test_a_table_that_was_edited_after_the_run_is_named(tmp_path: Path, schema: Schema) -> None:
    folder = write_series(tmp_path, schema, plain("birch"))
    edited = folder / "therapies.csv"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    done = write_report(folder, tmp_path / "r", schema, Wishes(parts=("exports",)))
    assert any("Not as the run wrote them: therapies.csv." in warning for warning in done.warnings)


# --- words


def test_words_stand_under_their_patient_and_what_rests_on_the_same_words_together(
    tables: Path, schema: Schema
) -> None:
    words = words_of(load_outputs(tables, schema))
    own = [part for part in words.parts if part.person is not None and part.person.patient == "1"]
    assert len(own) == 1
    (entry,) = (entry for entry in own[0].entries if WORSE in {place.quote for place in entry.places})
    assert entry.told == ("mRSS 9, after",)
    shared = next(entry for entry in own[0].entries if entry.places[0].quote == "as the paper says")
    assert any(told.startswith("cells 1: ") and "route intravenous" in told for told in shared.told)


# --- the same again, and one paper more


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".baseline" not in path.parts
    }


def test_the_same_tables_give_the_same_bytes(tables: Path, report: Report, schema: Schema, tmp_path: Path) -> None:
    write_report(tables, tmp_path / "again", schema, Wishes(formats=FORMATS))
    assert files_of(tmp_path / "again") == files_of(report.folder)


def rows_of(data: bytes) -> set[tuple[str, ...]]:
    return {tuple(line) for line in csv.reader(io.StringIO(data.decode("utf-8")))}


OVER_ALL = {
    "direction",
    "times",
    "measures",
    "responses",
    "groups",
    "doses",
    "adverse_events",
    "sensitivity",
    "proportions",
}
"""Tables that count over all patients: a paper more is to change them."""


def test_a_paper_more_changes_only_what_it_should(report: Report, schema: Schema, tmp_path: Path) -> None:
    folder = write_series(tmp_path, schema, linden(), plain("birch"),
                          run={"started": "2026-03-05T10:00:00+00:00"})  # fmt: skip
    more = write_report(folder, tmp_path / "report", schema, Wishes(formats=("csv", "svg")))
    before, after = files_of(report.folder), files_of(more.folder)
    assert before["studies/linden2021.json"] == after["studies/linden2021.json"]
    assert before["studies/study.schema.json"] == after["studies/study.schema.json"]
    assert "studies/birch.json" in after
    assert "studies/birch.json" not in before
    names = [name for name in before if name.startswith("tables/") and Path(name).stem not in OVER_ALL]
    assert len(names) > 8
    for name in names:
        lost = rows_of(before[name]) - rows_of(after[name])
        assert lost == set(), f"{name} tells something else of a paper that is the same"
    assert rows_of(before["metafor/changes.csv"]) < rows_of(after["metafor/changes.csv"])
    assert own_words(before["report.html"]) == own_words(after["report.html"])


def own_words(page: bytes) -> str:
    """What stands in the words of the two patients of Linden, anchors included."""
    text = page.decode("utf-8")
    parts = re.findall(r'<section class="person" id="[^"]+">\s*<h3>Linden 2021.*?</section>', text, re.DOTALL)
    assert len(parts) == 3
    return "".join(parts)


# --- parts, formats, earlier reports


def test_a_part_alone_leaves_the_others_as_they_are(tables: Path, schema: Schema, tmp_path: Path) -> None:
    write_report(tables, tmp_path, schema, Wishes(parts=("tables", "exports"), formats=("csv", "html")))
    before = files_of(tmp_path)
    write_report(tables, tmp_path, schema, Wishes(parts=("tables",), formats=("csv",)))
    after = files_of(tmp_path)
    assert set(before) - set(after) == {"tables.html"}, "of the part that was made, what is not asked for any more goes"
    assert {name for name in after if before[name] != after[name]} == {"report.json"}


def test_files_of_papers_that_are_gone_go_too(tmp_path: Path, schema: Schema) -> None:
    folder = write_series(tmp_path / "out", schema, plain("birch"), plain("rowan"))
    write_report(folder, tmp_path / "r", schema, Wishes(parts=("exports",)))
    write_series(tmp_path / "out", schema, plain("birch"))
    write_report(folder, tmp_path / "r", schema, Wishes(parts=("exports",)))
    assert {path.name for path in (tmp_path / "r" / "studies").iterdir()} == {"birch.json", "study.schema.json"}


def test_a_file_in_which_somebody_worked_is_put_aside(tables: Path, tmp_path: Path) -> None:
    assert call(tables, "-o", tmp_path, "--part", "tables", "--format", "csv").exit_code == 0
    edited = tmp_path / "tables" / "studies.csv"
    edited.write_text("mine", encoding="utf-8")
    again = call(tables, "-o", tmp_path, "--part", "tables", "--format", "csv")
    assert "tables/studies.csv was edited after the last report and is now tables/studies-edited-" in again.output
    (kept,) = (tmp_path / "tables").glob("studies-edited-*.csv")
    assert kept.read_text(encoding="utf-8") == "mine"
    assert "Linden 2021" in edited.read_text(encoding="utf-8")


def test_a_listing_that_points_outside_deletes_nothing_there(tables: Path, schema: Schema, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("keep", encoding="utf-8")
    (tmp_path / "r").mkdir()
    listing = {"parts": {"tables": {"../mine.txt": "0", str(mine): "0"}}}
    (tmp_path / "r" / "report.json").write_text(json.dumps(listing), encoding="utf-8")
    write_report(tables, tmp_path / "r", schema, Wishes(parts=("tables",), formats=("csv",)))
    assert mine.read_text(encoding="utf-8") == "keep"


def test_references_are_matched_and_what_has_no_partner_is_listed(tables: Path, schema: Schema, tmp_path: Path) -> None:
    file = tmp_path / "refs.ris"
    file.write_text(
        "TY  - JOUR\nTI  - Elsewhere\nAU  - Moss, K\nPY  - 2001\nDO  - 10.5555/else\nER  - \n", encoding="utf-8"
    )
    done = write_report(tables, tmp_path / "r", schema, Wishes(parts=("exports",), references=file))
    with (done.folder / "references.csv").open(encoding="utf-8", newline="") as table:
        told = {(row["document"], row["matched_by"]) for row in csv.DictReader(table)}
    assert told == {("linden2021", "no reference"), ("", "no paper")}


def test_what_the_manifest_excludes_is_left_out_and_told(tmp_path: Path, schema: Schema) -> None:
    folder = write_series(tmp_path / "out", schema, linden(), plain("birch"))
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("document,decision,reason\nlinden2021,included,\nbirch,excluded,an adult\n", encoding="utf-8")
    done = write_report(folder, tmp_path / "r", schema, Wishes(parts=("page", "exports"), manifest=manifest))
    assert done.page is not None
    text = words_in(done.page.read_text(encoding="utf-8"))
    assert "The manifest names 2 papers (1 excluded, 1 included). It leaves out 1 of those that were read." in text
    assert not (done.folder / "studies" / "birch.json").exists()


def test_the_plots_of_a_report_are_not_read_as_papers(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report" / "plots").mkdir(parents=True)
    (tmp_path / "report" / "report.json").write_bytes((report.folder / "report.json").read_bytes())
    (tmp_path / "report" / "plots" / "slopes.pdf").write_bytes(b"%PDF-")
    (tmp_path / "birch.pdf").write_bytes(b"%PDF-")
    assert [source.name for source in collect([tmp_path])] == ["birch"]


def test_the_imagined_search_names_every_sample_paper_once(sample: Path) -> None:
    rows = load_manifest(sample / "manifest.csv")
    named = [row["document"] for row in rows if row["document"]]
    assert sorted(named) == sorted(path.stem for path in sample.glob("*.pdf"))
    assert all(row["reason"] for row in rows if row["decision"] != "included")


# --- the command


def test_the_command_says_what_it_found_and_where_to_begin(tables: Path, tmp_path: Path) -> None:
    done = call(tables, "-o", tmp_path / "r", "--part", "page", "--part", "exports")
    assert done.exit_code == 0, done.output
    assert "2 patients given cells in 1 paper." in done.output
    assert "Worse later: 1 patient. Contradictions: 1, 0 settled. Pooled: nothing." in done.output
    assert f"Read first: {tmp_path / 'r' / 'report.html'}" in done.output
    assert not (tmp_path / "r" / "tables").exists()


def test_without_the_extra_the_command_says_what_to_install(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract.synthesis, "find_spec", lambda name: None if name == "docx" else object())
    done = call(tables)
    assert (done.exit_code, done.output) == (2, 'a report needs python-docx: pip install "caseloom[report]"\n')


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--part", "plot"),
            "--part plot: not known. Did you mean plots? Allowed: page, tables, plots, appraisal, exports.",
        ),
        (("--format", "doc"), "--format doc: not known. Did you mean docx?"),
        (("--manifest", "none.csv"), "--manifest none.csv: there is no such file."),
        (("--references", "none.bib"), "--references none.bib: there is no such file."),
        (("--decisions", "nowhere"), "--decisions nowhere: there is no such folder."),
        (("--minimum-studies", "1"), "--minimum-studies"),
    ],
)
def test_wrong_use_ends_with_what_to_do(tables: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = call(tables, "-o", tmp_path / "r", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "r").exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    done = call(tmp_path)
    assert done.exit_code == 2
    assert "Name the folder that 'caseloom run' wrote" in done.output


def test_a_report_is_not_written_over_a_file(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine", encoding="utf-8")
    done = call(tables, "-o", tmp_path / "r")
    assert (done.exit_code, "is a file" in done.output) == (2, True)


# --- in a browser


def test_a_browser_shows_the_words_of_a_value_and_asks_nobody(report: Report) -> None:
    with chromium() as browser:
        view = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        faults: list[str] = []
        view.on("request", lambda request: asked.append(request.url))
        view.on("console", lambda message: faults.append(message.text))
        assert report.page is not None
        view.goto(report.page.as_uri())
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        value = view.locator("a.value", has_text="9 (24 mo)").first
        value.focus()
        assert WORSE in view.locator("#tip").inner_text()
        view.keyboard.press("Escape")
        assert view.locator("#tip").is_hidden()
        value.press("Enter")
        assert WORSE in view.locator("tr:target").inner_text()
        view.keyboard.press("Tab")
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert faults == []


# --- a real case series


def test_the_case_series_alone_tells_what_its_own_table_hides(papers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    runner = CliRunner()
    assert (
        runner.invoke(
            app, ["run", str(papers / "seed" / "seed_case_series.txt"), "-o", str(out), "--csv-only"]
        ).exit_code
        == 0
    )
    done = call(out, "--part", "page")
    assert done.exit_code == 0, done.output
    text = words_in((out / "report" / "report.html").read_text(encoding="utf-8"))
    assert "1 of 3 patients got worse later (in no table of the paper)" in text
    assert re.search(r"Patient 2 \(mixed connective tissue disease\) told as worse: mRSS 10\.5", text)
    assert "By the tables of their papers alone, patient 1, patient 2, patient 3 only improved." in text
    assert "PGA pre 7/10 (text) or 10/10 (table), preferred 7/10" in text
    assert "number of intravenous administrations 4 (text) or 3 (table), preferred 4" in text
    assert "No pooled estimate is possible There is one study with 3 patients" in text


def test_a_run_says_that_the_report_beside_its_tables_is_of_others(tmp_path: Path) -> None:
    paper = tmp_path / "girl.txt"
    told = "Case report\nA girl of 9 years with lupus had 2 × 10^7 umbilical cord stem cells infused intravenously.\n"
    paper.write_text(told, encoding="utf-8")
    outputs = tmp_path / "out"
    run = ["run", str(paper), "-o", str(outputs), "--csv-only"]
    hint = "was made from other tables"
    assert hint not in CliRunner().invoke(app, run).output
    for part in ("tables", "exports"):
        assert call(outputs, "--part", part, "--format", "csv").exit_code == 0
    assert hint not in CliRunner().invoke(app, run).output
    paper.write_text(told + "SLEDAI was 12 before.\n", encoding="utf-8")
    assert hint in CliRunner().invoke(app, run).output
    assert call(outputs, "--part", "tables", "--format", "csv").exit_code == 0
    assert hint in CliRunner().invoke(app, run).output, "a part is still of the old tables"
    assert call(outputs, "--part", "tables", "--part", "exports", "--format", "csv").exit_code == 0
    assert hint not in CliRunner().invoke(app, run).output

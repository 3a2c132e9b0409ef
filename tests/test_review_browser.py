"""The review page in a real browser: what is seen, what keys do, and that no decision is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import Reviewer, Server, chromium, share

from extract.evidence import read_table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LETTER = "08_"
LUPUS = "03_"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shared(few_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests that neither end it nor ask for another kind."""
    with own_cache_of(tmp_path_factory):
        server = Server(few_out, tmp_path_factory.mktemp("shared"))
    yield server
    server.end()


@contextmanager
def own_cache_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The cache of tests, also before the first of them has begun."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


Start = Callable[..., tuple[Server, Reviewer]]


@pytest.fixture
def start(browser: Browser, few_out: Path, tmp_path: Path, shared: Server) -> Iterator[Start]:
    """Puts a reviewer before the page of a server that holds no decisions yet: a server ``of_its_own`` where the test
    ends it, gives it options or other tables. In the end no page may have met an error or asked another place."""
    servers: list[Server] = []
    reviewers: list[Reviewer] = []
    contexts: list[Any] = []

    def begin(
        *options: str,
        outputs: Path | None = None,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        reviewer: str = "anna",
        of_its_own: bool = False,
    ) -> tuple[Server, Reviewer]:
        if options or outputs or not reviewer or of_its_own:
            server = Server(outputs or few_out, tmp_path / "decisions", *options, reviewer=reviewer)
            servers.append(server)
        else:
            server = shared
            server.file.unlink(missing_ok=True)
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        reviewers.append(Reviewer(context.new_page(), server.url))
        return server, reviewers[-1]

    yield begin
    for context in contexts:
        context.close()
    for server in servers:
        server.end()
    for reviewer in reviewers:
        assert reviewer.troubles == []
        assert {url.split("/")[2] for url in reviewer.asked} <= {
            server.url.split("/")[2] for server in (*servers, shared)
        }


def place_of(outputs: Path, paper: str, field: str, value: str) -> dict[str, Any]:
    """The first place of a value in values.csv: its page, its box, the size of the page."""
    from extract.read import read_document
    from extract.schema import load_schema

    table = read_table(outputs / "values.csv")
    rows = table[table["document"].str.startswith(paper) & (table["field"] == field) & (table["value"] == value)]
    row = rows.iloc[0]
    documents = read_table(outputs / "documents.csv")
    (file,) = documents.loc[documents["document"] == row["document"], "file"]
    page = int(row["page"])
    sheet = read_document(Path(file), load_schema()).pages[page - 1]
    box = tuple(float(row[side]) for side in ("x0", "top", "x1", "bottom"))
    return {"page": page, "box": box, "size": (sheet.width, sheet.height), "row": row}


# --- what is seen


def test_the_box_of_the_chosen_value_is_lit_over_its_ink(start: Start, few_out: Path) -> None:
    _, anna = start()
    anna.open(LETTER)
    place = place_of(few_out, LETTER, "age_onset_years", "39")
    anna.cell("patients", "sex").click()
    before = anna.picture(place["page"], place["box"], place["size"])
    assert share(before, "yellow") == 0
    anna.cell("patients", "age_onset_years").click()
    lit = anna.picture(place["page"], place["box"], place["size"])
    assert share(lit, "yellow") > 0.5
    assert share(lit, "ink") > 0.03, "the digits can be read through the light"
    assert share(lit, "ink") > 0.6 * share(before, "ink")
    _, top, x1, bottom = place["box"]
    beside = anna.picture(place["page"], (x1 + 40, top - 40, x1 + 80, bottom - 40), place["size"])
    assert share(beside, "yellow") == 0, "nothing else is lit"


def test_the_page_scrolls_to_the_chosen_value(start: Start, few_out: Path) -> None:
    _, anna = start(height=640)
    anna.open(LETTER)
    place = place_of(few_out, LETTER, "follow_up_months", "22")
    assert place["page"] == 2
    anna.cell("patients", "follow_up_months").click()
    assert share(anna.picture(2, place["box"], place["size"]), "yellow") > 0.3
    assert anna.page.locator("#page-number").inner_text() == "page 2 of 2"


def test_both_sides_of_a_conflict_are_lit_in_two_colours(start: Start, few_out: Path) -> None:
    _, anna = start(width=1600, height=1000)
    anna.open("Feldhaus")
    anna.page.locator(".clash", has_text="dose cells").click()
    kinds = anna.page.locator(".light.one, .light.two")
    assert kinds.count() == 2
    conflicts = read_table(few_out / "conflicts.csv")
    (conflict,) = conflicts.loc[conflicts["field"] == "dose cells", "conflict"]
    table = read_table(few_out / "values.csv")
    sides = table[table["record"] == conflict].set_index("field")
    place = place_of(few_out, LUPUS, "dose_cells", "120000000")
    for field, colour, key in (("value_a", "blue", ","), ("value_b", "orange", ".")):
        row = sides.loc[field]
        box = tuple(float(row[side]) for side in ("x0", "top", "x1", "bottom"))
        if field == "value_b":
            anna.press(key)
        assert share(anna.picture(int(row["page"]), box, place["size"]), colour) > 0.3, field
    inspector = anna.page.locator("#inspector").inner_text()
    assert "single intravenous infusion of 120 million" in inspector
    assert "120\u202f000\u202f000 cells" in inspector
    assert "by dose.places" in inspector


OUTSIDE = """() => [...document.querySelectorAll(
  "#bar, #papers, #heading, #heading .title, #inspector, #inspector footer, #viewer, .tools, dialog[open]"
)].filter(part => {
  const box = part.getBoundingClientRect();
  return box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1;
}).map(part => part.id || part.className)"""


@pytest.mark.parametrize(("width", "height", "dark"), [(1280, 800, False), (1600, 1000, True)])
def test_nothing_sticks_out_of_the_window(start: Start, width: int, height: int, dark: bool) -> None:
    _, anna = start(width=width, height=height, dark=dark)
    anna.open("Feldhaus")
    anna.press("e")
    for keys in ([], ["i"], ["Escape", "?"]):
        anna.press(*keys)
        out = anna.page.evaluate(OUTSIDE)
        assert out == []
    colour = anna.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, colour[4:-1].split(","))) < 200) is dark


def test_a_paper_without_pages_shows_its_text_with_the_words_lit(start: Start, tmp_path: Path) -> None:
    import subprocess
    import sys

    paper = tmp_path / "note.txt"
    paper.write_text(
        "CASE REPORT\n\nA 12-year-old girl with systemic lupus erythematosus weighed 34 kg. She was given one\n"
        "intravenous infusion of 68 million mesenchymal stem cells from umbilical cord.\n",
        encoding="utf-8",
    )
    run = [sys.executable, "-m", "extract", "run", str(paper), "-o", str(tmp_path / "out")]
    subprocess.run(run, check=True, capture_output=True, cwd=Path(__file__).parent.parent)
    server, anna = start(outputs=tmp_path / "out")
    anna.open("note")
    anna.cell("patients", "weight_kg").click()
    assert anna.page.locator("#sheets mark.lit").inner_text() == "weighed 34 kg"
    anna.press("i")
    anna.page.locator("#pasted").fill("one intravenous infusion")
    anna.page.locator("#pasted").press("Enter")
    anna.page.wait_for_selector("#sheets mark.marked")
    assert anna.page.locator("#sheets mark.marked").inner_text() == "one intravenous infusion"
    assert server.decisions() == []


# --- deciding


def test_a_correction_is_there_again_after_the_page_was_loaded_anew(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.cell("patients", "weight_kg").click()
    anna.press("c")
    anna.type("59")
    anna.press("Enter")
    anna.saved()
    (decision,) = server.decisions()
    assert (decision["action"], decision["old_value"], decision["new_value"]) == ("correct", "58", "59")
    assert decision["quote"].startswith("When she came to us")
    assert decision["boxes"]
    anna.page.reload()
    anna.page.wait_for_selector("#rows .cell")
    cell = anna.cell("patients", "weight_kg")
    assert cell.locator(".value").inner_text() == "59"
    assert cell.locator("s").inner_text() == "58"
    assert "corrected" in str(cell.get_attribute("aria-label"))


def test_a_wrong_value_is_refused_while_it_is_typed(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    anna.press("c")
    anna.type("femal")
    anna.press("Enter")
    anna.page.wait_for_selector("#verdict.fault:has-text('Did you mean')")
    assert "female" in anna.page.locator("#verdict").inner_text()
    anna.press("Escape")
    assert anna.page.locator(".editor").count() == 0
    assert server.decisions() == []


def test_no_key_acts_while_somebody_types(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.press("/")
    anna.type("adrz12 u")
    anna.press("Escape", "c")
    anna.type("arda1")
    anna.press("Escape")
    assert server.decisions() == []
    assert anna.page.locator("dialog[open]").count() == 0


def test_a_missing_value_is_added_by_marking_its_words(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.page.locator(".group[data-table=therapies] .plus").click()
    anna.mark("Botulinum", "toxin,")
    anna.page.wait_for_selector("#rests q:has-text('Botulinum toxin')")
    field = anna.page.locator("#typed")
    assert field.input_value() == "Botulinum toxin,"
    field.fill("botulinum toxin")
    anna.press("Enter")
    anna.page.wait_for_selector("label[for=typed]:has-text('role')")
    anna.type("prior")
    anna.press("Enter", "Escape")
    first, second = server.wait_for(2)
    assert (first["action"], first["table"], first["field"], first["new_value"]) == (
        "add",
        "therapies",
        "therapy",
        "botulinum toxin",
    )
    assert first["quote"] == "Botulinum toxin,"
    assert first["page"] == "1"
    assert first["boxes"]
    assert (second["record"], second["field"], second["new_value"]) == (first["record"], "role", "prior")
    anna.page.reload()
    anna.page.wait_for_selector("#rows .cell")
    assert anna.cell("therapies", "therapy", "botulinum toxin").count() == 1


def test_words_that_are_not_in_the_paper_are_refused(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.press("i")
    anna.page.locator("#pasted").fill("words that nobody wrote")
    anna.page.locator("#pasted").press("Enter")
    anna.page.wait_for_selector("#fault:has-text('does not stand in the paper')")
    anna.page.locator("#typed").fill("1")
    anna.page.locator("#typed").press("Enter")
    anna.page.wait_for_selector("#fault:has-text('What cannot be pointed at')")
    assert server.decisions() == []


def test_choosing_a_side_settles_the_conflict_and_decides_its_value(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.page.locator(".clash").first.click()
    anna.press("2")
    settle, correct = server.wait_for(2)[:2]
    assert (settle["action"], settle["new_value"]) == ("settle", "5.5/10")
    assert (correct["action"], correct["old_value"], correct["new_value"]) == ("correct", "5", "5.5")
    assert correct["quote"] == settle["quote"] == "5.5"
    assert anna.page.locator(".clash.settled").count() == 1
    assert anna.chosen().split("/")[0] != "conflicts", "the next open value is chosen"


def test_the_last_stroke_is_taken_back_whole(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    open_before = anna.open_values()
    anna.press("Space")
    anna.page.wait_for_function("before => !document.querySelector('#heading .left').innerText.startsWith(before)",
                                arg=f"{open_before} ")  # fmt: skip
    anna.saved()
    accepted = [decision for decision in server.decisions() if decision["action"] == "accept"]
    assert len(accepted) > 3
    anna.press("Control+z")
    anna.page.wait_for_function("before => document.querySelector('#heading .left').innerText.startsWith(before)",
                                arg=f"{open_before} ")  # fmt: skip
    anna.saved()
    undone = [decision for decision in server.decisions() if decision["action"] == "undo"]
    assert {one["field"] for one in undone} == {one["field"] for one in accepted}


def test_accepting_all_that_is_left_asks_once_and_leaves_conflicts_open(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    anna.press("A")
    anna.page.wait_for_selector("dialog[open]:has-text('open values of patient 1')")
    anna.press("Escape")
    assert server.decisions() == []
    anna.press("A", "Enter")
    anna.saved()
    left = anna.page.locator(".cell.conflict, .clash.open")
    assert left.count() == 2
    assert {decision["action"] for decision in server.decisions()} == {"accept"}


def test_empty_cells_can_be_said_to_be_not_reported(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.press("e")
    anna.cell("patients", "age_treatment_years").click()
    anna.press("m")
    (decision,) = server.wait_for(1)
    assert (decision["action"], decision["field"], decision["new_value"]) == ("absent", "age_treatment_years", "")
    assert "not reported" in anna.cell("patients", "age_treatment_years").inner_text()


def test_rejecting_what_a_row_is_about_rejects_the_row(start: Start) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.cell("therapies", "therapy", "sildenafil").click()
    anna.press("r")
    anna.saved()
    rejected = {decision["field"] for decision in server.decisions() if decision["action"] == "reject"}
    assert rejected >= {"therapy", "role", "status"}
    assert anna.page.locator(".row.gone").count() == 1


def test_a_click_on_the_page_chooses_the_value_that_stands_there(start: Start, few_out: Path) -> None:
    _, anna = start()
    anna.open(LETTER)
    place = place_of(few_out, LETTER, "age_onset_years", "39")
    anna.cell("patients", "age_onset_years").click()
    anna.press("n")
    sheet = anna.page.locator(f".sheet[data-page='{place['page']}']").bounding_box()
    assert sheet
    scale = sheet["width"] / place["size"][0]
    x0, top, x1, bottom = place["box"]
    anna.page.mouse.click(sheet["x"] + (x0 + x1) / 2 * scale, sheet["y"] + (top + bottom) / 2 * scale)
    assert anna.chosen().endswith("/age_onset_years")


def walk(anna: Reviewer) -> None:
    """Go through a paper as one who finds it right: rows by Space, conflicts by 1, then done."""
    for _ in range(400):
        if anna.open_values() == 0:
            break
        conflict = "conflicts/" in anna.chosen() or anna.page.locator("#rows .chosen.conflict").count()
        anna.press("1" if conflict else "Space")
    anna.press("d")


def test_a_whole_paper_is_reviewed_from_the_keyboard(start: Start, few_out: Path) -> None:
    server, anna = start()
    anna.open(LETTER)
    anna.strokes = 0
    walk(anna)
    anna.page.wait_for_selector(f"button.paper.done:has-text('{LETTER}')")
    decisions = server.decisions()
    assert decisions[-1]["action"] == "done"
    decided = {(one["record"], one["field"]) for one in decisions if one["field"]}
    table = read_table(few_out / "values.csv")
    rows = table[table["document"].str.startswith(LETTER) & (table["table"] != "conflicts")]
    assert set(zip(rows["record"], rows["field"], strict=True)) <= decided, "every value of the paper"
    assert len(set(rows["record"])) <= anna.strokes <= len(set(rows["record"])) + 6, "a stroke a row"
    assert not anna.page.locator("button.paper[aria-current]:has-text('08_')").count(), "the next paper is open"


# --- nothing is lost


def test_fifty_corrections_survive_a_kill_in_their_midst(start: Start) -> None:
    server, anna = start(of_its_own=True)
    anna.open("Feldhaus")
    columns = [("therapies", "therapy"), ("therapies", "status"), ("outcomes", "timepoint"), ("diagnoses", "diagnosis")]
    cells = anna.page.locator(", ".join(f"[data-key^='{table}/'][data-key$='/{name}']" for table, name in columns))
    keys = [cell.get_attribute("data-key") for cell in cells.all()][:50]
    assert len(set(keys)) == 50
    for number, key in enumerate(keys):
        if number == 20:
            server.kill()
        if number == 25:
            assert "NOT SAVED" in anna.page.locator("#alarm").inner_text()
            server.start()
            assert server.url == anna.url, "the page that is still open goes on"
        anna.page.locator(f"[data-key='{key}']").click()
        anna.press("c")
        last = str(key).rsplit("/", 1)[-1]
        anna.page.locator("#typed").fill("stopped" if last == "status" else f"text {number}")
        anna.press("Enter")
        anna.page.wait_for_selector(".editor", state="detached")
    corrections = [one for one in server.wait_for(50) if one["action"] == "correct"]
    anna.saved()
    corrections = [one for one in server.decisions() if one["action"] == "correct"]
    assert len(corrections) == 50
    assert {f"{one['table']}/{one['record']}/{one['field']}" for one in corrections} == set(keys)
    assert len({one["decision"] for one in corrections}) == 50
    server.kill()
    server.start()
    anna.page.goto(server.url)
    anna.page.wait_for_selector("button.paper")
    anna.open("Feldhaus")
    assert anna.page.locator(".cell.correct").count() == 50


def test_strokes_that_wait_are_sent_after_the_page_was_loaded_anew(start: Start) -> None:
    server, anna = start(of_its_own=True)
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    server.kill()
    anna.press("a")
    anna.page.wait_for_selector("#alarm:has-text('NOT SAVED')")
    server.start()
    anna.page.reload()
    (decision,) = server.wait_for(1)
    assert (decision["action"], decision["field"]) == ("accept", "sex")
    anna.page.wait_for_selector("#alarm", state="hidden")


def test_a_folder_that_cannot_be_written_is_told_loudly(start: Start, tmp_path: Path) -> None:
    server, anna = start(of_its_own=True)
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    (tmp_path / "decisions").write_text("a file where the folder should be")
    anna.press("a")
    anna.page.wait_for_selector("#alarm:has-text('could not be saved')")
    assert anna.page.locator("#saving").inner_text() == "Not saved"
    (tmp_path / "decisions").unlink()
    anna.page.locator("#alarm button").click()
    (decision,) = server.wait_for(1)
    anna.saved()
    assert decision["field"] == "sex"


def test_a_second_tab_sees_what_the_first_decided(start: Start) -> None:
    _, anna = start()
    anna.open(LETTER)
    second = Reviewer(anna.page.context.new_page(), anna.url)
    second.open(LETTER)
    anna.page.bring_to_front()
    anna.cell("patients", "sex").click()
    anna.press("a")
    anna.saved()
    second.page.bring_to_front()
    second.page.evaluate("dispatchEvent(new Event('focus'))")
    second.page.wait_for_selector("[data-key$='/sex'].accept")
    second.press("u")
    assert second.troubles == []


def test_the_end_tells_how_many_decisions_were_saved_and_what_applies_them(start: Start) -> None:
    server, anna = start(of_its_own=True)
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    anna.press("a")
    anna.saved()
    said = server.end()
    assert f"1 decision saved in {server.file}. The next caseloom run applies them." in said
    assert server.process.returncode == 0


# --- names and blindness


def test_the_name_is_asked_for_once(start: Start) -> None:
    server, anna = start(reviewer="")
    anna.page.wait_for_selector("#name")
    anna.page.locator("#name").fill("../etc")
    anna.press("Enter")
    anna.page.wait_for_selector("dialog .fault:has-text('Use letters')")
    anna.page.locator("#name").fill("anna")
    anna.press("Enter")
    anna.open(LETTER)
    anna.cell("patients", "sex").click()
    anna.press("a")
    (decision,) = server.wait_for(1)
    assert decision["reviewer"] == "anna"
    anna.page.reload()
    anna.page.wait_for_selector("#rows .cell")
    assert anna.page.locator("dialog[open]").count() == 0


def test_a_blind_reading_is_entered_then_laid_beside_the_programs(start: Start) -> None:
    server, anna = start("--blind")
    anna.open(LETTER)
    assert anna.page.locator("#rows .cell").count() == 0
    assert "Stromal vascular fraction" not in anna.page.locator("#middle, #papers").first.inner_text()
    anna.press("i")
    anna.page.select_option("#at-table", "patients")
    anna.page.select_option("#at-field", "weight_kg")
    anna.mark("weighed", "kg.")
    anna.page.locator("#typed").fill("58")
    anna.press("Enter")
    anna.page.wait_for_selector(".cell.extract")
    anna.page.select_option("#at-field", "age_onset_years")
    anna.mark("39;", "39;")
    anna.page.locator("#typed").fill("38")
    anna.press("Enter", "Escape")
    anna.page.wait_for_selector(".editor", state="detached")
    anna.press("d")
    anna.page.wait_for_selector("dialog[open]:has-text('You have entered 2 values')")
    anna.press("Enter")
    anna.page.wait_for_selector("[data-key$='/weight_kg'].agrees")
    anna.press("=")
    anna.page.wait_for_selector("[data-key$='/weight_kg'].accept")
    differing = anna.page.locator("[data-key$='/age_onset_years'].differs")
    differing.click()
    assert anna.page.locator(".light.one").count() >= 1
    assert anna.page.locator(".light.two").count() >= 1
    anna.press("2")
    anna.saved()
    said = [(one["action"], one["field"], one["new_value"]) for one in server.decisions() if one["field"]]
    assert said[:2] == [("extract", "weight_kg", "58"), ("extract", "age_onset_years", "38")]
    assert {("accept", "weight_kg", ""), ("accept", "age_onset_years", "")} <= set(said[2:])


def test_a_paper_whose_file_is_gone_can_still_be_decided(start: Start, few_out: Path, tmp_path: Path) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    table = outputs / "documents.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("08_hands_letter.pdf", "gone.pdf"), encoding="utf-8")
    server, anna = start(outputs=outputs)
    anna.page.locator("button.paper", has_text=LETTER).click()
    anna.page.wait_for_selector(".trouble:has-text('gone.pdf is not there')")
    anna.cell("patients", "sex").click()
    anna.press("a")
    server.wait_for(1)

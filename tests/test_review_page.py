"""review.html: all that people look at is in it, nothing leaves it, and nothing in a paper can run in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import pytest
from PIL import Image
from written import case, computed, conflict, digest, place, row, said

from extract.evidence import build_tables
from extract.model import Box, CaseRecord, Issue
from extract.pictures import place_of
from extract.read import page_picture
from extract.review.static_page import is_split, link_to, remove_review_page, write_review_page
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample" / "08_hands_letter.pdf"
HOSTILE = """<script>alert("1")</script><img src=x onerror=alert(2)> & "quotes" 'too' </script> {{ 7*7 }} \u2028"""
VOID = {"meta", "img", "link", "br", "hr", "input"}


def paper(name: str = "lupus2020", **changes: Any) -> CaseRecord:
    """A patient with two places of a value, an open question, a conflict, an issue."""
    first = place(name, quote="She had a score of 6 then.", as_written="6", quote_boxes=LINES)
    second = place(name, quote="6", where="table", page=3, start=900, boxes=())
    unclear = said(None, place(name, quote="3 or 4"), place(name, quote="4 or 5", start=950), status="ambiguous")
    return case(
        name,
        row("patients", "1", document=name, kind="individual", sex="female", label="the girl", age_treatment_years=14),
        row("diagnoses", "1", document=name, diagnosis="lupus", role="index"),
        row("administrations", "1", 1, document=name, dose_cells=10, total_cells_derived=computed(20, "10 × 2")),
        row("outcomes", "1", 1, document=name, measure="SLEDAI-2K", phase="pre", value=said(6, first, second)),
        row("outcomes", "1", 2, document=name, measure="PGA", phase="post", value=unclear),
        conflict("1", "SLEDAI-2K pre", "6", "8", chosen="6", explanation="6 in the text, 8 in the table."),
        Issue(severity="minor", message="Table 1 was read by one method only.", page=3),
        values={"title": said("Stromal cells in one girl"), "year": said(2020)},
        **changes,
    )  # fmt: skip


LINES = (Box(page=2, x0=70, top=99, x1=300, bottom=111), Box(page=2, x0=70, top=113, x1=200, bottom=125))


class Page(HTMLParser):
    """What a browser would make of a page: its elements, its text, and whether it is well formed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]

    def text(self) -> str:
        shown = [part for tag, parts in self.texts.items() if tag not in ("script", "style") for part in parts]
        return " ".join(" ".join(shown).split())

    def trails(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts["script"] if text.startswith('{"columns"')]


def write(folder: Path, schema: Schema, *papers: CaseRecord, pictures: bool = True, limit: int = 10**9) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    tables = build_tables(papers, schema)
    if pictures:
        for record in papers:
            for page in (2, 3):
                target = folder / place_of(record.paper.sha256, page)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(page_picture(SAMPLE, 1, gray=True, dpi=20))
    return write_review_page(folder, tables, schema, run={"caseloom": "1.2.3"}, limit=limit)


@pytest.fixture
def page(tmp_path: Path, small_schema: Schema) -> Page:
    write(tmp_path, small_schema, paper())
    return Page(tmp_path / "review.html")


# --- what is in it


def test_papers_patients_tables_conflicts_and_issues_are_there_without_scripts(page: Page) -> None:
    text = page.text()
    for words in ("Stromal cells in one girl", "Patient 1", "the girl", "SLEDAI-2K", "6 in the text, 8 in the table.",
                  "it was 6", "8 in the table", "Table 1 was read by one method only.", "1 patient", "1 conflict",
                  "caseloom 1.2.3"):  # fmt: skip
        assert words in text, words
    assert page.all("article", id=f"paper-{digest('lupus2020')[:10]}")


def test_every_value_shown_leads_to_its_places(page: Page, small_schema: Schema) -> None:
    values = build_tables([paper()], small_schema)["values"]
    (trail,) = page.trails()
    buttons = {button["data-v"] for button in page.all("button") if "data-v" in button}
    assert buttons <= set(trail["places"])
    assert set(trail["places"]) == set(values["value_id"])
    columns, texts = trail["columns"], trail["texts"]
    score = next(name for name in values["value_id"][values["value"] == "6"] if name.endswith(".value"))
    assert score in buttons
    told = [{columns[i]: texts[cell] for i, cell in enumerate(cells)} for cells in trail["places"][score]]
    assert [(one["page"], one["where"], one["quote"]) for one in told] == [
        ("2", "narrative", "She had a score of 6 then."),
        ("3", "table", "6"),
    ]
    assert told[0]["box"] == "72 100.25 300 110.13"
    assert told[0]["quote_boxes"] == "2 70 99 300 111; 2 70 113 200 125"
    assert {told[0][name] for name in ("rule", "status", "basis", "review")} == {
        "rule.one", "reported", "stated", "unreviewed",
    }  # fmt: skip


def test_values_can_be_told_by_how_they_came_about(page: Page) -> None:
    buttons = {button["data-v"].split(".")[1]: button["class"] for button in page.all("button") if "data-v" in button}
    assert buttons["total_cells_derived"] == "v m-derived"
    assert buttons["dose_cells"] == "v"
    assert "ambiguous" in page.text()
    assert "v m-open" in [button["class"] for button in page.all("button") if "data-v" in button]


def test_pictures_are_inside_with_the_size_of_their_page(page: Page, tmp_path: Path) -> None:
    images = page.all("img")
    assert [image["alt"] for image in images] == ["Page 2 of lupus2020", "Page 3 of lupus2020"]
    data = base64.b64decode(images[0]["src"].removeprefix("data:image/png;base64,"), validate=True)
    assert data == (tmp_path / place_of(digest("lupus2020"), 2)).read_bytes()
    (trail,) = page.trails()
    assert trail["pages"]["2"] == pytest.approx([467.717, 583.937])  # 165 by 206 mm


def test_a_page_without_picture_is_left_out(tmp_path: Path, small_schema: Schema) -> None:
    write(tmp_path, small_schema, paper(), pictures=False)
    shown = Page(tmp_path / "review.html")
    assert shown.all("img") == []
    assert shown.trails()[0]["pages"] == {}


def test_a_paper_that_was_not_read_is_listed_with_its_reason(tmp_path: Path, small_schema: Schema) -> None:
    failed = case("locked", Issue(severity="major", message="locked.pdf is encrypted.", reason="encrypted"),
                  status="failed", reason="encrypted")  # fmt: skip
    write(tmp_path, small_schema, failed)
    text = Page(tmp_path / "review.html").text()
    assert "not read" in text
    assert "failed: encrypted" in text
    assert "locked.pdf is encrypted." in text


def test_the_same_file_twice_has_one_section(tmp_path: Path, small_schema: Schema) -> None:
    one = paper()
    again = one.paper.model_copy(update={"name": "copy", "reason": "duplicate_file", "values": {}})
    write(tmp_path, small_schema, one, CaseRecord(paper=again))
    shown = Page(tmp_path / "review.html")
    assert len(shown.all("article")) == 1
    assert len({element["id"] for _, element in shown.elements if "id" in element}) == len(
        [element for _, element in shown.elements if "id" in element]
    )


def test_no_papers_at_all_is_a_page_too(tmp_path: Path, small_schema: Schema) -> None:
    write(tmp_path, small_schema)
    assert "Overview" in Page(tmp_path / "review.html").text()


# --- what is not in it


def hostile_paper() -> CaseRecord:
    quote = place("evil", quote=HOSTILE, as_written=HOSTILE)
    return case(
        "evil",
        row("patients", HOSTILE, document="evil", label=HOSTILE, sex=said("female", quote)),
        row("therapies", HOSTILE, 1, document="evil", therapy=said(HOSTILE, quote)),
        conflict(HOSTILE, HOSTILE, HOSTILE, "8", explanation=HOSTILE),
        Issue(severity="minor", message=HOSTILE),
        values={"title": said(HOSTILE, quote), "doi": said("javascript:alert(1)")},
    )


def test_nothing_that_a_paper_says_becomes_markup(tmp_path: Path, small_schema: Schema) -> None:
    write(tmp_path, small_schema, paper())
    plain = Page(tmp_path / "review.html")
    write(tmp_path, small_schema, hostile_paper())
    evil = Page(tmp_path / "review.html")
    assert len(evil.all("script")) == len(plain.all("script")) == 2  # ours, and one trail
    assert all(image["src"].startswith("data:image/png;base64,") for image in evil.all("img"))
    assert not [name for _, attributes in evil.elements for name in attributes if name.startswith("on")]
    assert 'alert("1")</script>' in evil.text()
    assert "{{ 7*7 }}" in evil.text()
    assert HOSTILE in evil.trails()[0]["texts"]
    raw = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert raw.count("</script>") == 2
    assert "\u2028" not in raw[raw.index('class="trail"') :]


def test_nothing_is_loaded_from_outside(page: Page, tmp_path: Path) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value)
    assert not page.all("link")
    raw = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert "@import" not in raw
    assert "url(" not in raw


def test_the_policy_allows_the_style_and_script_that_are_inside_and_nothing_else(page: Page) -> None:
    (policy,) = (meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    (style,) = page.texts["style"]
    script = page.texts["script"][-1]
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": hashed(style),
        "script-src": hashed(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [attributes for _, attributes in page.elements if "style" in attributes]


# --- how it is written


def test_the_same_tables_give_the_same_bytes(tmp_path: Path, small_schema: Schema) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, small_schema, paper(), hostile_paper())
    assert (tmp_path / "a" / "review.html").read_bytes() == (tmp_path / "b" / "review.html").read_bytes()


def test_many_pictures_go_into_a_file_for_each_paper(tmp_path: Path, small_schema: Schema) -> None:
    papers = paper("one"), paper("two")
    written = write(tmp_path, small_schema, *papers, limit=1000)
    keys = [digest(name)[:10] for name in ("one", "two")]
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "review.html", *(f"review/{key}.html" for key in keys),
    ]  # fmt: skip
    overview = Page(tmp_path / "review.html")
    assert overview.all("img") == overview.all("article") == []
    for key in keys:
        assert overview.all("a", href=f"review/{key}.html")
        assert overview.all("a", href=f"review/{key}.html#patient-{key}-1")
        alone = Page(tmp_path / "review" / f"{key}.html")
        assert len(alone.all("img")) == 2
        assert len(alone.all("article")) == 1
        assert alone.all("section", id=f"patient-{key}-1")
        assert alone.all("a", href="../review.html")
    assert link_to(digest("one"), split=True) == f"review/{keys[0]}.html"
    assert link_to(digest("one"), split=False) == f"review.html#paper-{keys[0]}"
    assert is_split(tmp_path, 1000)
    assert not is_split(tmp_path)


def test_files_of_papers_that_are_gone_are_deleted_and_others_stay(tmp_path: Path, small_schema: Schema) -> None:
    write(tmp_path, small_schema, paper("one"), paper("two"), limit=1000)
    (tmp_path / "review" / "notes.html").write_text("a person's file")
    write(tmp_path, small_schema, paper("one"), limit=1000)
    names = {path.name for path in (tmp_path / "review").iterdir()}
    assert names == {f"{digest('one')[:10]}.html", "notes.html"}
    remove_review_page(tmp_path)
    assert {path.name for path in (tmp_path / "review").iterdir()} == {"notes.html"}
    assert not (tmp_path / "review.html").exists()


def test_what_fails_half_way_leaves_the_earlier_page(tmp_path: Path, small_schema: Schema) -> None:
    write(tmp_path, small_schema, paper())
    before = (tmp_path / "review.html").read_bytes()
    tables = build_tables([paper()], small_schema)
    broken = {**tables, "conflicts": tables["conflicts"].drop(columns="explanation")}
    with pytest.raises(jinja2.UndefinedError):
        write_review_page(tmp_path, broken, small_schema, run={})
    assert (tmp_path / "review.html").read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_pictures_are_read_one_paper_at_a_time(tmp_path: Path, small_schema: Schema) -> None:
    """The page of many papers is written piece by piece: what is in memory does not grow with their number."""
    import tracemalloc

    papers = [paper(f"p{number}") for number in range(12)]
    write(tmp_path, small_schema, *papers, pictures=False)
    noise = Image.effect_noise((1200, 1200), 100)
    for record in papers:
        target = tmp_path / place_of(record.paper.sha256, 2)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(page_picture(SAMPLE, 1, gray=True, dpi=20))
        noise.save(target.with_name("noise.png"))
        head, end = target.read_bytes()[:-12], target.read_bytes()[-12:]
        filler = target.with_name("noise.png").read_bytes()
        target.write_bytes(head + len(filler).to_bytes(4, "big") + b"npAd" + filler + b"\0\0\0\0" + end)
        target.with_name("noise.png").unlink()
    tables = build_tables(papers, small_schema)
    tracemalloc.start()
    write_review_page(tmp_path, tables, small_schema, run={})
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = (tmp_path / "review.html").stat().st_size
    assert size > 12_000_000
    assert most < size / 2


def test_texts_of_the_tables_stand_in_it_as_they_are(tmp_path: Path, small_schema: Schema) -> None:
    tables: dict[str, pd.DataFrame] = build_tables([paper()], small_schema)
    write(tmp_path, small_schema, paper())
    text = re.sub(r"\s+", " ", Page(tmp_path / "review.html").text())
    for cell in tables["evidence"].iloc[0]:
        assert " ".join(str(cell).split()) in text

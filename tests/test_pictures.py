"""Pictures of pages: boxes land on their words, whatever the page; a hostile file costs only its own pictures."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import hostile
import numpy as np
import pypdfium2
import pytest
import typst
from PIL import Image

from extract.model import Box
from extract.pictures import Drawn, Wanted, draw_pictures, place_of, remove_pictures
from extract.read import ReadFailure, page_picture, read_document
from extract.read.pictures import DPI, LONGEST, PictureSize, picture_size
from extract.schema import Schema
from extract.worker import Limits

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample" / "08_hands_letter.pdf"

PAGE = """
#set document(date: none)
#set page(width: 300pt, height: 420pt, margin: 60pt)
#set text(font: "Libertinus Serif", size: 12pt)
"""
WORDS = """
Infusions of stromal cells were given twice.

#v(40pt)
#h(90pt) No fever followed.

#v(60pt)
The score fell from nine to two.
"""


def typeset(
    path: Path, source: str, *, rotation: int = 0, crop: tuple[float, float, float, float] | None = None
) -> Path:
    """A PDF whose pages are turned and cropped after typesetting."""
    with pypdfium2.PdfDocument(typst.compile((PAGE + source).encode())) as document:
        for page in document:
            page.set_rotation(rotation)
            if crop:
                page.set_cropbox(*crop)
        document.save(path)
    return path


def darkness(picture: bytes) -> np.ndarray:
    """How dark each pixel is, from 0 (white) to 1 (black)."""
    return 1 - np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float) / 255


def pixels(box: Box, shape: tuple[int, int], size: PictureSize, room: float) -> tuple[slice, slice]:
    """The part of a picture that a box covers, with some points of room around it."""
    high, wide = shape
    y, x = high / size.height, wide / size.width
    return (
        slice(max(0, int((box.top - room) * y)), int((box.bottom + room) * y) + 1),
        slice(max(0, int((box.x0 - room) * x)), int((box.x1 + room) * x) + 1),
    )


# --- one page


@pytest.mark.parametrize("gray", [True, False])
@pytest.mark.parametrize("crop", [None, (40, 50, 290, 400)])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("turned", [0, 90])
def test_boxes_land_on_the_words_and_on_nothing_else(
    tmp_path: Path, small_schema: Schema, rotation: int, crop: tuple[float, float, float, float] | None, turned: int,
    gray: bool,
) -> None:  # fmt: skip
    source = f"#rotate({turned}deg, reflow: true)[#block(width: 175pt)[{WORDS}]]" if turned else WORDS
    path = typeset(tmp_path / "a.pdf", source, rotation=rotation, crop=crop)
    document = read_document(path, small_schema)
    picture = page_picture(path, 1, dpi=144, gray=gray)
    (tmp_path / "a.png").write_bytes(picture)
    size = picture_size(tmp_path / "a.png")
    assert size is not None
    dark = darkness(picture)
    assert len(document.runs) > 10
    left = dark.copy()
    for run in document.runs:
        box = Box(page=1, x0=run.x0, top=run.top, x1=run.x1, bottom=run.bottom)
        assert dark[pixels(box, dark.shape, size, 0)].mean() > 0.1, document.text[run.start : run.end]
        left[pixels(box, dark.shape, size, 1.5)] = 0
    assert left.max() < 0.1
    assert (document.pages[0].width, document.pages[0].height) == pytest.approx((size.width, size.height), abs=0.01)


def test_a_picture_in_greys_is_small_and_still_readable() -> None:
    small, large = page_picture(SAMPLE, 1, gray=True), page_picture(SAMPLE, 1)
    image = Image.open(io.BytesIO(small))
    assert image.size == Image.open(io.BytesIO(large)).size
    assert len(image.convert("L").getcolors() or []) <= 16
    assert len(small) < 100_000 < len(large)
    assert abs(darkness(small).mean() - darkness(large).mean()) < 0.01


def test_the_same_page_gives_the_same_bytes() -> None:
    assert page_picture(SAMPLE, 1, gray=True) == page_picture(SAMPLE, 1, gray=True)


def test_the_resolution_is_what_was_asked_for_but_a_poster_is_drawn_more_coarsely(tmp_path: Path) -> None:
    path = typeset(tmp_path / "a.pdf", WORDS)
    assert Image.open(io.BytesIO(page_picture(path, 1, dpi=72))).size == (300, 420)
    assert Image.open(io.BytesIO(page_picture(path, 1, dpi=144))).size == (600, 840)
    poster = typeset(tmp_path / "poster.pdf", "#set page(width: 5000pt, height: 2500pt)\n" + WORDS)
    picture = page_picture(poster, 1)
    assert Image.open(io.BytesIO(picture)).size == (LONGEST, LONGEST // 2)
    (tmp_path / "poster.png").write_bytes(picture)
    assert picture_size(tmp_path / "poster.png") == PictureSize(5000, 2500, DPI)


def test_a_page_that_is_not_there_is_refused() -> None:
    for page in (0, 99):
        with pytest.raises(ReadFailure, match=f"no page {page}"):
            page_picture(SAMPLE, page)


def test_a_picture_that_is_not_whole_or_not_ours_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert picture_size(path) is None
    whole = page_picture(SAMPLE, 1, gray=True)
    path.write_bytes(whole)
    assert picture_size(path) is not None
    for wrong in (whole[:-5], b"", b"text", whole[:600]):
        path.write_bytes(wrong)
        assert picture_size(path) is None
    Image.new("L", (3, 3)).save(path)
    assert picture_size(path) is None


# --- the pages of a run


def wanted(path: Path, *pages: int, name: str = "") -> Wanted:
    return Wanted(name or path.stem, path, hashlib.sha256(path.read_bytes()).hexdigest(), pages)


def draw(folder: Path, schema: Schema, *papers: Wanted, limits: Limits | None = None) -> Drawn:
    return draw_pictures(papers, folder, schema, workers=2, limits=limits or Limits(60, 512))


def pictures(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_pages_are_drawn_once_and_kept(tmp_path: Path, small_schema: Schema) -> None:
    paper = wanted(SAMPLE, 1)
    told: list[tuple[int, int]] = []
    first = draw_pictures([paper], tmp_path, small_schema, workers=1, progress=lambda *at: told.append(at))
    assert (first.pages, first.drawn, first.failures, told) == (1, 1, {}, [(1, 1)])
    place = tmp_path / place_of(paper.sha256, 1)
    assert place.read_bytes() == page_picture(SAMPLE, 1, gray=True)
    before = place.stat().st_mtime_ns
    second = draw(tmp_path, small_schema, paper)
    assert (second.pages, second.drawn) == (1, 0)
    assert place.stat().st_mtime_ns == before


def test_a_picture_that_broke_off_is_drawn_again(tmp_path: Path, small_schema: Schema) -> None:
    paper = wanted(SAMPLE, 1)
    place = tmp_path / place_of(paper.sha256, 1)
    place.parent.mkdir(parents=True)
    place.write_bytes(page_picture(SAMPLE, 1, gray=True)[:2000])
    assert draw(tmp_path, small_schema, paper).drawn == 1
    assert picture_size(place) is not None


def test_what_no_value_needs_is_deleted_and_what_is_not_ours_stays(tmp_path: Path, small_schema: Schema) -> None:
    paper = wanted(SAMPLE, 1)
    ours = ("0123456789/1.png", f"{paper.sha256[:10]}/7.png", f"{paper.sha256[:10]}/.1.png.k3j2.part")
    others = ("notes/1.png", "0123456789abc/1.png", f"{paper.sha256[:10]}/mine.png")
    for name in (*ours, *others):
        path = tmp_path / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    draw(tmp_path, small_schema, paper)
    assert pictures(tmp_path / "pages") == {*others, f"{paper.sha256[:10]}/1.png"}
    assert not (tmp_path / "pages" / "0123456789").exists()
    remove_pictures(tmp_path)
    assert pictures(tmp_path / "pages") == set(others)


def test_no_folder_is_left_where_there_is_no_picture(tmp_path: Path, small_schema: Schema) -> None:
    draw(tmp_path, small_schema, wanted(SAMPLE, 1))
    draw(tmp_path, small_schema)
    assert not (tmp_path / "pages").exists()


def test_a_hostile_file_costs_only_its_own_pictures(tmp_path: Path, small_schema: Schema) -> None:
    (tmp_path / "in").mkdir()
    bad = tmp_path / "in" / "bad.pdf"
    bad.write_bytes(next(file.build() for file in hostile.FILES if file.name == "nested_forms.pdf"))
    gone = tmp_path / "in" / "broken.pdf"
    gone.write_bytes(SAMPLE.read_bytes()[:3000])
    out = draw(tmp_path, small_schema, wanted(bad, 1), wanted(gone, 1), wanted(SAMPLE, 1), limits=Limits(20, 300))
    assert (out.pages, out.drawn) == (1, 1)
    assert out.failures["bad"][0] in ("out_of_memory", "timeout")
    assert "bad.pdf" in out.failures["bad"][1]
    assert out.failures["broken"][0] == "not_a_pdf"
    assert (tmp_path / place_of(wanted(SAMPLE).sha256, 1)).is_file()


def test_a_page_that_cannot_be_drawn_costs_only_itself(tmp_path: Path, small_schema: Schema) -> None:
    out = draw(tmp_path, small_schema, wanted(SAMPLE, 1, 98, 99))
    assert (out.pages, out.drawn) == (1, 1)
    assert "no page 98" in out.failures["08_hands_letter"][1]
    assert "no page 99" in out.failures["08_hands_letter"][1]


def test_a_file_that_was_changed_since_it_was_read_has_no_pictures(tmp_path: Path, small_schema: Schema) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(SAMPLE.read_bytes())
    paper = wanted(path, 1)
    typeset(path, WORDS)
    out = draw(tmp_path, small_schema, paper)
    assert (out.pages, out.failures["a"][0]) == (0, "changed")

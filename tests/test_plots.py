"""SYNTHESIS: what holds for every plot: it is the same each time, legible, and says why when there is nothing."""

from __future__ import annotations

import csv
import io
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from plotted import artists, tables, words
from series import against, outcome, treated, write_series
from written import case, row

from extract.schema import Schema
from extract.synthesis.outputs import load_outputs
from extract.synthesis.plots import Plot, all_plots, data_csv, render, write_plots
from extract.synthesis.plots.layout import balanced, drawable, fit, spaced, text_width, wrap
from extract.synthesis.plots.plot import DOTS, style
from extract.synthesis.rows import Outputs

KINDS = ("prisma", "evidence_map", "completeness", "directions", "harvest", "slopes", "swimmer", "dose", "forest")


def patient(number: int, dose: int) -> list[Any]:
    who = str(number)
    return [
        *treated(who, dose_cells=dose * 1_000_000, count=2, dose_basis="per_administration"),
        outcome(who, 1, "SLEDAI-2K", "pre", 12 + number),
        outcome(who, 2, "SLEDAI-2K", "post", 4, 3 + number),
        outcome(who, 3, "VAS pain", "pre", 7, scale_max=10),
        outcome(who, 4, "VAS pain", "post", 8 - number, scale_max=10),
        row("adverse_events", who, 1, event="fever", present=True),
    ]


def papers() -> list[Any]:
    """Three papers; names as long as they come, and of letters that the font has not."""
    first = [item for number in range(1, 5) for item in patient(number, 10 * number)]
    end = next(item for item in first if item.table == "outcomes" and item.patient == "1" and item.order == 2)
    other = outcome("1", 9, "SLEDAI-2K", "post", 5, 4, "table")
    return [
        case("papadimitriou_featherstonehaugh_2019", *first, other, against("1", "SLEDAI-2K", end, other, end)),
        case("李 2020 $x_2$", *patient(1, 500)),
        case("tarn2021", *patient(1, 60), *patient(2, 70)),
        case("verne2022", row("patients", "1", kind="individual", n=1), reason="no_cell_therapy"),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    return write_series(tmp_path_factory.mktemp("plots"), schema, *papers())


@pytest.fixture(scope="module")
def plots(folder: Path, schema: Schema) -> tuple[Plot, ...]:
    return all_plots(load_outputs(folder, schema))


def test_there_are_nine_plots_and_no_name_twice(plots: tuple[Plot, ...]) -> None:
    assert tuple(dict.fromkeys(plot.kind for plot in plots)) == KINDS
    assert len({plot.name for plot in plots}) == len(plots)


def test_every_plot_says_in_words_what_it_shows(plots: tuple[Plot, ...]) -> None:
    for plot in plots:
        assert plot.title
        assert len(plot.caption) > 60, plot.name
        assert len(plot.alt) > 60, plot.name
        assert plot.data.rows, plot.name
        assert {len(line) for line in plot.data.rows} == {len(plot.data.columns)}


def test_the_same_tables_give_the_same_bytes(folder: Path, schema: Schema, plots: tuple[Plot, ...]) -> None:
    again = all_plots(load_outputs(folder, schema))
    for one, other in zip(plots, again, strict=True):
        assert render(one, "svg") == render(other, "svg"), one.name
        assert data_csv(one) == data_csv(other)
    for chosen in ("pdf", "png"):
        assert render(plots[1], chosen) == render(again[1], chosen)


def test_the_look_is_not_that_of_the_users_settings(folder: Path, schema: Schema, plots: tuple[Plot, ...]) -> None:
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        again = all_plots(load_outputs(folder, schema))
        assert [render(plot, "svg") for plot in again[:3]] == [render(plot, "svg") for plot in plots[:3]]


@pytest.mark.parametrize("chosen", ["svg", "pdf", "png"])
def test_a_file_tells_no_date_and_no_version(plots: tuple[Plot, ...], chosen: Any) -> None:
    data = render(plots[0], chosen)
    assert matplotlib.__version__.encode() not in data
    assert not any(word in data for word in (b"CreationDate", b"<dc:date>", b"tIME"))


def test_a_figure_tells_who_cannot_see_it_what_it_shows(plots: tuple[Plot, ...]) -> None:
    assert plots[0].alt.encode() in render(plots[0], "svg")


def test_files_are_written_beside_their_data(plots: tuple[Plot, ...], tmp_path: Path) -> None:
    written = write_plots(plots[:2], tmp_path, ("svg", "png", "svg"))
    assert [path.name for path in written] == [
        "prisma.svg", "prisma.png", "prisma.csv", "evidence_map.svg", "evidence_map.png", "evidence_map.csv",
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written)
    lines = list(csv.reader(io.StringIO((tmp_path / "evidence_map.csv").read_text(encoding="utf-8"))))
    assert tuple(lines[0]) == plots[1].data.columns
    assert len(lines) == len(plots[1].data.rows) + 1


def test_a_cell_that_looks_like_a_formula_is_none() -> None:
    from extract.synthesis.plots.empty import empty_plot
    from extract.synthesis.plots.plot import Data

    plot = empty_plot("x", "X", "Nothing.", ("a",))
    risky = Plot("x", "x", "X", "", "", plot.figure, Data(("a",), (("=1+1",),)))
    assert data_csv(risky) == b"a\n'=1+1\n"


# --- legible


def test_no_word_leaves_the_page_or_runs_into_another(plots: tuple[Plot, ...]) -> None:
    for plot in plots:
        with style():
            plot.figure.set_dpi(DOTS)  # coarser letters are wider
            boxes = _boxes(plot)
        wide, tall = plot.figure.bbox.width, plot.figure.bbox.height
        names = [name for name, _ in boxes]
        edges = np.array([box.extents for _, box in boxes])
        assert (edges[:, 0] > -1).all(), (plot.name, names[int(edges[:, 0].argmin())])
        assert (edges[:, 1] > -1).all(), (plot.name, names[int(edges[:, 1].argmin())])
        assert (edges[:, 2] < wide + 1).all(), (plot.name, names[int(edges[:, 2].argmax())])
        assert (edges[:, 3] < tall + 1).all(), (plot.name, names[int(edges[:, 3].argmax())])
        low, high = np.maximum(edges[:, None, :2], edges[:, :2]), np.minimum(edges[:, None, 2:], edges[:, 2:])
        shared = np.clip(high - low - 1.0, 0, None).prod(axis=2)
        np.fill_diagonal(shared, 0)
        worst = np.unravel_index(shared.argmax(), shared.shape)
        assert shared.max() < 4, (plot.name, [names[index] for index in worst])


def _boxes(plot: Plot) -> list[tuple[str, Any]]:
    """The words of a figure and the boxes that they fill, but for slanted ones, whose boxes are not their ink."""
    plot.figure.canvas.draw()
    texts = [text for text in plot.figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    beyond = _never_drawn(plot)
    shown = [text for text in texts if text.get_rotation() in (0, 90) and id(text) not in beyond]
    return [(text.get_text(), text.get_window_extent()) for text in shown]


def _never_drawn(plot: Plot) -> set[int]:
    """The labels of ticks beyond the ends of their axis."""
    out = set()
    for axes in plot.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    out |= {id(tick.label1), id(tick.label2)}
    return out


def test_no_letter_is_missing_in_the_font(plots: tuple[Plot, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for plot in plots:
            render(plot, "svg")


def test_no_words_are_smaller_than_a_journal_allows(plots: tuple[Plot, ...]) -> None:
    for plot in plots:
        sizes = {text.get_fontsize() for text in plot.figure.findobj(Text) if text.get_text().strip()}
        assert min(sizes) >= 5.5
        assert plot.figure.get_size_inches()[0] <= 7.15, "two columns of a page"
        assert plot.figure.get_size_inches()[1] <= 9.6, "the height of a page"


# --- nothing to show


def test_tables_of_nobody_give_plots_that_say_why(schema: Schema) -> None:
    plots = all_plots(tables(schema, ()))
    assert [plot.kind for plot in plots] == list(KINDS)
    for plot in plots:
        assert plot.is_empty, plot.name
        assert render(plot, "svg")
        if plot.kind != "prisma":
            assert plot.data.rows == ()
            drawn = "".join(text.get_text() for text in artists(plot, "reason"))
            assert drawn.replace(" ", "") in plot.caption.replace(" ", "")


def test_patients_without_cells_are_in_no_plot_but_the_flow(tmp_path: Path, schema: Schema) -> None:
    person = row("patients", "1", kind="individual", n=1)
    score = outcome("1", 1, "SLEDAI-2K", "pre", 12)
    outputs = _load(tmp_path, schema, case("a", person, score, reason="no_cell_therapy"))
    plots = {plot.kind: plot for plot in all_plots(outputs)}
    assert [kind for kind, plot in plots.items() if not plot.is_empty] == ["prisma"]
    assert "patients, but no cells given (n = 1)" in words(plots["prisma"])


def test_values_that_no_reviewer_accepted_can_all_be_left_out(folder: Path, schema: Schema) -> None:
    from extract.synthesis.sensitivity import only_reviewed

    for plot in all_plots(only_reviewed(load_outputs(folder, schema))):
        assert render(plot, "svg")
        if not plot.is_empty and plot.kind != "prisma":
            assert "only reviewed values" in plot.caption, plot.name


def _load(folder: Path, schema: Schema, *cases: Any) -> Outputs:
    return load_outputs(write_series(folder, schema, *cases), schema)


# --- layout


def test_words_are_cut_to_the_room_they_have() -> None:
    assert fit("short", 3) == "short"
    cut = fit("a rather long name of a study", 0.7)
    assert cut.endswith("…")
    assert text_width(cut) <= 0.7


def test_lines_are_no_wider_than_their_room_and_hold_all_words() -> None:
    text = "osteonecrosis of the femoral head and juvenile idiopathic arthritis"
    lines = wrap(text, 1.2)
    assert " ".join(lines) == text
    assert all(text_width(line) <= 1.2 for line in lines)
    assert len(wrap(text, 1.2, most=2)) == 2


def test_a_letter_that_the_font_has_not_becomes_a_box() -> None:
    assert drawable("李\n≥ 10⁶") == "□ ≥ 10⁶"


@pytest.mark.parametrize("wanted", [[], [0.5], [0.5, 0.5, 0.5], [0.0, 1.0, 0.99, 0.01], [1.0] * 4])
def test_labels_are_moved_apart_in_their_order_and_stay_inside(wanted: list[float]) -> None:
    places = spaced(wanted, 0.2, 0.0, 1.0)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    ordered = sorted(places)
    assert all(b - a >= 0.2 - 1e-9 for a, b in pairwise(ordered))
    assert [places.index(p) for p in ordered] == sorted(range(len(wanted)), key=lambda index: wanted[index])


@pytest.mark.parametrize(("number", "most", "sizes"), [(0, 5, [0]), (5, 5, [5]), (6, 5, [3, 3]), (11, 5, [4, 4, 3])])
def test_pages_are_about_equally_full(number: int, most: int, sizes: list[int]) -> None:
    pages = balanced(list(range(number)), most)
    assert [len(page) for page in pages] == sizes
    assert [item for page in pages for item in page] == list(range(number))

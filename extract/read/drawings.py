"""READ, what is drawn on a page: rules, boxes, pictures; and whether words can be seen at all."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as pdfium

from extract.read.pdfium import (
    Address,
    Affine,
    clip_path,
    clip_paths,
    clip_segment,
    clip_segments,
    count_form,
    count_objects,
    count_segments,
    fill_colour,
    form_object,
    get_object,
    object_bounds,
    object_matrix,
    object_type,
    path_segment,
    ready,
    segment_point,
    segment_type,
)
from extract.read.sheet import Rect, Sheet

_MOST_OBJECTS = 20_000  # drawings on one page that are looked at; maps and plots can hold a million


def read_drawings(page: int, to_upright: Affine, sheet: Sheet) -> None:
    """Note rules, boxes and pictures; forms are looked into, five deep at most."""
    _Look(to_upright, sheet).look(ready(page), count_objects(page), get_object, None, 0)


class _Look:
    """Goes through the drawings of a page and notes them in its sheet."""

    def __init__(self, to_upright: Affine, sheet: Sheet) -> None:
        self.to_upright = to_upright
        self.sheet = sheet
        self.left = _MOST_OBJECTS
        bounds = (ctypes.c_float * 4)()
        self._bounds = memoryview(bounds).cast("B").cast("f")  # unpacks sooner than the array
        start = ctypes.addressof(bounds)
        self._bounds_at = start, start + 4, start + 8, start + 12
        self._matrix = (ctypes.c_float * 6)()

    def look(
        self, owner: Address, count: int, get: Callable[[Address, int], int], within: Affine | None, depth: int
    ) -> None:
        """Note what is drawn on a page or in a form; ``get`` gives its objects, ``within`` places the form."""
        for i in range(count):
            self.left -= 1
            if self.left < 0:
                return
            item = get(owner, i)
            kind = object_type(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                continue
            if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 5:
                object_matrix(item, ctypes.addressof(self._matrix))
                inner: Affine = tuple(self._matrix)
                if within is not None:
                    inner = _product(inner, within)
                self.look(ready(item), count_form(item), form_object, inner, depth + 1)
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                segments = count_segments(item)
                if 6 < segments <= 400:
                    self.left -= segments // 4
                    for corners in _straight(item, segments):
                        self._note(corners, within, 0)
                object_bounds(item, *self._bounds_at)
                left, bottom, right, top = self._bounds
                if segments <= 6 or max(right - left, top - bottom) < 400:
                    self._note((left, bottom, right, top), within, 0 if segments <= 6 else 1)
            elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
                object_bounds(item, *self._bounds_at)
                left, bottom, right, top = self._bounds
                self._note((left, bottom, right, top), within, 2)

    def _note(self, corners: tuple[float, float, float, float], within: Affine | None, kind: int) -> None:
        """Note a rectangle: of a box or rule (kind 0), of many strokes (1), of a picture (2)."""
        sheet = self.sheet
        xx, xy, xc, yx, yy, yc = self.to_upright
        x0, y0, x1, y1 = corners
        if within is not None:
            a, b, c, d, e, f = within
            x0, y0, x1, y1 = a * x0 + c * y0 + e, b * x0 + d * y0 + f, a * x1 + c * y1 + e, b * x1 + d * y1 + f
        left, right = sorted((xx * x0 + xy * y0 + xc, xx * x1 + xy * y1 + xc))
        top, bottom = sorted((yx * x0 + yy * y0 + yc, yx * x1 + yy * y1 + yc))
        if right < 0 or left > sheet.width or bottom < 0 or top > sheet.height:
            return
        rect = Rect(left, top, right, bottom)
        if kind == 2:
            sheet.pictures.append(rect)
        elif min(right - left, bottom - top) < 3:
            if max(right - left, bottom - top) > 6:
                sheet.rules.append(rect)
        elif kind == 0:
            sheet.boxes.append(rect)
        else:
            sheet.pictures.append(rect)


def _product(inner: Affine, outer: Affine) -> Affine:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _straight(path: Any, segments: int) -> list[tuple[float, float, float, float]]:
    """The horizontal and vertical strokes of a path of many segments (a whole grid drawn in one go)."""
    point = (ctypes.c_float * 2)()
    p0 = ctypes.addressof(point)
    out: list[tuple[float, float, float, float]] = []
    x = y = 0.0
    for i in range(segments):
        segment = path_segment(path, i)
        kind = segment_type(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            return []
        segment_point(segment, p0, p0 + 4)
        if kind == pdfium.FPDF_SEGMENT_LINETO and (abs(point[0] - x) < 0.5) != (abs(point[1] - y) < 0.5):
            out.append((x, y, point[0], point[1]))
        x, y = point[0], point[1]
    return out


class Seen:
    """Tells whether words can be seen: inside the clip of their text object, and not white on white."""

    def __init__(self, to_upright: Affine, sheet: Sheet) -> None:
        self.to_upright = to_upright
        self.grounds = [*sheet.boxes, *sheet.pictures]
        self.known: dict[int, tuple[bool, Rect | None]] = {}

    def shows(self, text_object: int, word: Rect) -> bool:
        """Whether the middle of a word drawn by this text object can be seen."""
        if text_object not in self.known:
            self.known[text_object] = _is_white(text_object), self._clip(text_object)
        white, clip = self.known[text_object]
        x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
        if clip is not None and not _holds(clip, x, y):
            return False
        return not white or any(_holds(ground, x, y) for ground in self.grounds)

    def _clip(self, text_object: int) -> Rect | None:
        clip = clip_path(text_object)
        xx, xy, xc, yx, yy, yc = self.to_upright
        point = (ctypes.c_float * 2)()
        p0 = ctypes.addressof(point)
        out: Rect | None = None
        for path in range(max(0, clip_paths(clip)) if clip else 0):
            xs: list[float] = []
            ys: list[float] = []
            for i in range(min(200, clip_segments(clip, path))):
                segment_point(clip_segment(clip, path, i), p0, p0 + 4)
                xs.append(xx * point[0] + xy * point[1] + xc)
                ys.append(yx * point[0] + yy * point[1] + yc)
            if xs:
                here = Rect(min(xs), min(ys), max(xs), max(ys))
                out = here if out is None else Rect(
                    max(out.x0, here.x0), max(out.top, here.top), min(out.x1, here.x1), min(out.bottom, here.bottom)
                )  # fmt: skip
        return out


def _is_white(text_object: int) -> bool:
    colour = (ctypes.c_uint * 4)()
    c0 = ctypes.addressof(colour)
    return bool(fill_colour(text_object, c0, c0 + 4, c0 + 8, c0 + 12)) and min(colour[:3]) > 250


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect.x0 - 1 <= x <= rect.x1 + 1 and rect.top - 1 <= y <= rect.bottom + 1

"""READ, the bridge to pdfium: its functions, called with as little ado as ctypes allows.

pypdfium2's own prototypes build a pointer object for each answer; asked for each word, that costs more than the answer.
Functions asked once for each object take addresses as plain integers. Those of text pages, asked for each word, have no
prototype of their arguments at all and take an ``Address``, made once: this halves the cost of a call again. Where they
want an Address a plain integer would be cut to 32 bits, so their types are spelled out here for mypy to check.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NewType

import pypdfium2.raw as pdfium

Address = NewType("Address", object)
"""An address that is ready to be given to a function of text pages."""


def prototype(function: Any, result: Any, *arguments: Any) -> Any:
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


def ready(address: int) -> Address:
    """An address as the functions of text pages want it. What stands there must outlive it."""
    return Address(ctypes.c_void_p.from_param(address))


def addresses(array: ctypes.Array[Any]) -> list[Address]:
    """The addresses of the elements of an array."""
    start, step = ctypes.addressof(array), ctypes.sizeof(array) // len(array)
    return [ready(start + step * index) for index in range(len(array))]


def handle_of(owned: Any) -> int:
    """The address behind a page or text page of pypdfium2."""
    return ctypes.cast(owned.raw, ctypes.c_void_p).value or 0


POINTER, _I, _D = ctypes.c_void_p, ctypes.c_int, ctypes.c_double

_Four = Callable[[Address, int, Address, Address, Address, Address], int]
count_rects: Callable[[Address, int, int], int] = prototype(pdfium.FPDFText_CountRects, _I)
get_rect: _Four = prototype(pdfium.FPDFText_GetRect, _I)
char_box: _Four = prototype(pdfium.FPDFText_GetCharBox, _I)
object_at: Callable[[Address, int], int | None] = prototype(pdfium.FPDFText_GetTextObject, POINTER)
char_matrix: Callable[[Address, int, Address], int] = prototype(pdfium.FPDFText_GetMatrix, _I)
char_origin: Callable[[Address, int, Address, Address], int] = prototype(pdfium.FPDFText_GetCharOrigin, _I)
font_size: Callable[[Address, int], float] = prototype(pdfium.FPDFText_GetFontSize, _D)
char_unicode: Callable[[Address, int], int] = prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint)
is_generated: Callable[[Address, int], int] = prototype(pdfium.FPDFText_IsGenerated, _I)
unmapped: Callable[[Address, int], int] = prototype(pdfium.FPDFText_HasUnicodeMapError, _I)
char_index: Callable[[Address, int], int] = prototype(pdfium.FPDFText_GetCharIndexFromTextIndex, _I)

object_font = prototype(pdfium.FPDFTextObj_GetFont, POINTER, POINTER)
font_flags = prototype(pdfium.FPDFFont_GetFlags, _I, POINTER)
font_name = prototype(pdfium.FPDFFont_GetBaseFontName, ctypes.c_size_t, POINTER, POINTER, ctypes.c_size_t)
clip_path = prototype(pdfium.FPDFPageObj_GetClipPath, POINTER, POINTER)
clip_paths = prototype(pdfium.FPDFClipPath_CountPaths, _I, POINTER)
clip_segments = prototype(pdfium.FPDFClipPath_CountPathSegments, _I, POINTER, _I)
clip_segment = prototype(pdfium.FPDFClipPath_GetPathSegment, POINTER, POINTER, _I, _I)
render_mode = prototype(pdfium.FPDFTextObj_GetTextRenderMode, _I, POINTER)
fill_colour = prototype(pdfium.FPDFPageObj_GetFillColor, _I, POINTER, POINTER, POINTER, POINTER, POINTER)
count_objects = prototype(pdfium.FPDFPage_CountObjects, _I, POINTER)
get_object: Callable[[Address, int], int] = prototype(pdfium.FPDFPage_GetObject, POINTER)
count_form = prototype(pdfium.FPDFFormObj_CountObjects, _I, POINTER)
form_object: Callable[[Address, int], int] = prototype(pdfium.FPDFFormObj_GetObject, POINTER, POINTER, ctypes.c_ulong)
object_type = prototype(pdfium.FPDFPageObj_GetType, _I, POINTER)
object_bounds = prototype(pdfium.FPDFPageObj_GetBounds, _I, POINTER, POINTER, POINTER, POINTER, POINTER)
object_matrix = prototype(pdfium.FPDFPageObj_GetMatrix, _I, POINTER, POINTER)
count_segments = prototype(pdfium.FPDFPath_CountSegments, _I, POINTER)
path_segment = prototype(pdfium.FPDFPath_GetPathSegment, POINTER, POINTER, _I)
segment_point = prototype(pdfium.FPDFPathSegment_GetPoint, _I, POINTER, POINTER, POINTER)
segment_type = prototype(pdfium.FPDFPathSegment_GetType, _I, POINTER)

Affine = tuple[float, float, float, float, float, float]

"""READ, the bridge to pdfium: its functions, with addresses as plain integers.

pypdfium2's own prototypes build a pointer object for each answer; asked once for each word, integers cost half as much.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium


def prototype(function: Any, result: Any, *arguments: Any) -> Any:
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


POINTER, _I, _D = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
count_rects = prototype(pdfium.FPDFText_CountRects, _I, POINTER, _I, _I)
get_rect = prototype(pdfium.FPDFText_GetRect, _I, POINTER, _I, POINTER, POINTER, POINTER, POINTER)
char_box = prototype(pdfium.FPDFText_GetCharBox, _I, POINTER, _I, POINTER, POINTER, POINTER, POINTER)
object_at = prototype(pdfium.FPDFText_GetTextObject, POINTER, POINTER, _I)
char_matrix = prototype(pdfium.FPDFText_GetMatrix, _I, POINTER, _I, POINTER)
char_origin = prototype(pdfium.FPDFText_GetCharOrigin, _I, POINTER, _I, POINTER, POINTER)
font_size = prototype(pdfium.FPDFText_GetFontSize, _D, POINTER, _I)
char_unicode = prototype(pdfium.FPDFText_GetUnicode, ctypes.c_uint, POINTER, _I)
is_generated = prototype(pdfium.FPDFText_IsGenerated, _I, POINTER, _I)
unmapped = prototype(pdfium.FPDFText_HasUnicodeMapError, _I, POINTER, _I)
char_index = prototype(pdfium.FPDFText_GetCharIndexFromTextIndex, _I, POINTER, _I)
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
get_object = prototype(pdfium.FPDFPage_GetObject, POINTER, POINTER, _I)
count_form = prototype(pdfium.FPDFFormObj_CountObjects, _I, POINTER)
form_object = prototype(pdfium.FPDFFormObj_GetObject, POINTER, POINTER, ctypes.c_ulong)
object_type = prototype(pdfium.FPDFPageObj_GetType, _I, POINTER)
object_bounds = prototype(pdfium.FPDFPageObj_GetBounds, _I, POINTER, POINTER, POINTER, POINTER, POINTER)
object_matrix = prototype(pdfium.FPDFPageObj_GetMatrix, _I, POINTER, POINTER)
count_segments = prototype(pdfium.FPDFPath_CountSegments, _I, POINTER)
path_segment = prototype(pdfium.FPDFPath_GetPathSegment, POINTER, POINTER, _I)
segment_point = prototype(pdfium.FPDFPathSegment_GetPoint, _I, POINTER, POINTER, POINTER)
segment_type = prototype(pdfium.FPDFPathSegment_GetType, _I, POINTER)

Affine = tuple[float, float, float, float, float, float]

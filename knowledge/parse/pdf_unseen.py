"""Text that is on a page of a pdf and that nobody sees: taken out before the page is read."""

from ctypes import byref, c_float, c_uint
from typing import Any

import pypdfium2.raw as pdfium

_INVISIBLE = 3
_WHITE = (255, 255, 255)
_SCANNED = 0.5
"""Of the page: a picture this large is a scan, whose words lie invisibly over it."""

Box = tuple[float, float, float, float]


def remove_unseen(page: Any) -> None:
    """Take out invisible letters, unless they are of a scan, and white ones on the bare page."""
    objects = _objects(page.raw)
    texts = [one for one, kind in objects if kind == pdfium.FPDF_PAGEOBJ_TEXT]
    pictures = [one for one, kind in objects if kind == pdfium.FPDF_PAGEOBJ_IMAGE]
    invisible = {n for n, one in enumerate(texts) if _mode(one) == _INVISIBLE}
    if invisible and _is_scan(page, pictures):
        invisible.clear()
    if len(texts) == len(objects):
        invisible |= {n for n, one in enumerate(texts) if _colour(one) == _WHITE}
    for one in map(texts.__getitem__, invisible):
        pdfium.FPDFPage_RemoveObject(page.raw, one)
        pdfium.FPDFPageObj_Destroy(one)


def is_off(box: Box, page: Box) -> bool:
    """Whether a letter (left, bottom, right, top) lies beside the page."""
    left, bottom, right, top = box
    return right < page[0] or left > page[2] or top < page[1] or bottom > page[3]


def _objects(page: Any) -> list[tuple[Any, int]]:
    count = pdfium.FPDFPage_CountObjects(page)
    objects = (pdfium.FPDFPage_GetObject(page, number) for number in range(count))
    return [(one, pdfium.FPDFPageObj_GetType(one)) for one in objects]


def _mode(text: Any) -> int:
    return int(pdfium.FPDFTextObj_GetTextRenderMode(text))


def _is_scan(page: Any, pictures: list[Any]) -> bool:
    width, height = page.get_size()
    covered: float = sum(map(_area, pictures))
    return covered > float(_SCANNED * width * height)


def _area(picture: Any) -> float:
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    pdfium.FPDFPageObj_GetBounds(picture, byref(left), byref(bottom), byref(right), byref(top))
    return (right.value - left.value) * (top.value - bottom.value)


def _colour(text: Any) -> tuple[int, int, int]:
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    pdfium.FPDFPageObj_GetFillColor(text, byref(red), byref(green), byref(blue), byref(alpha))
    return (red.value, green.value, blue.value)

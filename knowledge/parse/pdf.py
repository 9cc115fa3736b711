"""PDF: the text of each page, headings told by their larger letters, and where each page begins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ctypes import byref
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.markdown import first_heading
from knowledge.parse.pdf_unseen import Box, is_off, remove_unseen
from knowledge.parse.text import normalise, of_pages, one_line, title_from

_LARGER = 1.15
_SMALLEST = 2
_LONGEST_HEADING = 120
_LEVELS = 3
_GAP = 1.35
_RUNNING_PAGES = 3
# pdfium joins a word that was broken at a line's end, and leaves one of these in it.
_BROKEN_WORD = re.compile("[\x02\ufffe]")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    top: float
    last: float
    """The top of its last letter, lower where pdfium has joined a broken word's two lines."""


def parse(data: bytes, name: str) -> ParsedDocument:
    try:
        with pypdfium2.PdfDocument(data) as document:
            pages = [list(_lines(page)) for page in document]
            title = one_line(document.get_metadata_value("Title"))
    except pypdfium2.PdfiumError as error:
        raise ParseError(_reason(str(error))) from error
    if not any(pages):
        raise ParseError("has pictures of pages but no text; run text recognition (OCR) on it")
    look = _Look.of([line for page in pages for line in page])
    pages = _without_running_lines(pages, look)
    texts = [normalise("".join(look.markdown(page))).strip() for page in pages]
    heading = next(filter(None, map(first_heading, texts)), "")
    return of_pages(heading or title or title_from(name), texts)


def _reason(message: str) -> str:
    if "password" in message.lower():
        return "is protected by a password; save a copy without it"
    return "is damaged or not really .pdf; open it and save it again"


def _lines(page: pypdfium2.PdfPage) -> Iterator[_Line]:
    remove_unseen(page)
    textpage = page.get_textpage()
    bounds, offset = page.get_bbox(), 0
    for text in textpage.get_text_range().split("\r\n"):
        if text.strip():
            line, box = _line(textpage, text, offset + len(text) - len(text.lstrip()))
            if line.size >= _SMALLEST and not is_off(box, bounds):
                yield line
        # pdfium counts in UTF-16.
        offset += len(text) + sum(letter > "\uffff" for letter in text) + len("\r\n")
    textpage.close()
    page.close()


def _line(textpage: pypdfium2.PdfTextPage, text: str, offset: int) -> tuple[_Line, Box]:
    index = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, offset)
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, index, byref(matrix))
    size = pdfium.FPDFText_GetFontSize(textpage, index) * hypot(matrix.c, matrix.d)
    box = textpage.get_charbox(index, loose=True)
    last = box[3]
    if _BROKEN_WORD.search(text):
        width = len(text.strip().encode("utf-16-le")) // 2
        end = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, offset + width - 1)
        last = textpage.get_charbox(end, loose=True)[3] if end >= 0 else last
    return _Line(text.rstrip(), round(2 * size) / 2, box[3], last), box


@dataclass(frozen=True, slots=True)
class _Look:
    """How a document is set: the level of each size of heading and the usual step between lines."""

    levels: dict[float, int]
    step: float

    @classmethod
    def of(cls, lines: list[_Line]) -> _Look:
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.size] += len(line.text)
        body = sizes.most_common(1)[0][0]
        large = sorted({line.size for line in lines if _may_be_heading(line, body)}, reverse=True)
        levels = {size: min(level, _LEVELS) for level, size in enumerate(large, 1)}
        steps = Counter(
            round(above.last - below.top)
            for above, below in pairwise(lines)
            if above.size == below.size == body and above.last > below.top
        )
        return cls(levels, steps.most_common(1)[0][0] if steps else 2 * body)

    def markdown(self, page: list[_Line]) -> Iterator[str]:
        before: _Line | None = None
        for line in page:
            yield self._between(before, line)
            yield _BROKEN_WORD.sub("", line.text)
            before = line

    def _between(self, before: _Line | None, line: _Line) -> str:
        level = self.level(line)
        if before is not None and level == self.level(before):
            step = before.last - line.top
            if level and 0 < step < 2 * line.size:
                return " "
            if not level and -self.step < step <= _GAP * self.step:
                return "\n"
        return "\n\n" + (f"{'#' * level} " if level else "")

    def level(self, line: _Line) -> int:
        return self.levels.get(line.size, 0) if len(line.text) <= _LONGEST_HEADING else 0


def _may_be_heading(line: _Line, body: float) -> bool:
    return (
        line.size >= _LARGER * body
        and len(line.text) <= _LONGEST_HEADING
        and any(letter.isalpha() for letter in line.text)
    )


def _without_running_lines(pages: list[list[_Line]], look: _Look) -> list[list[_Line]]:
    """The pages without the headers and footers that they repeat but for a number."""
    if len(pages) < _RUNNING_PAGES:
        return pages
    edges = [
        {_key(line): line.text for line in _outermost(page) if not look.level(line)}
        for page in pages
    ]
    running = _running([item for page_edges in edges for item in page_edges.items()], len(pages))
    kept = [
        [line for line in page if _key(line) not in running & page_edges.keys()]
        for page, page_edges in zip(pages, edges, strict=True)
    ]
    return kept if any(kept) else pages


def _running(lines: list[tuple[str, str]], pages: int) -> set[str]:
    """On most pages; or on a few, as a chapter's title is, with another number on each."""
    times = Counter(key for key, _ in lines)
    texts = Counter(key for key, _ in set(lines))
    counted = {k for k, n in texts.items() if n == times[k] >= _RUNNING_PAGES and "0" in k}
    return {key for key, n in times.items() if n > pages / 2} | counted


def _outermost(page: list[_Line]) -> list[_Line]:
    by_height = sorted(page, key=lambda line: line.top)
    return by_height[:2] + by_height[-2:]


def _key(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text.strip())

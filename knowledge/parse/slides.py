"""Presentations: a heading for each slide that is shown, its text, tables, charts and notes."""

import io
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any
from zipfile import BadZipFile

from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]  # lxml ships no types
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError

from knowledge.documents import ParsedDocument
from knowledge.parse.archive import check_archive
from knowledge.parse.errors import ParseError
from knowledge.parse.grid import markdown_table
from knowledge.parse.text import normalise, of_pages, one_line, title_from

_RUNNING = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}
_BROKEN = (BadZipFile, KeyError, ValueError, AttributeError, PythonPptxError, XMLSyntaxError)


def parse(data: bytes, name: str) -> ParsedDocument:
    check_archive(data, ".pptx")
    try:
        deck = Presentation(io.BytesIO(data))
        # A hidden slide is an empty page, for the others keep their numbers.
        slides = [
            _slide(slide, n) if _is_shown(slide) else "" for n, slide in enumerate(deck.slides, 1)
        ]
        title = next(filter(None, map(_title, filter(_is_shown, deck.slides))), title_from(name))
    except _BROKEN as error:
        raise ParseError("is damaged or not really .pptx; open it and save it again") from error
    return of_pages(title, slides)


def _is_shown(slide: Any) -> bool:
    return slide._element.get("show", "1") not in ("0", "false")


def _title(slide: Any) -> str:
    title = slide.shapes.title
    return one_line(title.text_frame.text) if title is not None else ""


def _slide(slide: Any, number: int) -> str:
    return normalise("\n\n".join(filter(None, _parts(slide, number)))).strip()


def _parts(slide: Any, number: int) -> Iterator[str]:
    yield f"## {_title(slide) or f'Slide {number}'}"
    yield from _shapes(shape for shape in slide.shapes if shape != slide.shapes.title)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield slide.notes_slide.notes_text_frame.text.strip()


def _shapes(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if _is_unseen(shape):
            continue
        if getattr(shape, "shapes", None) is not None:
            yield from _shapes(shape.shapes)
        elif getattr(shape, "has_table", False):
            yield markdown_table([cell.text for cell in row.cells] for row in shape.table.rows)
        elif getattr(shape, "has_chart", False):
            yield _chart(shape.chart)
        elif shape.has_text_frame:
            yield "\n".join(_paragraphs(shape.text_frame.paragraphs))


def _is_unseen(shape: Any) -> bool:
    """Hidden, or on every slide: the date, the footer and the number."""
    hidden = shape._element.xpath("./*/*[local-name()='cNvPr']/@hidden")
    running = shape.is_placeholder and shape.placeholder_format.type in _RUNNING
    return running or any(said in ("1", "true") for said in hidden)


def _chart(chart: Any) -> str:
    """What a chart is drawn from, as a table: a row for each category."""
    series = [(one.name or "", list(map(_number, one.values))) for one in chart.series]
    labels = [str(label) for plot in list(chart.plots)[:1] for label in plot.categories]
    rows = zip_longest(labels, *(values for _, values in series), fillvalue="")
    return markdown_table([["", *(name for name, _ in series)], *rows])


def _number(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value or "")


def _paragraphs(paragraphs: Any) -> Iterator[str]:
    filled = [paragraph for paragraph in paragraphs if paragraph.text.strip()]
    mark = "- " if len(filled) > 1 else ""
    for paragraph in filled:
        yield "  " * paragraph.level + mark + one_line(paragraph.text)

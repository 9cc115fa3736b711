"""Presentations: a heading for each slide, its text, tables and notes."""

import io
from collections.abc import Iterable, Iterator
from typing import Any
from zipfile import BadZipFile

from pptx import Presentation
from pptx.exc import PythonPptxError

from knowledge.documents import ParsedDocument
from knowledge.parse.archive import check_archive
from knowledge.parse.errors import ParseError
from knowledge.parse.grid import markdown_table
from knowledge.parse.text import normalise, of_pages, one_line, title_from


def parse(data: bytes, name: str) -> ParsedDocument:
    check_archive(data, ".pptx")
    try:
        deck = Presentation(io.BytesIO(data))
        slides = [_slide(slide, number) for number, slide in enumerate(deck.slides, 1)]
        title = next(filter(None, map(_title, deck.slides)), title_from(name))
    except (BadZipFile, KeyError, ValueError, AttributeError, PythonPptxError) as error:
        raise ParseError("is damaged or not really .pptx; open it and save it again") from error
    return of_pages(title, slides)


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
        if getattr(shape, "shapes", None) is not None:
            yield from _shapes(shape.shapes)
        elif getattr(shape, "has_table", False):
            yield markdown_table([cell.text for cell in row.cells] for row in shape.table.rows)
        elif shape.has_text_frame:
            yield "\n".join(_paragraphs(shape.text_frame.paragraphs))


def _paragraphs(paragraphs: Any) -> Iterator[str]:
    filled = [paragraph for paragraph in paragraphs if paragraph.text.strip()]
    mark = "- " if len(filled) > 1 else ""
    for paragraph in filled:
        yield "  " * paragraph.level + mark + one_line(paragraph.text)

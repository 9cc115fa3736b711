"""Hostile Word, Excel and PowerPoint files: bombs, lies, entities, passwords."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import Any

from docx import Document
from openpyxl import Workbook
from pptx import Presentation

from .expected import Readable, Refused

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DAMAGED = "is damaged or not really"
# An encrypted office file and an old one begin alike: both are OLE compound files.
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zipped(entries: dict[str, bytes], level: int = 1) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


@cache
def bomb() -> bytes:
    return zipped({"document.xml": bytes(210_000_000)})


@cache
def good_docx() -> bytes:
    document = Document()
    document.add_paragraph("Text of a good document.")
    return saved(document)


@cache
def good_xlsx() -> bytes:
    book = Workbook()
    book.active.append(["Text", "of a good sheet"])
    return saved(book)


@cache
def good_pptx() -> bytes:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.placeholders[1].text_frame.text = "Text of a good slide"
    return saved(deck)


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {one: archive.read(one) for one in archive.namelist()}
    return zipped(entries | {name: content})


def docx(body: bytes, before: bytes = b"") -> bytes:
    """A Word file whose main part is replaced."""
    document = b'<w:document xmlns:w="%b"><w:body>%b</w:body></w:document>' % (MAIN.encode(), body)
    part = b'<?xml version="1.0"?>%b%b' % (before, document)
    return with_part(good_docx(), "word/document.xml", part)


def paragraph(text: bytes) -> bytes:
    return b"<w:p><w:r><w:t>%b</w:t></w:r></w:p>" % text


def many_paragraphs(count: int) -> bytes:
    return docx(paragraph(b"text") * count)


def laughs(count: int = 9) -> bytes:
    """The billion laughs: entities that grow tenfold with each level."""
    levels = b"".join(
        b'<!ENTITY l%d "%b">' % (level, b"&l%d;" % (level - 1) * 10)
        for level in range(1, count + 1)
    )
    return b'<!DOCTYPE a [<!ENTITY l0 "ha">%b]>' % levels


def sheet_with(xml: bytes) -> bytes:
    return with_part(good_xlsx(), "xl/worksheets/sheet1.xml", xml)


def far_sheet() -> bytes:
    book = Workbook()
    book.active["E1048576"] = "far away"
    return saved(book)


def lying_size() -> bytes:
    """The directory of the archive says that the main part is one byte long."""
    data = bytearray(docx(paragraph(b"x" * 1000)))
    place = data.rfind(b"word/document.xml") - 46 + 24
    data[place : place + 4] = (1).to_bytes(4, "little")
    return bytes(data)


def locked_zip() -> bytes:
    """Every entry is marked as encrypted, in its own head and in the directory."""
    data = bytearray(good_docx())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def circle_of_styles() -> bytes:
    style = (
        '<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/>'
        '<w:basedOn w:val="{}"/></w:style>'
    )
    styles = style.format("A", "A", "B") + style.format("B", "B", "A")
    part = f'<w:styles xmlns:w="{MAIN}">{styles}</w:styles>'.encode()
    body = b'<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:t>round and round</w:t></w:r></w:p>'
    return with_part(docx(body), "word/styles.xml", part)


PASSWD = b'<!DOCTYPE a [<!ENTITY p SYSTEM "file:///etc/passwd">]>'
BIG = b'<!DOCTYPE a [<!ENTITY big "%b">]>' % (b"x" * 100_000)
TABLES = b"<w:tbl><w:tr><w:tc>", b"</w:tc></w:tr></w:tbl>"
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'

REFUSED = [
    Refused("bomb.docx", bomb, "unfolds to 210 MB"),
    Refused("ratio.docx", lambda: docx(b" " * 50_000_000), "unfolds to 51 MB"),
    Refused("bomb.xlsx", bomb, "unfolds to 210 MB"),
    Refused("bomb.pptx", bomb, "unfolds to 210 MB"),
    Refused("entries.docx", lambda: zipped({str(n): b"" for n in range(20_001)}), "unfolds to"),
    Refused("nested.docx", lambda: zipped({"a.docx": zipped({"b.docx": good_docx()})}), DAMAGED),
    Refused("laughs.docx", lambda: docx(paragraph(b"&l9;"), laughs()), DAMAGED),
    Refused("big-entity.docx", lambda: docx(paragraph(b"&big;" * 10_000), BIG), DAMAGED),
    Refused("outside.docx", lambda: docx(paragraph(b"text &p;"), PASSWD), DAMAGED),
    Refused(
        "laughs.xlsx",
        lambda: sheet_with(laughs() + SHEET + b"<sheetData>&l9;</sheetData></worksheet>"),
        DAMAGED,
    ),
    Refused(
        "laughs.pptx", lambda: with_part(good_pptx(), "ppt/slides/slide1.xml", laughs()), DAMAGED
    ),
    Refused("deep.docx", lambda: docx(TABLES[0] * 50_000 + TABLES[1] * 50_000), "is nested too"),
    Refused("lying.docx", lying_size, DAMAGED),
    Refused("text.docx", lambda: b"just words", DAMAGED),
    Refused("half.docx", lambda: good_docx()[: len(good_docx()) // 2], DAMAGED),
    Refused("half.xlsx", lambda: good_xlsx()[: len(good_xlsx()) // 2], DAMAGED),
    Refused("broken.docx", lambda: docx(b"<w:p>"), DAMAGED),
    Refused("other.docx", lambda: zipped({"a.txt": b"text"}), DAMAGED),
    Refused("other.xlsx", good_docx, DAMAGED),
    Refused("other.pptx", good_docx, DAMAGED),
    Refused("locked.docx", lambda: OLE, "is protected by a password or in an old format"),
    Refused("locked.xlsx", lambda: OLE, "is protected by a password or in an old format"),
    Refused("locked.pptx", lambda: OLE, "is protected by a password or in an old format"),
    Refused("locked-entries.docx", locked_zip, "is protected by a password"),
    Refused("old.doc", lambda: OLE, "has an ending that is not read (.doc); save it as .docx"),
    Refused("old.xls", lambda: OLE, "has an ending that is not read (.xls); save it as .xlsx"),
    Refused("old.ppt", lambda: OLE, "has an ending that is not read (.ppt); save it as .pptx"),
]

READABLE = [
    Readable("circle.docx", circle_of_styles, "round and round"),
    Readable("many-paragraphs.docx", lambda: many_paragraphs(1_000), "text"),
    Readable("far.xlsx", far_sheet, "far away"),
    Readable(
        "lying-size.xlsx",
        lambda: sheet_with(
            SHEET + b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1">'
            b'<c r="A1" t="inlineStr"><is><t>small</t></is></c></row></sheetData></worksheet>'
        ),
        "small",
    ),
]

"""Hostile office files and pdfs: each is skipped with a reason or read, within memory and time."""

import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from docx import Document
from fpdf import FPDF
from openpyxl import Workbook

from knowledge.documents import ParsedDocument, Skipped
from knowledge.sandbox import ParserPool

SECONDS = 20


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(seconds=SECONDS) as pool:
        yield pool


@cache
def good_docx() -> bytes:
    document = Document()
    document.add_paragraph("Text.")
    return saved(document)


def saved(book: object) -> bytes:
    file = io.BytesIO()
    book.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


def zipped(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(body: bytes, before: bytes = b"") -> bytes:
    """A Word file whose main part is replaced."""
    with zipfile.ZipFile(io.BytesIO(good_docx())) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    namespace = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    entries["word/document.xml"] = (
        b'<?xml version="1.0"?>%b<w:document xmlns:w="%b"><w:body>%b</w:body></w:document>'
        % (before, namespace, body)
    )
    return zipped(entries)


def paragraph(text: bytes) -> bytes:
    return b"<w:p><w:r><w:t>%b</w:t></w:r></w:p>" % text


def billion_laughs() -> bytes:
    levels = b"".join(
        b'<!ENTITY l%d "%b">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return docx(paragraph(b"&l9;"), b'<!DOCTYPE a [<!ENTITY l0 "ha">%b]>' % levels)


def big_entity() -> bytes:
    entity = b'<!DOCTYPE a [<!ENTITY big "%b">]>' % (b"x" * 100_000)
    return docx(paragraph(b"&big;" * 10_000), entity)


def outside_entity() -> bytes:
    return docx(paragraph(b"text &p;"), b'<!DOCTYPE a [<!ENTITY p SYSTEM "file:///etc/passwd">]>')


def many_paragraphs() -> bytes:
    return docx(b"".join(paragraph(b"%d" % number) for number in range(150_000)))


def deep_tables() -> bytes:
    return docx(b"<w:tbl><w:tr><w:tc>" * 50_000 + b"</w:tc></w:tr></w:tbl>" * 50_000)


def lying_size() -> bytes:
    """The directory of the archive says that the main part is one byte long."""
    data = bytearray(docx(paragraph(b"x" * 1000)))
    place = data.rfind(b"word/document.xml") - 46 + 24
    data[place : place + 4] = (1).to_bytes(4, "little")
    return bytes(data)


def last_cell() -> bytes:
    book = Workbook()
    book.active["E1048576"] = "far away"
    return saved(book)


def pdf_of(*objects: bytes) -> bytes:
    """A pdf without a table of its objects, which every reader then looks for itself."""
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (n, text) for n, text in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF"


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources %b >>" % FONT
)


def stream(content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)


def pdf_with(content: bytes, pages: int = 1) -> bytes:
    tree = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (pages, b"3 0 R " * pages)
    return pdf_of(CATALOG, tree, PAGE, stream(content))


def page_loop() -> bytes:
    return pdf_of(CATALOG, b"<< /Type /Pages /Count 5 /Kids [2 0 R 2 0 R] >>")


def locked_pdf() -> bytes:
    document = FPDF()
    document.set_encryption(owner_password="owner", user_password="user")
    document.add_page()
    return bytes(document.output())


def truncated_pdf() -> bytes:
    document = FPDF()
    document.add_page()
    return bytes(document.output())[:300]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.docx": (lambda: docx(b" " * 210_000_000), "unfolds to 211 MB"),
    "ratio.docx": (lambda: docx(b" " * 50_000_000), "unfolds to 51 MB"),
    "bomb.xlsx": (lambda: zipped({"xl/workbook.xml": b" " * 210_000_000}), "unfolds to"),
    "entries.docx": (lambda: zipped({str(n): b"" for n in range(20_001)}), "unfolds to"),
    "laughs.docx": (billion_laughs, "is damaged"),
    "big-entity.docx": (big_entity, "is damaged"),
    "deep.docx": (deep_tables, "is nested too deeply"),
    "lying.docx": (lying_size, "is damaged"),
    "text.docx": (lambda: b"just words", "is damaged"),
    "half.docx": (lambda: good_docx()[: len(good_docx()) // 2], "is damaged"),
    "other.docx": (lambda: zipped({"a.txt": b"text"}), "is damaged"),
    "broken.docx": (lambda: docx(b"<w:p>"), "is damaged"),
    "other.xlsx": (good_docx, "is damaged"),
    "other.pptx": (good_docx, "is damaged"),
    "locked.docx": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000), "is protected by"),
    "locked.pdf": (locked_pdf, "is protected by a password"),
    "garbage.pdf": (lambda: bytes(range(256)) * 1000, "is damaged"),
    "half.pdf": (truncated_pdf, "is damaged"),
    "only-a-head.pdf": (lambda: b"%PDF-1.7\n", "is damaged"),
    "loop.pdf": (page_loop, "is damaged"),
    "bomb.pdf": (
        lambda: pdf_with(b"BT /F 9 Tf " + b"(a) Tj " * 15_000_000 + b"ET"),
        "made its reader crash",
    ),
    "many-pages.pdf": (lambda: pdf_with(b"", 20_000), "has pictures of pages but no text"),
}

READABLE: dict[str, Callable[[], bytes]] = {
    "outside.docx": outside_entity,
    "last-cell.xlsx": last_cell,
    "long.pdf": lambda: pdf_with(b"BT /F 9 Tf 50 50 Td (text) Tj ET", 2000),
    "one-page.pdf": lambda: pdf_with(b"BT /F 9 Tf 50 50 Td " + b"(text ) Tj " * 30_000 + b"ET"),
    "good.docx": good_docx,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_skipped_with_its_reason(pool: ParserPool, name: str) -> None:
    build, reason = REFUSED[name]
    data = build()
    begin = time.monotonic()

    result = pool.parse_bytes(name, data)

    assert isinstance(result, Skipped)
    assert result.reason.startswith(reason)
    assert time.monotonic() - begin < SECONDS + 2


def test_a_document_that_needs_more_memory_than_allowed_is_skipped() -> None:
    with ParserPool(memory_mb=256, seconds=SECONDS) as small:
        result = small.parse_bytes("memory.docx", many_paragraphs())
        good = small.parse_bytes("good.docx", good_docx())

    assert result == Skipped(
        "memory.docx",
        "needed more than 256 MB of memory to read; split it or raise knowledge.parse_memory_mb",
    )
    assert isinstance(good, ParsedDocument)


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_file_is_read_without_anything_from_outside(pool: ParserPool, name: str) -> None:
    result = pool.parse_bytes(name, READABLE[name]())

    assert isinstance(result, ParsedDocument)
    assert "root:" not in result.text


def test_good_files_between_hostile_ones_are_all_read(pool: ParserPool, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("1.docx", "2.docx", "3.docx", "4.docx", "5.docx")]
    contents = [good_docx(), big_entity(), good_docx(), deep_tables(), good_docx()]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)

    results = [result for _, result in pool.parse_many(paths)]

    assert [isinstance(result, ParsedDocument) for result in results] == [
        *(True, False, True, False, True)
    ]

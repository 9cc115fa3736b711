"""Hostile pdfs: without an end, in circles, locked, broken, of huge pages."""

from __future__ import annotations

import zlib

from fpdf import FPDF

from .expected import Readable, Refused

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
BOX = b"0 0 600 800"
DAMAGED = "is damaged or not really .pdf"
NO_TEXT = "has pictures of pages but no text"
CRASHED = "made its reader crash"


def pdf_of(*objects: bytes) -> bytes:
    """A pdf without a table of its objects, which every reader then looks for itself."""
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (n, text) for n, text in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF"


def page(box: bytes = BOX, resources: bytes = FONT) -> bytes:
    return b"<< /Type /Page /Parent 2 0 R /MediaBox [%b] /Contents 4 0 R /Resources %b >>" % (
        box,
        resources,
    )


def stream(content: bytes, more: bytes = b"", times: int = 1) -> bytes:
    packed = content
    for _ in range(times):
        packed = zlib.compress(packed, 9)
    filters = b"/FlateDecode " * times
    head = b"<< %b /Length %d /Filter [%b] >>" % (more, len(packed), filters)
    return b"%b\nstream\n%b\nendstream" % (head, packed)


def pdf_with(content: bytes, pages: int = 1, box: bytes = BOX) -> bytes:
    tree = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (pages, b"3 0 R " * pages)
    return pdf_of(CATALOG, tree, page(box), stream(content))


def text(words: bytes) -> bytes:
    return b"BT /F 9 Tf 50 50 Td (%b) Tj ET" % words


def page_loop() -> bytes:
    return pdf_of(CATALOG, b"<< /Type /Pages /Count 5 /Kids [2 0 R 2 0 R] >>")


def form_in_itself() -> bytes:
    """A drawing that draws itself, twice."""
    tree = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    resources = b"<< /XObject << /X 5 0 R >> >>"
    form = stream(
        b"/X Do /X Do",
        b"/Type /XObject /Subtype /Form /BBox [%b] /Resources %b" % (BOX, resources),
    )
    return pdf_of(CATALOG, tree, page(resources=resources), stream(b"/X Do"), form)


def deep_tree(depth: int) -> bytes:
    """Pages in pages in pages."""
    kids = b"".join(
        b"%d 0 obj\n<< /Type /Pages /Count 1 /Kids [%d 0 R] >>\nendobj\n" % (n, n + 1)
        for n in range(2, depth)
    )
    return b"%PDF-1.4\n1 0 obj\n" + CATALOG + b"\nendobj\n" + kids + b"trailer << /Root 1 0 R >>"


def locked() -> bytes:
    document = FPDF()
    document.set_encryption(owner_password="owner", user_password="user")
    document.add_page()
    return bytes(document.output())


def truncated() -> bytes:
    document = FPDF()
    document.add_page()
    return bytes(document.output())[:300]


REFUSED = [
    Refused("locked.pdf", locked, "is protected by a password; save a copy without it"),
    Refused("garbage.pdf", lambda: bytes(range(256)) * 1000, DAMAGED),
    Refused("half.pdf", truncated, DAMAGED),
    Refused("only-a-head.pdf", lambda: b"%PDF-1.7\n", DAMAGED),
    Refused("loop.pdf", page_loop, DAMAGED),
    Refused("deep-tree.pdf", lambda: deep_tree(20_000), DAMAGED),
    Refused("form-in-itself.pdf", form_in_itself, CRASHED),
    Refused(
        "bomb.pdf", lambda: pdf_with(b"BT /F 9 Tf " + b"(a) Tj " * 10_000_000 + b"ET"), CRASHED
    ),
    Refused("many-pages.pdf", lambda: pdf_with(b"", 5_000), NO_TEXT),
    Refused("arrays.pdf", lambda: pdf_of(CATALOG, b"[" * 100_000), DAMAGED),
    Refused(
        "squeezed-twice.pdf",
        lambda: pdf_of(
            CATALOG,
            b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            page(),
            stream(b" " * 50_000_000, times=2),
        ),
        NO_TEXT,
    ),
]

READABLE = [
    Readable("long.pdf", lambda: pdf_with(text(b"one of very many pages"), 300), "very many"),
    Readable("huge-page.pdf", lambda: pdf_with(text(b"wide"), box=b"0 0 9999999 9999999"), "wide"),
    Readable(
        "endless-line.pdf",
        lambda: pdf_with(b"BT /F 9 Tf 50 50 Td " + b"(text ) Tj " * 10_000 + b"ET"),
        "text",
    ),
]

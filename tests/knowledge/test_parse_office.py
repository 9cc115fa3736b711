"""Office files, pdfs, tables, notebooks and mails become markdown with their structure."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest
from docx import Document
from docx.text.paragraph import Paragraph
from fpdf import FPDF
from openpyxl import Workbook
from pptx import Presentation

from knowledge.documents import ParsedDocument
from knowledge.parse import ParseError, parse_bytes
from knowledge.parse.grid import MAX_ROWS


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def pdf(*pages: Callable[[FPDF], object]) -> bytes:
    document = FPDF()
    document.set_auto_page_break(False)
    for write in pages:
        document.add_page()
        write(document)
    return bytes(document.output())


def line(document: FPDF, text: str, size: int = 11) -> None:
    document.set_font("helvetica", size=size)
    document.cell(0, 0.6 * size, text, new_x="LMARGIN", new_y="NEXT")


def test_word_keeps_headings_lists_tables_and_links() -> None:
    document = Document()
    document.add_heading("Leave", 0)
    document.add_heading("How to ask", 2)
    document.add_paragraph("Everyone has ").add_run("24 days").bold = True
    document.add_paragraph("Fill in the form", style="List Number")
    document.add_paragraph("Bring water", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("Kind", "Days", "Sick | ill", "10"), strict=True):
        cell.text = text

    assert parse_bytes("a.docx", saved(document)) == ParsedDocument(
        "Leave",
        "# Leave\n\n## How to ask\n\nEveryone has **24 days**\n\n1. Fill in the form\n\n"
        "- Bring water\n\n| Kind | Days |\n| --- | --- |\n| Sick \\| ill | 10 |",
    )


def test_word_reads_no_header_and_no_picture() -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "secret"
    picture = io.BytesIO(bytes.fromhex("474946383961010001000000002c00000000010001000002013b"))
    Paragraph.add_run(document.add_paragraph("Text.")).add_picture(picture)

    assert parse_bytes("a.docx", saved(document)).text == "Text."


def test_slides_are_pages_with_their_notes() -> None:
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Budget"
    first.placeholders[1].text_frame.text = "Travel: 10k"
    first.placeholders[1].text_frame.add_paragraph().text = "Hotels: 5k"
    first.notes_slide.notes_text_frame.text = "Ask first."
    second = deck.slides.add_slide(deck.slide_layouts[6])
    table = second.shapes.add_table(2, 1, 0, 0, 9, 9).table
    table.cell(0, 0).text, table.cell(1, 0).text = "Who", "Ann"

    document = parse_bytes("a.pptx", saved(deck))

    assert document.title == "Budget"
    assert document.text == (
        "## Budget\n\n- Travel: 10k\n- Hotels: 5k\n\nAsk first.\n\n"
        "## Slide 2\n\n| Who |\n| --- |\n| Ann |"
    )
    assert document.text[document.page_starts[1] :].startswith("## Slide 2")


def test_sheets_are_tables_of_what_people_see() -> None:
    book = Workbook()
    rooms = book.active
    rooms.title = "Rooms"
    rooms.append(["Room", "Seats", "From"])
    rooms.append(["Apollo", 12.5, datetime(2024, 5, 1)])
    rooms.append([])
    book.create_sheet("Empty")
    hidden = book.create_sheet("Hidden")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"

    assert parse_bytes("rooms.xlsx", saved(book)) == ParsedDocument(
        "rooms",
        "## Rooms\n\n| Room | Seats | From |\n| --- | --- | --- |\n| Apollo | 12.5 | 2024-05-01 |",
    )


def test_a_pdf_knows_its_headings_by_their_size_and_its_pages() -> None:
    def page(number: int) -> Callable[[FPDF], None]:
        def write(document: FPDF) -> None:
            line(document, f"Part {number}", size=20)
            line(document, "The first line goes on")
            line(document, "in the second.")
            document.ln(8)
            line(document, "A new paragraph.")

        return write

    document = parse_bytes("a.pdf", pdf(page(1), page(2)))

    body = "The first line goes on\nin the second.\n\nA new paragraph."
    assert document.title == "Part 1"
    assert document.text == f"# Part 1\n\n{body}\n\n# Part 2\n\n{body}"
    assert document.text[document.page_starts[1] :].startswith("# Part 2")


def test_what_runs_along_the_pages_of_a_pdf_is_left_out() -> None:
    def page(number: int, word: str) -> Callable[[FPDF], None]:
        def write(document: FPDF) -> None:
            line(document, "Acme handbook")
            document.set_y(100)
            line(document, f"Page {word} says so.")
            line(document, f"And {word} more.")
            document.set_y(280)
            line(document, f"{number} of 3")

        return write

    document = parse_bytes("a.pdf", pdf(page(1, "one"), page(2, "two"), page(3, "three")))

    assert document.text.split("\n\n") == [
        "Page one says so.\nAnd one more.",
        "Page two says so.\nAnd two more.",
        "Page three says so.\nAnd three more.",
    ]


def test_a_word_broken_at_the_end_of_a_line_is_whole_again() -> None:
    def page(document: FPDF) -> None:
        line(document, "These are exam-")
        line(document, "ples of words.")

    assert parse_bytes("a.pdf", pdf(page)).text == "These are examples of words."


def test_a_pdf_of_pictures_says_what_to_do() -> None:
    with pytest.raises(ParseError, match="run text recognition"):
        parse_bytes("scan.pdf", pdf(lambda document: document.rect(10, 10, 50, 50)))


@pytest.mark.parametrize(
    "text",
    [
        'Name,Says\nAnn,"a, b"\n,\nBob,x|y\n',
        "Name;Says\nAnn;a, b\nBob;x|y",
        "Name\tSays\nAnn\ta, b\nBob\tx|y",
    ],
)
def test_separated_values_are_a_table(text: str) -> None:
    assert parse_bytes("people.csv", text.encode()).text == (
        "| Name | Says |\n| --- | --- |\n| Ann | a, b |\n| Bob | x\\|y |"
    )


def test_a_huge_table_says_what_was_left_out() -> None:
    rows = "name\n" + "x\n" * (MAX_ROWS + 5)

    assert parse_bytes("a.csv", rows.encode()).text.endswith(
        "\n\n(The first 20,000 rows; 5 more are left out.)"
    )


def test_a_notebook_has_prose_code_and_printed_results() -> None:
    notebook = {
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Model\n", "Text <!-- secret -->here."]},
            {
                "cell_type": "code",
                "source": "print(1)",
                "outputs": [
                    {"output_type": "stream", "text": ["1\n"]},
                    {"data": {"image/png": "secret", "text/plain": "<Figure>"}},
                ],
            },
        ],
    }

    assert parse_bytes("a.ipynb", json.dumps(notebook).encode()) == ParsedDocument(
        "Model",
        "# Model\nText here.\n\n```python\nprint(1)\n```\n\n```\n1\n```\n\n```\n<Figure>\n```",
    )


def test_a_mail_has_its_headers_its_text_and_the_names_of_attachments() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Grüße", "Jörg <j@example.org>"
    message.set_content("<p>Café is <b>closed</b>.</p>", subtype="html", charset="iso-8859-1")
    message.add_attachment(b"secret", maintype="application", subtype="pdf", filename="plan.pdf")

    assert parse_bytes("a.eml", message.as_bytes()) == ParsedDocument(
        "Grüße",
        "# Grüße\n\n- From: Jörg <j@example.org>\n\nCafé is **closed**.\n\n- Attached: plan.pdf",
    )


@pytest.mark.parametrize("ending", ["pdf", "docx", "pptx", "xlsx", "ipynb", "eml"])
def test_a_damaged_file_is_refused_in_one_sentence(ending: str) -> None:
    with pytest.raises(ParseError, match=r"is damaged|is not"):
        parse_bytes(f"a.{ending}", b"\x01\x02 nothing of the kind")

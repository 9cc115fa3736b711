"""Headings stay headings, tables stay tables and code stays code, however they are written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from fpdf import FPDF
from openpyxl import Workbook
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from knowledge.parse import parse_bytes

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def word(document: Any) -> str:
    return parse_bytes("a.docx", saved(document)).text


def html(text: str) -> str:
    return parse_bytes("a.html", text.encode()).text


def rst(text: str) -> str:
    return parse_bytes("a.rst", text.encode()).text


def notebook(*outputs: dict[str, Any]) -> str:
    cell = {"cell_type": "code", "source": "run", "outputs": outputs}
    return parse_bytes("a.ipynb", json.dumps({"cells": [cell]}).encode()).text


@pytest.mark.parametrize(
    "name", ["Überschrift 2", "Titre 2", "Título 2", "Заголовок 2", "标题 2", "見出し 2", "제목 2"]
)
def test_a_heading_of_word_is_one_in_every_language(name: str) -> None:
    document = Document()
    document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Leave", style=name)

    assert word(document) == "## Leave"


def test_a_heading_of_word_may_have_a_style_of_its_own() -> None:
    document = Document()
    style = document.styles.add_style("House style", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 3"]
    document.add_paragraph("Leave", style="House style")

    assert word(document) == "### Leave"


def test_a_heading_of_word_may_be_one_by_its_outline_level_alone() -> None:
    document = Document()
    properties = document.add_paragraph("Leave")._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:outlineLvl {WORD} w:val="1"/>'))

    assert word(document) == "## Leave"


def test_fields_and_formulas_of_word_are_read() -> None:
    document = Document()
    paragraph = document.add_paragraph("See page ")._p
    field = f'<w:fldSimple {WORD} w:instr="PAGE"><w:r><w:t>7: </w:t></w:r></w:fldSimple>'
    paragraph.append(parse_xml(field))
    paragraph.append(parse_xml(f"<m:oMath {MATH}><m:r><m:t>a=b</m:t></m:r></m:oMath>"))

    assert word(document) == "See page 7: a=b"


def test_code_in_word_is_code() -> None:
    document = Document()
    document.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("if x:", style="Source Code")
    document.add_paragraph("    y()", style="Source Code")

    assert word(document) == "```\nif x:\n    y()\n```"


def test_a_cell_of_word_over_several_rows_is_said_in_each() -> None:
    document = Document()
    table = document.add_table(3, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Team", "Room"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Press"
    table.cell(1, 1).text, table.cell(2, 1).text = "Apollo", "Juno"

    assert word(document) == (
        "| Team | Room |\n| --- | --- |\n| Press | Apollo |\n| Press | Juno |"
    )


def test_a_cell_of_a_page_over_several_rows_is_said_in_each() -> None:
    table = (
        "<table><tr><th>Team<th>Room<th>Floor<tr><td rowspan=2>Press<td>Apollo<td rowspan=2>3"
        "<tr><td>Juno<tr><td>Sales<td>Mars<td>1</table>"
    )

    assert html(table) == (
        "| Team | Room | Floor |\n| --- | --- | --- |\n| Press | Apollo | 3 |\n"
        "| Press | Juno | 3 |\n| Sales | Mars | 1 |"
    )


def test_a_table_that_only_places_things_is_taken_apart() -> None:
    page = "<table><tr><td><h2>Head</h2><p>Text.</p><td><table><tr><td>A<td>B</table></table>"

    assert html(page) == "## Head\n\nText.\n\n| A | B |\n| --- | --- |"


def test_definitions_of_a_page_stay_with_their_terms() -> None:
    assert html("<dl><dt>Leave<dd>Days off.</dl>") == "Leave\n:   Days off."


def test_what_looks_like_a_heading_in_a_paragraph_is_none() -> None:
    assert html("<p># of seats</p>") == "\\# of seats"


@pytest.mark.parametrize(
    "page",
    [
        "<pre><code class=language-python>x\n  y</code></pre>",
        "<div class='highlight-python notranslate'><div class=highlight><pre>x\n  y</pre></div>",
        "<div class='highlight highlight-source-python'><pre>x\n  y</pre></div>",
    ],
)
def test_code_of_a_page_keeps_its_language_and_its_indentation(page: str) -> None:
    assert html(page) == "```python\nx\n  y\n```"


@pytest.mark.parametrize(
    "table",
    [
        "+------+------+\n| Room | Seat |\n+======+======+\n| A    | 1    |\n|      | 2    |\n"
        "+------+------+",
        "==== ====\nRoom Seat\n==== ====\nA    1\n     2\n==== ====",
        '.. csv-table::\n   :header: "Room", "Seat"\n\n   "A", "1 2"',
        ".. list-table::\n   :header-rows: 1\n\n   * - Room\n     - Seat\n"
        "   * - A\n     - 1\n       2",
    ],
)
def test_tables_of_restructured_text_are_tables(table: str) -> None:
    text = rst(f"Before.\n\n{table}\n\nAfter.")

    assert text == "Before.\n\n| Room | Seat |\n| --- | --- |\n| A | 1 2 |\n\nAfter."


def test_a_drawn_table_may_hold_wide_letters() -> None:
    table = "+------+------+\n| 部屋 | 席 |\n+======+======+\n| 甲 | 一 |\n+------+------+"

    assert rst(table) == "| 部屋 | 席 |\n| --- | --- |\n| 甲 | 一 |"


def test_a_drawn_table_that_does_not_end_is_text() -> None:
    assert rst("==== ====\nRoom Seat") == "==== ====\nRoom Seat"


def test_restructured_text_shows_what_its_readers_see() -> None:
    text = rst(
        ".. |name| replace:: Lorebot\n\n|name| says [1]_ see `the guide`_.\n\n"
        ".. [1] In the yard.\n\n.. figure:: map.png\n   :alt: a map\n\n   The way.\n\n"
        "| First line\n| second line\n\n>>> 1 + 1\n2\n"
    )

    assert text.split("\n") == [
        *("Lorebot says [1] see the guide.", "", "[1] In the yard.", "", "   The way.", ""),
        *("First line", "second line", "", "```", ">>> 1 + 1", "2", "```"),
    ]


def test_code_of_restructured_text_begins_at_the_margin() -> None:
    text = rst(".. code-block:: python\n\n   def f():\n       pass\n\nAfter.")

    assert text == "```python\ndef f():\n    pass\n```\n\nAfter."


@pytest.mark.parametrize("directive", ["include", "literalinclude", "raw:: html\n   :file"])
def test_restructured_text_opens_no_other_file(directive: str) -> None:
    assert rst(f"Text.\n\n.. {directive}:: /etc/hostname\n").strip() == "Text."


def test_a_sheet_shows_per_cent_and_says_a_merged_cell_in_each_row() -> None:
    book = Workbook()
    sheet = book.active
    rows = (["Team", "Share"], ["Press", 0.07], [None, 0.125], ["Sales", 1])
    [sheet.append(row) for row in rows]
    sheet.merge_cells("A2:A3")
    sheet["B2"].number_format = sheet["B3"].number_format = "0.0%"

    assert parse_bytes("a.xlsx", saved(book)).text == (
        "## Sheet\n\n| Team | Share |\n| --- | --- |\n"
        "| Press | 7% |\n| Press | 12.5% |\n| Sales | 1 |"
    )


def test_a_chart_on_a_slide_is_read_as_the_table_it_is_drawn_from() -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["East", "West"]
    data.add_series("Sales", (1.5, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 9, 9, data)

    assert parse_bytes("a.pptx", saved(deck)).text == (
        "## Slide 1\n\n|  | Sales |\n| --- | --- |\n| East | 1.5 |\n| West | 2 |"
    )


def test_a_table_that_a_notebook_prints_is_a_table() -> None:
    page = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"

    assert notebook({"data": {"text/html": page, "text/plain": "   a\n0  1"}}) == (
        "```python\nrun\n```\n\n| a |\n| --- |\n| 1 |"
    )


def test_what_a_notebook_prints_keeps_its_columns_and_is_cut_where_it_has_no_end() -> None:
    assert notebook({"text": "   a\n0  1\n"}).endswith("```\n   a\n0  1\n```")
    assert len(notebook({"text": "x" * 1_000_000})) < 5_000


def test_a_forwarded_mail_is_read_below_its_own_heading() -> None:
    inner, outer = EmailMessage(), EmailMessage()
    inner["Subject"], inner["From"] = "Parking", "ann@example.org"
    inner.set_content("Behind the house.")
    outer["Subject"] = "Fwd"
    outer.set_content("See below.")
    outer.add_attachment(inner)

    assert parse_bytes("a.eml", outer.as_bytes()).text == (
        "# Fwd\n\nSee below.\n\n## Parking\n\n- From: ann@example.org\n\nBehind the house."
    )


def pages(count: int, write: Callable[[FPDF, int], object]) -> bytes:
    document = FPDF()
    document.set_auto_page_break(False)
    for number in range(1, count + 1):
        document.add_page()
        document.set_font("helvetica", size=11)
        write(document, number)
    return bytes(document.output())


def test_the_columns_of_a_pdf_are_read_one_after_the_other() -> None:
    def write(document: FPDF, _: int) -> None:
        document.text(20, 20, "The left column")
        document.text(20, 26, "goes on here.")
        document.text(110, 20, "The right column")
        document.text(110, 26, "comes second.")

    assert parse_bytes("a.pdf", pages(1, write)).text == (
        "The left column\ngoes on here.\n\nThe right column\ncomes second."
    )


def test_a_word_broken_in_a_pdf_breaks_no_paragraph() -> None:
    def write(document: FPDF, _: int) -> None:
        for height, line in enumerate(
            ["We meet on Tues-", "day at noon,", "and then eat.", "All."]
        ):
            document.text(20, 20 + 6 * height, line)

    text = parse_bytes("a.pdf", pages(1, write)).text

    assert text == "We meet on Tuesday at noon,\nand then eat.\nAll."


def test_the_titles_of_chapters_that_run_along_a_pdf_are_left_out() -> None:
    def write(document: FPDF, number: int) -> None:
        document.text(20, 10, f"{'Leave' if number < 4 else 'Travel'} | {number}")
        document.text(20, 100, f"Words of page {'abcdefgh'[number]}.")
        document.text(20, 106, f"More of page {'abcdefgh'[number]}.")
        document.text(20, 112, f"Rest of page {'abcdefgh'[number]}.")

    text = parse_bytes("a.pdf", pages(7, write)).text

    assert "|" not in text
    assert "Words of page b.\nMore of page b.\nRest of page b." in text

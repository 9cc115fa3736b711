"""What a human reader of a document does not see is not read either."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.shared import Pt, RGBColor
from docx.text.run import Run
from fpdf import FPDF
from fpdf.enums import TextMode
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from pptx import Presentation

from knowledge.parse import ParseError, parse_bytes

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WHITE = RGBColor(255, 255, 255)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def word(document: Any) -> str:
    return parse_bytes("a.docx", saved(document)).text


def add(paragraph: Any, xml: str) -> None:
    paragraph._p.append(parse_xml(xml.replace(">", f" {WORD}>", 1)))


def hide(run: Run) -> None:
    run.font.hidden = True


def shrink(run: Run) -> None:
    run.font.size = Pt(1)


def whiten(run: Run) -> None:
    run.font.color.rgb = WHITE


@pytest.mark.parametrize("make_unseen", [hide, shrink, whiten])
def test_letters_that_are_hidden_tiny_or_white_are_not_read(
    make_unseen: Callable[[Run], None],
) -> None:
    document = Document()
    make_unseen(document.add_paragraph("Shown.").add_run(" secret"))

    assert word(document) == "Shown."


def test_letters_of_a_hidden_style_are_not_read_unless_they_say_otherwise() -> None:
    document = Document()
    hidden = document.styles.add_style("Unseen", WD_STYLE_TYPE.PARAGRAPH)
    hidden.font.hidden = True
    below = document.styles.add_style("Unseen too", WD_STYLE_TYPE.PARAGRAPH)
    below.base_style = hidden
    document.add_paragraph("secret", style="Unseen")
    document.add_paragraph("secret", style="Unseen too").add_run("Shown.").font.hidden = False

    assert word(document) == "Shown."


def test_white_letters_on_a_dark_ground_are_read() -> None:
    document = Document()
    whiten(run := document.add_paragraph().add_run("On black."))
    run._r.get_or_add_rPr().append(parse_xml(f'<w:shd {WORD} w:val="clear" w:fill="000000"/>'))
    cell = document.add_table(1, 1, style="Light Shading").cell(0, 0)
    whiten(cell.paragraphs[0].add_run("In a coloured table."))

    assert "On black." in word(document)
    assert "In a coloured table." in word(document)


def test_tracked_changes_are_read_as_accepted_and_comments_not_at_all() -> None:
    document = Document()
    paragraph = document.add_paragraph("Shown")
    add(paragraph, '<w:del w:id="1"><w:r><w:delText>secret</w:delText></w:r></w:del>')
    add(paragraph, '<w:ins w:id="2"><w:r><w:t> and added</w:t></w:r></w:ins>')
    add(paragraph, '<w:moveFrom w:id="3"><w:r><w:t>secret</w:t></w:r></w:moveFrom>')
    document.add_comment(paragraph.runs[0], text="secret", author="Ann")

    assert word(document) == "Shown and added"


def test_the_table_of_contents_is_not_read_twice() -> None:
    document = Document()
    document.styles.add_style("toc 1", WD_STYLE_TYPE.PARAGRAPH)
    document.add_paragraph("Leave\t7", style="toc 1")
    document.add_heading("Leave", 1)

    assert word(document) == "# Leave"


def test_hidden_rows_columns_and_cells_of_a_sheet_are_not_read() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Room", "secret", "Seats"])
    sheet.append(["secret", "secret", 1])
    sheet.append(["Apollo", "secret", 12])
    sheet.append(["Juno", "secret", 8])
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet["A3"].comment = Comment("secret", "Ann")
    sheet["D3"], sheet["D4"] = "secret", "secret"
    sheet["D3"].font = Font(color="FFFFFFFF")
    sheet["D4"].number_format = ";;;"

    assert parse_bytes("a.xlsx", saved(book)).text == (
        "## Sheet\n\n| Room | Seats |\n| --- | --- |\n| Apollo | 12 |\n| Juno | 8 |"
    )


def test_rows_that_a_filter_or_a_closed_group_hides_are_read() -> None:
    filtered, grouped = Workbook(), Workbook()
    filtered.active.append(["Filtered"])
    filtered.active.row_dimensions[1].hidden = True
    filtered.active.auto_filter.ref = "A1:A1"
    grouped.active.append(["Grouped"])
    grouped.active.row_dimensions.group(1, 1, hidden=True)

    assert "Filtered" in parse_bytes("a.xlsx", saved(filtered)).text
    assert "Grouped" in parse_bytes("a.xlsx", saved(grouped)).text


def test_white_cells_on_a_dark_ground_are_read() -> None:
    book = Workbook()
    cell = book.active["A1"]
    cell.value, cell.font = "Shown", Font(color="FFFFFFFF")
    cell.fill = PatternFill("solid", fgColor="FF000000")

    assert "Shown" in parse_bytes("a.xlsx", saved(book)).text


def test_hidden_slides_and_shapes_are_left_out_and_the_others_keep_their_numbers() -> None:
    deck = Presentation()
    hidden = deck.slides.add_slide(deck.slide_layouts[1])
    hidden.shapes.title.text = "secret"
    hidden._element.set("show", "0")
    shown = deck.slides.add_slide(deck.slide_layouts[1])
    shown.shapes.title.text = "Shown"
    box = shown.shapes.add_textbox(0, 0, 9, 9)
    box.text_frame.text = "secret"
    box._element.nvSpPr.cNvPr.set("hidden", "1")

    document = parse_bytes("a.pptx", saved(deck))

    assert (document.title, document.text.strip()) == ("Shown", "## Shown")
    assert document.text[document.page_starts[1] :] == "## Shown"


def page(write: Callable[[FPDF], object]) -> bytes:
    document = FPDF()
    document.set_auto_page_break(False)
    document.add_page()
    document.set_font("helvetica", size=11)
    document.cell(0, 8, "Shown.", new_x="LMARGIN", new_y="NEXT")
    write(document)
    return bytes(document.output())


def invisible(document: FPDF) -> None:
    with document.local_context(text_mode=TextMode.INVISIBLE):
        document.cell(0, 8, "secret", new_x="LMARGIN", new_y="NEXT")


def white(document: FPDF) -> None:
    document.set_text_color(255, 255, 255)
    document.cell(0, 8, "secret", new_x="LMARGIN", new_y="NEXT")


def tiny(document: FPDF) -> None:
    document.set_font("helvetica", size=1)
    document.cell(0, 8, "secret", new_x="LMARGIN", new_y="NEXT")


def beside_the_page(document: FPDF) -> None:
    document.text(-500, -500, "secret")


@pytest.mark.parametrize("write", [invisible, white, tiny, beside_the_page])
def test_letters_of_a_pdf_that_nobody_can_see_are_not_read(
    write: Callable[[FPDF], object],
) -> None:
    assert parse_bytes("a.pdf", page(write)).text == "Shown."


def test_white_letters_of_a_pdf_on_a_dark_ground_are_read() -> None:
    def write(document: FPDF) -> None:
        document.set_fill_color(0)
        document.rect(0, 0, 200, 100, style="F")
        document.set_text_color(255, 255, 255)
        document.cell(0, 8, "On black.", new_x="LMARGIN", new_y="NEXT")

    assert "On black." in parse_bytes("a.pdf", page(write)).text


def test_the_invisible_words_over_a_scanned_page_are_read() -> None:
    picture = io.BytesIO(bytes.fromhex("474946383961010001000000002c00000000010001000002013b"))

    def write(document: FPDF) -> None:
        document.image(picture, x=0, y=0, w=document.w, h=document.h)
        with document.local_context(text_mode=TextMode.INVISIBLE):
            document.cell(0, 8, "Recognised.", new_x="LMARGIN", new_y="NEXT")

    assert "Recognised." in parse_bytes("a.pdf", page(write)).text


@pytest.mark.parametrize(
    "attribute",
    [
        "hidden",
        "hidden=until-found",
        "aria-hidden=TRUE",
        "style='display : none'",
        "style='visibility:collapse'",
        "style='opacity:.0'",
        "style='opacity:0.00'",
        "style='font-size:0.1px'",
        "style='font-size:1pt'",
        "style='position:absolute;left:-9999px'",
        "style='text-indent:-999em'",
        "style='clip:rect(0,0,0,0)'",
        "style='color:transparent'",
    ],
)
@pytest.mark.parametrize("name", ["a.html", "a.md"])
def test_hidden_elements_of_a_page_are_not_read(name: str, attribute: str) -> None:
    html = f"<p>Shown.</p><div {attribute}><p>secret <b>too</b></p></div><p>Also.</p>"

    assert parse_bytes(name, html.encode()).text.split() == ["Shown.", "Also."]


@pytest.mark.parametrize(
    "attribute",
    [
        "class=hidden",
        "style='opacity:0.05'",
        "style='font-size:10px'",
        "style='font-size:1.5em'",
        "style='left:-9px'",
        "style='background-color:transparent'",
        "title='display:block'",
    ],
)
def test_elements_that_only_sound_hidden_are_read(attribute: str) -> None:
    assert parse_bytes("a.html", f"<p {attribute}>Shown.</p>".encode()).text == "Shown."


def test_a_document_of_hidden_text_alone_has_no_text() -> None:
    document = Document()
    hide(document.add_paragraph().add_run("secret"))

    with pytest.raises(ParseError, match="has no text in it"):
        word(document)

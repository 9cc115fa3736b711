"""A Word file before it is read: what nobody sees goes, what would be lost is made plain."""

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from knowledge.parse.errors import ParseError
from knowledge.parse.word_styles import Styles, is_filled, is_on, value

_BODIES = {"document", "footnotes", "endnotes"}
_OTHERS = {"styles", "numbering", "Types", "Relationships"}
_HEADINGS = 6
_SMALLEST = 4
"""Half points: what is set in two points or less is not there to be read."""
_PLAIN_TABLES = {"", "TableGrid", "TableNormal"}
# What says how text looks, and nothing of what it says: most of a file, and slow to carry along.
_LOOKS = re.compile(
    r"rFonts|sz|szCs|lang|color|kern|spacing|w|position|shd|highlight|u|noProof|bCs|iCs|ind|jc"
    r"|keepNext|keepLines|widowControl|tabs|pBdr|contextualSpacing|proofErr|lastRenderedPageBreak"
)
_LOOKS_OF_STYLES = re.compile(r"rPr|tblPr|tblStylePr|trPr|tcPr|latentStyles|docDefaults")


def without_unseen(data: bytes) -> bytes:
    """The same file with its text alone: nothing hidden, headings in Word's own styles.

    Raises ParseError for XML that Word does not write.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(file, "w") as plain:
        names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
        found = [name for name in names if name.endswith("/styles.xml")]
        styles = Styles.of(_tree(archive.read(found[0])) if found else None)
        for name in names:
            root = _tree(archive.read(name))
            kind = etree.QName(root).localname
            if kind in _BODIES:
                _Body(root, styles).make_plain()
            elif kind == "styles":
                _remove(root, _LOOKS_OF_STYLES)
            if kind in _BODIES | _OTHERS:
                plain.writestr(name, etree.tostring(root, encoding="UTF-8"))
    return file.getvalue()


def _tree(xml: bytes) -> Any:
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise ParseError("is nested too deeply to be read; simplify it") from error
        raise ParseError("is damaged or not really .docx; open it and save it again") from error
    # Word never writes one; who does wants entities to grow or to fetch something.
    if root.getroottree().docinfo.doctype:
        raise ParseError("is damaged or not really .docx; open it and save it again")
    return root


@dataclass(frozen=True, slots=True)
class _Body:
    root: Any
    styles: Styles

    def make_plain(self) -> None:
        for paragraph in list(self.root.iter("{*}p")):
            self._paragraph(paragraph)
        for formula in list(self.root.iter("{*}oMath")):
            self._formula(formula)
        for field in list(self.root.iter("{*}fldSimple")):
            # A kind of element that is read through.
            field.tag = etree.QName(field, "smartTag").text
        for run in list(self.root.iter("{*}r")):
            if self._is_hidden(run):
                run.getparent().remove(run)
        _remove(self.root, _LOOKS)

    def _paragraph(self, paragraph: Any) -> None:
        style = _style(paragraph)
        if self.styles.is_contents(style):
            paragraph.getparent().remove(paragraph)
            return
        outline = value(paragraph.find("{*}pPr/{*}outlineLvl"))
        level = int(outline) if re.fullmatch("[0-9]", outline) else self.styles.level(style)
        if level is not None and level < 9:
            _set_style(paragraph, f"Heading{min(level + 1, _HEADINGS)}")

    def _formula(self, formula: Any) -> None:
        namespace = etree.QName(self.root).namespace
        run = etree.Element(f"{{{namespace}}}r")
        text = etree.SubElement(run, f"{{{namespace}}}t")
        text.text = "".join(letters.text or "" for letters in formula.iter("{*}t"))
        run.tail = formula.tail
        formula.getparent().replace(formula, run)

    def _is_hidden(self, run: Any) -> bool:
        look = run.find("{*}rPr")
        paragraph = next(run.iterancestors("{*}p"), None)
        style = "" if paragraph is None else _style(paragraph)
        if look is None:
            return self.styles.hides(style)
        said = is_on(look.find("{*}vanish"))
        if said is None:
            said = self.styles.hides(value(look.find("{*}rStyle"))) or self.styles.hides(style)
        return said or _is_tiny(look) or self._is_white(run, look, style)

    def _is_white(self, run: Any, look: Any, style: str) -> bool:
        """White letters, and nothing that could be a darker ground behind them."""
        return (
            value(look.find("{*}color")).lower() == "ffffff"
            and self.root.find("{*}background") is None
            and value(look.find("{*}highlight")) in ("", "none", "white")
            and not is_filled(look.find("{*}shd"))
            and not self.styles.shades(style)
            and not self.styles.shades(value(look.find("{*}rStyle")))
            and not any(map(_may_be_dark, run.iterancestors("{*}*")))
        )


def _style(paragraph: Any) -> str:
    return value(paragraph.find("{*}pPr/{*}pStyle"))


def _set_style(paragraph: Any, style: str) -> None:
    namespace = etree.QName(paragraph).namespace
    properties = paragraph.find("{*}pPr")
    if properties is None:
        properties = etree.Element(f"{{{namespace}}}pPr")
        paragraph.insert(0, properties)
    named = properties.find("{*}pStyle")
    if named is None:
        named = etree.SubElement(properties, f"{{{namespace}}}pStyle")
    named.set(f"{{{namespace}}}val", style)


def _is_tiny(look: Any) -> bool:
    size = value(look.find("{*}sz"))
    return size.isdecimal() and int(size) <= _SMALLEST


def _may_be_dark(ancestor: Any) -> bool:
    kind = etree.QName(ancestor).localname
    if kind == "tbl":
        styled = value(ancestor.find("{*}tblPr/{*}tblStyle")) not in _PLAIN_TABLES
        return styled or is_filled(ancestor.find("{*}tblPr/{*}shd"))
    if kind in ("p", "tc"):
        return is_filled(ancestor.find(f"{{*}}{kind}Pr/{{*}}shd"))
    # A text box has a colour of its own.
    return bool(kind == "txbxContent")


def _remove(root: Any, names: re.Pattern[str]) -> None:
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    for element in list(root.iter("{*}*")):
        if names.fullmatch(etree.QName(element).localname):
            element.getparent().remove(element)

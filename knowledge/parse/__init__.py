"""A file's bytes to markdown text: one parser for each family of formats, chosen by the ending."""

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError

# Each module is imported when first needed: all the libraries behind them take a second together.
PARSERS = {
    ".md": "markdown",
    ".mdx": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".text": "plain",
    ".rst": "restructured",
    ".html": "webpage",
    ".htm": "webpage",
    ".xhtml": "webpage",
    ".pdf": "pdf",
    ".docx": "word",
    ".pptx": "slides",
    ".xlsx": "sheet",
    ".csv": "table",
    ".tsv": "table",
    ".ipynb": "notebook",
    ".eml": "mail",
}

ADVICE = {
    ".doc": "save it as .docx",
    ".docm": "save it as .docx",
    ".odt": "save it as .docx",
    ".rtf": "save it as .docx",
    ".pages": "export it as .docx or .pdf",
    ".ppt": "save it as .pptx",
    ".odp": "save it as .pptx",
    ".xls": "save it as .xlsx",
    ".xlsm": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".numbers": "export it as .xlsx or .csv",
    ".epub": "convert it to .html or .pdf",
    ".msg": "save it as .eml",
    ".adoc": "convert it to .md or .html",
    ".org": "convert it to .md or .html",
    ".tex": "convert it to .md or .pdf",
}


class Parser(Protocol):
    """What each family's module offers."""

    def parse(self, data: bytes, name: str) -> ParsedDocument:
        """Read one file; raise ParseError with the reason where that fails."""


def ending(name: str) -> str:
    return Path(name).suffix.lower()


def unreadable(name: str) -> str:
    """The reason why files with this ending are not read."""
    advice = ADVICE.get(ending(name), f"convert it to one of {', '.join(sorted(PARSERS))}")
    return f"has an ending that is not read ({ending(name) or 'none'}); {advice}"


def parse_bytes(name: str, data: bytes) -> ParsedDocument:
    """Read a document; raises ParseError whose message is the reason."""
    if ending(name) not in PARSERS:
        raise ParseError(unreadable(name))
    if not data:
        raise ParseError("is empty")
    module = import_module(f"knowledge.parse.{PARSERS[ending(name)]}")
    document = cast(Parser, module).parse(data, name)
    if not document.text.strip():
        raise ParseError("has no text in it")
    return document


def parse(path: Path) -> ParsedDocument:
    """Read a file that is trusted; what comes from elsewhere goes through `knowledge.sandbox`."""
    return parse_bytes(path.name, path.read_bytes())


__all__ = ["ADVICE", "PARSERS", "ParseError", "ending", "parse", "parse_bytes", "unreadable"]

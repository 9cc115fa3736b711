"""Comma- and tab-separated values: one markdown table."""

import csv
import io

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.grid import markdown_table
from knowledge.parse.text import decode, normalise, title_from


def parse(data: bytes, name: str) -> ParsedDocument:
    text = normalise(decode(data))
    try:
        table = markdown_table(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise ParseError(f"is not a table that can be read ({error})") from error
    return ParsedDocument(title_from(name), table)


def _delimiter(text: str) -> str:
    # By the first line: csv.Sniffer looks at quotes further down and is wrong on prose in cells.
    header = text.lstrip().split("\n", 1)[0]
    return max(",;\t|", key=header.count)

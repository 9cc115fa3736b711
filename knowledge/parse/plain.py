"""Plain text: taken as it is."""

from knowledge.documents import ParsedDocument
from knowledge.parse.text import decode, normalise, title_from


def parse(data: bytes, name: str) -> ParsedDocument:
    return ParsedDocument(title_from(name), normalise(decode(data)))

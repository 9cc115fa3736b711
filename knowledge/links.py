"""Where a citation leads: the document, and in it the quoted sentence."""

from __future__ import annotations

import re
from urllib.parse import quote

from knowledge.answers import FoundPassage
from knowledge.blocks import blocks
from knowledge.headings import heading_text
from knowledge.passages import SEPARATOR

FRAGMENT_WORDS = 5


def document_uri(base_url: str, path: str) -> str:
    """The address of a document; without a base_url the path itself."""
    return base_url.rstrip("/") + "/" + quote(path) if base_url else quote(path)


def citation_uri(uri: str, sentence: str, page: int | None = None) -> str:
    """The address of a sentence in a document: browsers scroll to it and highlight it.

    Uses text fragments (https://wicg.github.io/scroll-to-text-fragment/), and #page for pdf.
    """
    if not uri.startswith(("http://", "https://")):
        return uri
    if page is not None and uri.lower().endswith(".pdf"):
        return f"{uri}#page={page}"
    words = plain_words(sentence)
    if not words:
        return uri
    if len(words) <= 2 * FRAGMENT_WORDS:
        return f"{uri}#:~:text={encoded(words)}"
    first, last = words[:FRAGMENT_WORDS], words[-FRAGMENT_WORDS:]
    return f"{uri}#:~:text={encoded(first)},{encoded(last)}"


def heading_above(passage: FoundPassage, sentence: str) -> str:
    """The headings above a sentence of the passage, those in the passage's own text included."""
    before = passage.text[: max(0, passage.text.find(sentence))]
    own = [heading_text(before, block) for block in blocks(before) if block.kind == "heading"]
    last = own[-1] if own and own[-1] != passage.title else ""
    return SEPARATOR.join(part for part in (passage.heading, last) if part)


def plain_words(sentence: str) -> list[str]:
    """The words as a browser shows them: without markdown's marks."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", sentence)
    text = re.sub(r"[*_`|#>]+", " ", text)
    return text.split()


def encoded(words: list[str]) -> str:
    # A hyphen, a comma or an ampersand is syntax in a text fragment.
    return quote(" ".join(words), safe="").replace("-", "%2D")

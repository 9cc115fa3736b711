"""Passages with everything that makes them findable: their vectors and their terms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from db.passages import Half
from db.versions import NewPassage
from knowledge.documents import Span
from knowledge.embed import Embedder, Vectors
from knowledge.terms import index_terms

HEADING_SHARE = 0.15
"""How much the direction of title and headings turns a passage's vector.

Measured against reading the heading as part of the text, which dilutes it. From files, where not
every heading says what is below it, .15 finds the page more often than .3: page hit@5 .797 against
.765 on a team's handbook, .703 against .689 on product documentation.
"""
SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage that is not embedded yet, with the title of its document."""

    title: str
    span: Span

    @property
    def heading(self) -> str:
        return SEPARATOR.join(self.span.heading)

    @property
    def full_heading(self) -> str:
        return full_heading(self.title, self.heading)

    @property
    def text_hash(self) -> str:
        """Equal for passages whose vectors are equal."""
        return hashlib.sha256(f"{self.full_heading}\n{self.span.text}".encode()).hexdigest()


def full_heading(title: str, heading: str) -> str:
    """Title and headings of a passage, as they are embedded; `heading` is as it is stored."""
    return SEPARATOR.join((title, heading)) if heading else title


def embed_drafts(
    drafts: Sequence[Draft], embedder: Embedder, done: Callable[[int], None] | None = None
) -> dict[str, Half]:
    """The vector of each draft by its hash, shape (dimension,); equal ones are computed once."""
    unique = {draft.text_hash: draft for draft in drafts}
    headings = sorted({draft.full_heading for draft in unique.values()})
    by_heading = dict(zip(headings, embedder.embed_passages(headings), strict=True))
    texts = embedder.embed_passages([draft.span.text for draft in unique.values()], done)
    return {
        text_hash: turned(text, by_heading[draft.full_heading])
        for (text_hash, draft), text in zip(unique.items(), texts, strict=True)
    }


def turned(text: Vectors, heading: Vectors) -> Half:
    mixed = text + HEADING_SHARE * heading
    return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float16)


def build_passages(
    drafts: Iterable[Draft], vectors: Mapping[str, Half], stemmer: str
) -> tuple[NewPassage, ...]:
    return tuple(
        NewPassage(
            heading=draft.heading,
            text=draft.span.text,
            start=draft.span.start,
            end=draft.span.end,
            page=draft.span.page,
            text_hash=draft.text_hash,
            vector=vectors[draft.text_hash],
            heading_terms=index_terms(draft.full_heading, stemmer),
            body_terms=index_terms(draft.span.text, stemmer),
        )
        for draft in drafts
    )

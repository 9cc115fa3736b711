"""What decides which passages and vectors a file becomes, as one hash."""

from __future__ import annotations

import hashlib

from knowledge.embed import Embedder
from knowledge.passages import HEADING_SHARE
from knowledge.settings import KnowledgeSettings

READER_VERSION = 2
"""Raise it when parsers or passages change, and everything is read anew."""


def fingerprint(embedder: Embedder, settings: KnowledgeSettings) -> str:
    parts = (
        READER_VERSION,
        HEADING_SHARE,
        embedder.files.sha256,
        embedder.files.max_tokens,
        embedder.files.passage_prompt,
        settings.passage_tokens,
        settings.stemmer,
        # Another store has to be given every vector once.
        *([repr(settings.vector_store)] if settings.vector_store else []),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()

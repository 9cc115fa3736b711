"""What decides which passages and vectors a file becomes, as one hash."""

from __future__ import annotations

import hashlib

from knowledge.embed import Embedder
from knowledge.passages import HEADING_SHARE
from knowledge.settings import KnowledgeSettings

READER_VERSION = 1
"""Raise it when parsers or passages change, and everything is read anew."""


def fingerprint(embedder: Embedder, settings: KnowledgeSettings) -> str:
    parts = (
        READER_VERSION,
        HEADING_SHARE,
        embedder.files.sha256,
        embedder.files.max_tokens,
        settings.passage_tokens,
        settings.stemmer,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()

"""Passages that are cut already, indexed as they are: labelled data sets come so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import db.versions as versions
from db.engine import Database
from db.versions import NewDocument
from knowledge.documents import Span
from knowledge.embed import Embedder
from knowledge.fingerprint import fingerprint
from knowledge.passages import Draft, build_passages, embed_drafts
from knowledge.settings import KnowledgeSettings
from knowledge.sources.names import PASSAGES


def add_ready_passages(
    database: Database,
    embedder: Embedder,
    settings: KnowledgeSettings,
    ready: Sequence[tuple[str, str, str]],
    done: Callable[[int], None] | None = None,
    replaced: Sequence[int] = (),
) -> None:
    """Index passages that are cut already, as (path, headings joined by ' > ', text), alone.

    `replaced` are the ids of the documents in whose place they come.
    """
    drafts = [as_draft(heading, text) for _, heading, text in ready]
    vectors = embed_drafts(drafts, embedder, done)
    mark = fingerprint(embedder, settings)
    version = versions.begin_version(database, mark, embedder.model_name, embedder.dimension)
    documents = [
        NewDocument(
            source=PASSAGES,
            path=path,
            title=draft.title,
            text=text,
            size=len(text.encode()),
            modified_ns=0,
            content_hash=draft.text_hash,
            passages=build_passages([draft], vectors, settings.stemmer),
        )
        for (path, _, text), draft in zip(ready, drafts, strict=True)
    ]
    versions.add_documents(database, version, documents)
    versions.switch(database, version, replaced, {})


def as_draft(heading: str, text: str) -> Draft:
    title, *below = heading.split(" > ")
    return Draft(title, Span(text, tuple(below), 0, len(text)))

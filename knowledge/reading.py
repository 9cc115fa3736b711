"""Files of a source to documents of the version that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import db.versions as versions
from db.engine import Database
from db.passages import Half, vectors_by_hash
from db.versions import NewDocument, NewPassage
from knowledge.chunk import chunk
from knowledge.documents import ParsedDocument, Skipped, SourceFile, Span
from knowledge.embed import Embedder
from knowledge.passages import SEPARATOR, Draft, build_passages, embed_drafts
from knowledge.report import OnProgress, Progress
from knowledge.sandbox import ParserPool
from knowledge.settings import KnowledgeSettings
from knowledge.sources import NamedSource

BATCH_FILES = 16


@dataclass(frozen=True)
class Reading:
    """Parses, cuts, embeds and stores; what was stored stays when the run is killed."""

    database: Database
    embedder: Embedder
    settings: KnowledgeSettings
    version: int
    mark: str
    """The fingerprint of the version: vectors of equal passages under it are taken over."""
    full: bool
    tell: OnProgress

    def read_and_add(
        self, named: NamedSource, files: Sequence[SourceFile]
    ) -> tuple[int, list[Skipped]]:
        """How many passages were made, and what could not be read."""
        if not files:
            return 0, []
        passages, skipped, done = 0, [], 0
        self.tell(Progress("reading", 0, len(files), 0))
        with open_parser(self.settings) as parser:
            results = parser.parse_files(named.source, files)
            while batch := list(islice(results, BATCH_FILES)):
                self.tell(Progress("reading", done + len(batch), len(files), passages))
                documents, unread = self.build(named.name, batch)
                versions.add_documents(self.database, self.version, documents)
                done += len(batch)
                passages += sum(len(document.passages) for document in documents)
                skipped += unread
                self.tell(Progress("embedding", done, len(files), passages))
        return passages, skipped

    def build(
        self, name: str, batch: list[tuple[SourceFile, ParsedDocument | Skipped]]
    ) -> tuple[list[NewDocument], list[Skipped]]:
        """Documents with embedded passages; what is embedded already is not embedded again."""
        drafted, skipped = [], []
        for file, parsed in batch:
            drafts = [] if isinstance(parsed, Skipped) else self.draft(parsed)
            if isinstance(parsed, Skipped):
                skipped.append(parsed)
            elif not drafts:
                skipped.append(Skipped(file.path, "holds no text that could be quoted"))
            else:
                drafted.append((file, parsed, drafts))
        vectors = self.embed([draft for *_, drafts in drafted for draft in drafts])
        documents = [
            NewDocument(
                source=name,
                path=file.path,
                title=parsed.title,
                text=parsed.text,
                size=file.size,
                modified_ns=file.modified_ns,
                content_hash=file.content_hash,
                passages=build_passages(drafts, vectors, self.settings.stemmer),
                uri=file.uri,
            )
            for file, parsed, drafts in drafted
        ]
        return documents, skipped

    def draft(self, parsed: ParsedDocument) -> list[Draft]:
        spans = chunk(parsed, self.settings.passage_tokens)
        return [Draft(parsed.title, span) for span in spans]

    def embed(self, drafts: Sequence[Draft]) -> dict[str, Half]:
        known: dict[str, Half] = {}
        if not self.full:
            with self.database.reading() as session:
                hashes = [draft.text_hash for draft in drafts]
                known = vectors_by_hash(session, hashes, self.mark)
        new = [draft for draft in drafts if draft.text_hash not in known]
        return known | embed_drafts(new, self.embedder)

    def embed_anew(self, ids: Sequence[int]) -> None:
        """Add stored documents once more: vectors of two models cannot be compared."""
        for document_id in ids:
            with self.database.reading() as session:
                document = versions.load_document(session, document_id)
            drafts = [as_stored(document.title, passage) for passage in document.passages]
            vectors = embed_drafts(drafts, self.embedder)
            passages = build_passages(drafts, vectors, self.settings.stemmer)
            anew = replace(document, passages=passages)
            versions.add_documents(self.database, self.version, [anew])


def open_parser(settings: KnowledgeSettings) -> ParserPool:
    return ParserPool(
        memory_mb=settings.parse_memory_mb,
        seconds=settings.parse_seconds,
        max_file_mb=settings.max_file_mb,
    )


def as_stored(title: str, passage: NewPassage) -> Draft:
    heading = tuple(passage.heading.split(SEPARATOR)) if passage.heading else ()
    return Draft(title, Span(passage.text, heading, passage.start, passage.end, passage.page))

"""The reindex: what changed in a source is read, embedded, and goes live in one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter

import db.versions as versions
from db.engine import Database
from db.passages import Half, live_version, vectors_by_hash
from db.versions import NewDocument, NewPassage
from knowledge.chunk import chunk
from knowledge.documents import ParsedDocument, Skipped, SourceFile, Span
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.passages import HEADING_SHARE, SEPARATOR, Draft, build_passages, embed_drafts
from knowledge.plan import Plan, compare, stat_of
from knowledge.report import OnProgress, Progress, ReindexReport
from knowledge.sandbox import ParserPool
from knowledge.settings import KnowledgeSettings
from knowledge.sources import Known, Source, SourceUnavailable

READER_VERSION = 1
"""Raise it when parsers or passages change, and everything is read anew."""
BATCH_FILES = 16
SHRINK_LIMIT = 0.3
SHRINK_LEAST = 20


def reindex(
    database: Database,
    name: str,
    source: Source,
    embedder: Embedder,
    settings: KnowledgeSettings,
    full: bool = False,
    progress: OnProgress | None = None,
) -> ReindexReport:
    """Bring the knowledge base in step with the source, beside the live version.

    With `full` everything is read and embedded anew. Raises KnowledgeUnusable if the source
    cannot be read or has lost so much that it looks like a mistake.
    """
    tell = progress or (lambda _: None)
    return Reindex(database, name, source, embedder, settings, full, tell).run()


def fingerprint(embedder: Embedder, settings: KnowledgeSettings) -> str:
    """Hash of everything that decides which passages and vectors a file becomes."""
    parts = (
        READER_VERSION,
        HEADING_SHARE,
        embedder.files.sha256,
        embedder.files.max_tokens,
        settings.passage_tokens,
        settings.stemmer,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Reindex:
    """One run. Killed anywhere, the live version is untouched and the next run goes on."""

    database: Database
    name: str
    source: Source
    embedder: Embedder
    settings: KnowledgeSettings
    full: bool
    tell: OnProgress

    def run(self) -> ReindexReport:
        start = perf_counter()
        mark = fingerprint(self.embedder, self.settings)
        version = versions.begin_version(
            self.database, mark, self.embedder.model_name, self.embedder.dimension
        )
        with self.database.reading() as session:
            live = live_version(session)
            known = versions.known_documents(session, version)
        mine = [document for document in known if document.source == self.name]
        others = [document for document in known if document.source != self.name]
        in_step = live is not None and live.fingerprint == mark
        keep = in_step and not self.full
        files, skipped = self.scan(stat_of(mine) if keep else {})
        plan = compare(files, mine, keep)
        self.refuse_if_shrunk(plan, len(files), sum(not document.building for document in mine))
        unfinished = [document.id for document in others if document.building]
        versions.discard_documents(self.database, [*plan.stale_ids, *unfinished])
        scanned = perf_counter()
        passages, unread = self.read_and_add(version, mark, plan.to_read)
        outdated = [] if in_step else [d.id for d in others if not d.building]
        self.embed_anew(version, outdated)
        embedded = perf_counter()
        lost = {file.path for file in unread}
        report = ReindexReport(
            version=version,
            added=len(plan.added - lost),
            changed=len(plan.changed - lost),
            moved=len(plan.moved - lost),
            removed=plan.gone,
            unchanged=plan.unchanged,
            passages=passages,
            skipped=(*skipped, *unread),
            seconds={"scan": scanned - start, "read and embed": embedded - scanned},
        )
        removed = [*plan.removed_ids, *outdated]
        return self.finish(report, removed, embedded, bool(plan.resumed or live is None))

    def scan(self, known: Known) -> tuple[list[SourceFile], list[Skipped]]:
        try:
            return self.source.scan(known)
        except SourceUnavailable as error:
            raise KnowledgeUnusable(str(error)) from error

    def finish(
        self, report: ReindexReport, removed: list[int], since: float, news: bool
    ) -> ReindexReport:
        self.tell(Progress("switching", 1, 1, report.passages))
        if report.passages or removed or news:
            versions.switch(self.database, report.version, removed, report.as_json())
            versions.sweep(self.database)
        else:
            versions.cancel_version(self.database, report.version)
            versions.touch_live(self.database, report.as_json())
        report.seconds["switch"] = perf_counter() - since
        return report

    def refuse_if_shrunk(self, plan: Plan, found: int, stored: int) -> None:
        # A few files may go, but hardly ever the last one: an empty folder is not mounted.
        few = found and plan.gone < SHRINK_LEAST
        if self.full or few or plan.gone <= SHRINK_LIMIT * stored:
            return
        raise KnowledgeUnusable(
            f"{plan.gone} of {stored} documents are gone from {self.name}: is a folder not "
            "mounted? The old index goes on serving; reindex with --full if this is meant."
        )

    def embed_anew(self, version: int, ids: Sequence[int]) -> None:
        """Add other sources' documents once more: vectors of two models cannot be compared."""
        for document_id in ids:
            with self.database.reading() as session:
                document = versions.load_document(session, document_id)
            drafts = [as_stored(document.title, passage) for passage in document.passages]
            vectors = embed_drafts(drafts, self.embedder)
            passages = build_passages(drafts, vectors, self.settings.stemmer)
            versions.add_documents(self.database, version, [replace(document, passages=passages)])

    def read_and_add(
        self, version: int, mark: str, files: list[SourceFile]
    ) -> tuple[int, list[Skipped]]:
        if not files:
            return 0, []
        passages, skipped, done = 0, [], 0
        self.tell(Progress("reading", 0, len(files), 0))
        with open_parser(self.settings) as parser:
            results = parser.parse_files(self.source, files)
            while batch := list(islice(results, BATCH_FILES)):
                self.tell(Progress("reading", done + len(batch), len(files), passages))
                documents, unread = self.build(batch, mark)
                versions.add_documents(self.database, version, documents)
                done += len(batch)
                passages += sum(len(document.passages) for document in documents)
                skipped += unread
                self.tell(Progress("embedding", done, len(files), passages))
        return passages, skipped

    def build(
        self, batch: list[tuple[SourceFile, ParsedDocument | Skipped]], mark: str
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
        vectors = self.embed([draft for *_, drafts in drafted for draft in drafts], mark)
        documents = [
            NewDocument(
                source=self.name,
                path=file.path,
                title=parsed.title,
                text=parsed.text,
                size=file.size,
                modified_ns=file.modified_ns,
                content_hash=file.content_hash,
                passages=build_passages(drafts, vectors, self.settings.stemmer),
            )
            for file, parsed, drafts in drafted
        ]
        return documents, skipped

    def draft(self, parsed: ParsedDocument) -> list[Draft]:
        spans = chunk(parsed, self.settings.passage_tokens)
        return [Draft(parsed.title, span) for span in spans]

    def embed(self, drafts: Sequence[Draft], mark: str) -> dict[str, Half]:
        known: dict[str, Half] = {}
        if not self.full:
            with self.database.reading() as session:
                known = vectors_by_hash(session, [draft.text_hash for draft in drafts], mark)
        new = [draft for draft in drafts if draft.text_hash not in known]
        return known | embed_drafts(new, self.embedder)


def open_parser(settings: KnowledgeSettings) -> ParserPool:
    return ParserPool(
        memory_mb=settings.parse_memory_mb,
        seconds=settings.parse_seconds,
        max_file_mb=settings.max_file_mb,
    )


def add_ready_passages(
    database: Database,
    embedder: Embedder,
    settings: KnowledgeSettings,
    ready: Sequence[tuple[str, str, str]],
    done: Callable[[int], None] | None = None,
) -> None:
    """Index passages that are cut already, as (path, headings joined by ' > ', text), alone."""
    drafts = [as_draft(heading, text) for _, heading, text in ready]
    vectors = embed_drafts(drafts, embedder, done)
    mark = fingerprint(embedder, settings)
    version = versions.begin_version(database, mark, embedder.model_name, embedder.dimension)
    documents = [
        NewDocument(
            source="passages",
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
    versions.switch(database, version, [], {})


def as_draft(heading: str, text: str) -> Draft:
    title, *below = heading.split(" > ")
    return Draft(title, Span(text, tuple(below), 0, len(text)))


def as_stored(title: str, passage: NewPassage) -> Draft:
    heading = tuple(passage.heading.split(SEPARATOR)) if passage.heading else ()
    return Draft(title, Span(passage.text, heading, passage.start, passage.end, passage.page))

"""From files to windows of drafts: read, parsed, cut, and known vectors looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import db.versions as versions
from db.engine import Database
from db.passages import vectors_by_hash
from db.versions import KnownDocument, NewDocument, NewPassage
from knowledge.chunk import chunk
from knowledge.documents import ParsedDocument, Skipped, SourceFile, Span
from knowledge.passages import SEPARATOR, Draft
from knowledge.plan import READ_AGAIN
from knowledge.sandbox import ParserPool
from knowledge.settings import KnowledgeSettings
from knowledge.sources import NamedSource, SourceUnavailable
from knowledge.window import FIRST_WINDOW, WINDOW, Down, Drafted, LeftOut, Window


@dataclass(frozen=True, slots=True)
class Todo:
    """Files of a source that have to be read."""

    named: NamedSource
    files: Sequence[SourceFile]
    instead: Mapping[str, KnownDocument]
    """By path, the stored documents to embed anew where their files cannot be had any more."""


@dataclass
class Drafting:
    """Works in a thread of its own, ahead of the model."""

    database: Database
    settings: KnowledgeSettings
    mark: str
    """The fingerprint of the version: vectors of equal passages under it are taken over."""
    full: bool
    read: int = 0
    """Files so far."""
    seconds: float = 0.0
    """How long it has been at work."""

    def windows(
        self, parser: ParserPool, todos: Sequence[Todo], anew: Sequence[KnownDocument]
    ) -> Iterator[Window]:
        """The files of `todos`, and the stored documents `anew`."""
        limit, window, since = FIRST_WINDOW, Window(), perf_counter()
        for step in self.steps(parser, todos, anew):
            window.take(step)
            if window.is_full(limit):
                limit = min(2 * limit, WINDOW)
                self.look_up(window)
                self.seconds += perf_counter() - since
                yield window
                window, since = Window(), perf_counter()
        self.look_up(window)
        self.seconds += perf_counter() - since
        yield window

    def steps(
        self, parser: ParserPool, todos: Sequence[Todo], anew: Sequence[KnownDocument]
    ) -> Iterator[Drafted | LeftOut | Down]:
        for todo in todos:
            yield from self.of_source(parser, todo)
        for document in anew:
            yield self.stored(document)

    def of_source(self, parser: ParserPool, todo: Todo) -> Iterator[Drafted | LeftOut | Down]:
        left = dict(todo.instead)
        try:
            for file, parsed in parser.parse_files(todo.named.source, todo.files):
                self.read += 1
                before = left.pop(file.path, None)
                yield self.drafted(todo.named.name, file, parsed)
                if before is not None and isinstance(parsed, Skipped) and parsed.later:
                    yield self.stored(before)
        except SourceUnavailable as error:
            yield Down(todo.named.name, str(error))
            for document in left.values():
                yield self.stored(document)

    def drafted(
        self, name: str, file: SourceFile, parsed: ParsedDocument | Skipped
    ) -> Drafted | LeftOut:
        if isinstance(parsed, Skipped):
            return LeftOut(name, parsed, file.size)
        drafts = [Draft(parsed.title, span) for span in chunk(parsed, self.settings.passage_tokens)]
        if not drafts:
            nothing = Skipped(file.path, "holds no text that could be quoted")
            return LeftOut(name, nothing, file.size)
        document = NewDocument(
            source=name,
            path=file.path,
            title=parsed.title,
            text=parsed.text,
            size=file.size,
            modified_ns=file.modified_ns,
            content_hash=file.content_hash,
            passages=(),
            uri=file.uri,
        )
        return Drafted(document, drafts)

    def stored(self, known: KnownDocument) -> Drafted:
        """Vectors of two models cannot be compared: what stays is embedded once more."""
        self.read += 1
        with self.database.reading() as session:
            document = versions.load_document(session, known.id)
        drafts = [as_stored(document.title, passage) for passage in document.passages]
        taken_over = replace(document, passages=(), content_hash=READ_AGAIN)
        return Drafted(taken_over, drafts, from_file=False)

    def look_up(self, window: Window) -> None:
        if self.full or not window.drafted:
            return
        hashes = [draft.text_hash for draft in window.drafts]
        with self.database.reading() as session:
            window.known = vectors_by_hash(session, hashes, self.mark)


def as_stored(title: str, passage: NewPassage) -> Draft:
    heading = tuple(passage.heading.split(SEPARATOR)) if passage.heading else ()
    return Draft(title, Span(passage.text, heading, passage.start, passage.end, passage.page))

"""The sources compared with what is stored: what to read, what stays, and what goes."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from db.versions import KnownDocument
from knowledge.documents import Skipped
from knowledge.drafting import Todo
from knowledge.errors import KnowledgeUnusable
from knowledge.plan import READ_AGAIN, Plan, compare, stat_of
from knowledge.report import SourceReport
from knowledge.sources import NamedSource, SourceUnavailable

SHRINK_LIMIT = 0.3
SHRINK_LEAST = 20


@dataclass(frozen=True, slots=True)
class Compared:
    """A source, what has to be done about it, and the files that it left out."""

    named: NamedSource
    plan: Plan
    skipped: list[Skipped]
    live: Sequence[KnownDocument]

    def todo(self, in_step: bool) -> Todo:
        """Where vectors have to be made anew, what cannot be read is embedded as it is stored."""
        instead = {d.path: d for d in self.live if d.path not in self.plan.done}
        return Todo(self.named, self.plan.to_read, {} if in_step else instead)


def compare_all(
    sources: Sequence[NamedSource], known: Sequence[KnownDocument], keep: bool, full: bool
) -> tuple[list[Compared], list[SourceReport]]:
    """The sources, and reports of those that cannot be read.

    Raises KnowledgeUnusable if none of those that are set can be.
    """
    compared, failed = [], []
    for named in sources:
        mine = [document for document in known if document.source == named.name]
        try:
            compared.append(compare_one(named, mine, keep, full))
        except SourceUnavailable as error:
            failed.append(SourceReport(named.name, error=str(error)))
        except OSError as error:
            reason = f"It cannot be read ({os.strerror(error.errno or 0)}); see to its disk."
            failed.append(SourceReport(named.name, error=reason))
    if failed and not any(source.named.guarded for source in compared):
        raise KnowledgeUnusable("\n".join(str(report.error) for report in failed))
    return compared, failed


def compare_one(
    named: NamedSource, mine: Sequence[KnownDocument], keep: bool, full: bool
) -> Compared:
    files, skipped = named.source.scan(stat_of(mine) if keep else {})
    plan = compare(files, mine, keep)
    live = [document for document in mine if not document.building]
    if named.guarded and not full:
        refuse_if_shrunk(named.name, plan, len(files), len(live))
    return Compared(named, plan, skipped, live)


def refuse_if_shrunk(name: str, plan: Plan, found: int, stored: int) -> None:
    # A few files may go, but hardly ever the last one: an empty folder is not mounted.
    few = found and plan.gone < SHRINK_LEAST
    if few or plan.gone <= SHRINK_LIMIT * stored:
        return
    raise SourceUnavailable(
        f"{plan.gone} of {stored} documents are gone from {name}: is a folder not mounted? "
        "The old index goes on serving; reindex with --full if this is meant."
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """Documents of sources that this run does not read."""

    stays: list[KnownDocument]
    """Of sources that are set."""
    dropped: list[KnownDocument]
    """Of those that are set no more."""
    embedded: set[tuple[str, str]]
    """Sources and paths of what stays, where a killed run has embedded it anew."""
    stale_ids: list[int]
    """What a killed run has added besides."""

    def anew(self, in_step: bool) -> list[KnownDocument]:
        """What stays and has to be embedded anew."""
        return [] if in_step else [d for d in self.stays if key(d) not in self.embedded]


def unread(
    known: Sequence[KnownDocument], read: Collection[str], names: Collection[str], in_step: bool
) -> Unread:
    rest = [document for document in known if document.source not in read]
    live = [document for document in rest if not document.building]
    stays = [document for document in live if document.source in names]
    hashes = {key(document): document.content_hash for document in stays}
    built = [document for document in rest if document.building]
    holds = [
        d
        for d in built
        if not in_step and d.content_hash in (READ_AGAIN, hashes.get(key(d))) and key(d) in hashes
    ]
    stale = {document.id for document in built} - {document.id for document in holds}
    dropped = [document for document in live if document.source not in names]
    return Unread(stays, dropped, set(map(key, holds)), sorted(stale))


def key(document: KnownDocument) -> tuple[str, str]:
    return document.source, document.path

"""The reindex: what changed in the sources is read, embedded, and goes live in one moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from time import perf_counter

import db.versions as versions
from db.engine import Database
from db.passages import live_version
from db.versions import KnownDocument
from knowledge.documents import Skipped
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.fingerprint import fingerprint
from knowledge.plan import Plan, compare, stat_of
from knowledge.reading import Reading
from knowledge.report import OnProgress, Progress, ReindexReport, SourceReport
from knowledge.settings import KnowledgeSettings
from knowledge.sources import NamedSource, SourceUnavailable

SHRINK_LIMIT = 0.3
SHRINK_LEAST = 20


@dataclass(frozen=True, slots=True)
class Compared:
    """A source, what has to be done about it, and the files that it left out."""

    named: NamedSource
    plan: Plan
    skipped: list[Skipped]


@dataclass(frozen=True)
class Reindex:
    """One run over `sources`; killed anywhere, the live version is untouched and the next goes on.

    `names` are all sources that there are: what any other has given is taken out, and what one of
    them that is not read has given stays. With `full` everything is read and embedded anew.
    """

    database: Database
    embedder: Embedder
    settings: KnowledgeSettings
    sources: Sequence[NamedSource]
    names: Collection[str]
    full: bool
    tell: OnProgress

    def run(self) -> ReindexReport:
        """Raises KnowledgeUnusable if none of the sources that are set can be read."""
        start = perf_counter()
        mark = fingerprint(self.embedder, self.settings)
        version = versions.begin_version(
            self.database, mark, self.embedder.model_name, self.embedder.dimension
        )
        with self.database.reading() as session:
            live = live_version(session)
            known = versions.known_documents(session, version)
        in_step = live is not None and live.fingerprint == mark
        compared, failed = self.compare_all(known, in_step and not self.full)
        rest = self.not_read(known, compared)
        self.discard_unfinished(compared, rest)
        scanned = perf_counter()
        reading = Reading(
            self.database, self.embedder, self.settings, version, mark, self.full, self.tell
        )
        reports = [take_in(reading, source) for source in compared]
        dropped = [d for d in rest if d.source not in self.names and not d.building]
        kept = [d.id for d in rest if d.source in self.names and not d.building]
        outdated = [] if in_step else kept
        reading.embed_anew(outdated)
        report = ReindexReport(
            version,
            (*reports, *failed, *report_dropped(dropped)),
            {"scan": scanned - start, "read and embed": perf_counter() - scanned},
        )
        removed = [i for source in compared for i in source.plan.removed_ids]
        news = live is None or any(source.plan.resumed for source in compared)
        return self.finish(report, [*removed, *outdated, *(d.id for d in dropped)], news)

    def compare_all(
        self, known: Sequence[KnownDocument], keep: bool
    ) -> tuple[list[Compared], list[SourceReport]]:
        compared, failed = [], []
        for named in self.sources:
            mine = [document for document in known if document.source == named.name]
            try:
                compared.append(self.compare(named, mine, keep))
            except SourceUnavailable as error:
                failed.append(SourceReport(named.name, error=str(error)))
        if failed and not any(source.named.guarded for source in compared):
            raise KnowledgeUnusable("\n".join(str(report.error) for report in failed))
        return compared, failed

    def compare(self, named: NamedSource, mine: Sequence[KnownDocument], keep: bool) -> Compared:
        files, skipped = named.source.scan(stat_of(mine) if keep else {})
        plan = compare(files, mine, keep)
        if named.guarded and not self.full:
            stored = sum(not document.building for document in mine)
            refuse_if_shrunk(named.name, plan, len(files), stored)
        return Compared(named, plan, skipped)

    def not_read(
        self, known: Sequence[KnownDocument], compared: Sequence[Compared]
    ) -> list[KnownDocument]:
        read = {source.named.name for source in compared}
        return [document for document in known if document.source not in read]

    def discard_unfinished(
        self, compared: Sequence[Compared], rest: Sequence[KnownDocument]
    ) -> None:
        stale = [i for source in compared for i in source.plan.stale_ids]
        unfinished = [document.id for document in rest if document.building]
        versions.discard_documents(self.database, [*stale, *unfinished])

    def finish(self, report: ReindexReport, removed: list[int], news: bool) -> ReindexReport:
        since = perf_counter()
        passages = report.total("passages")
        self.tell(Progress("switching", 1, 1, passages))
        if passages or removed or news:
            versions.switch(self.database, report.version, removed, report.as_json())
            versions.sweep(self.database)
        else:
            versions.cancel_version(self.database, report.version)
            versions.touch_live(self.database, report.as_json())
        report.seconds["switch"] = perf_counter() - since
        return report


def refuse_if_shrunk(name: str, plan: Plan, found: int, stored: int) -> None:
    # A few files may go, but hardly ever the last one: an empty folder is not mounted.
    few = found and plan.gone < SHRINK_LEAST
    if few or plan.gone <= SHRINK_LIMIT * stored:
        return
    raise SourceUnavailable(
        f"{plan.gone} of {stored} documents are gone from {name}: is a folder not mounted? "
        "The old index goes on serving; reindex with --full if this is meant."
    )


def take_in(reading: Reading, source: Compared) -> SourceReport:
    """Read what is new or changed in one source."""
    plan = source.plan
    passages, unread = reading.read_and_add(source.named, plan.to_read)
    lost = {file.path for file in unread}
    return SourceReport(
        name=source.named.name,
        added=len(plan.added - lost),
        changed=len(plan.changed - lost),
        moved=len(plan.moved - lost),
        removed=plan.gone,
        unchanged=plan.unchanged,
        passages=passages,
        skipped=(*source.skipped, *unread),
    )


def report_dropped(dropped: Sequence[KnownDocument]) -> list[SourceReport]:
    """Sources that are not set any more."""
    names = dict.fromkeys(document.source for document in dropped)
    return [
        SourceReport(name, removed=sum(document.source == name for document in dropped))
        for name in names
    ]

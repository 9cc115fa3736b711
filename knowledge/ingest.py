"""The reindex: what changed in the sources is read, embedded, and goes live in one moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import db.versions as versions
from db.engine import Database
from db.passages import LiveVersion, live_version
from db.room import DiskIsFull
from db.versions import KnownDocument
from knowledge.compared import Compared, Unread, compare_all, unread
from knowledge.drafting import Drafting
from knowledge.embed import Embedder
from knowledge.errors import KnowledgeUnusable
from knowledge.fingerprint import fingerprint
from knowledge.mirror import Mirror
from knowledge.reading import Reading, Taken
from knowledge.report import OnProgress, Progress, ReindexReport, SourceReport
from knowledge.settings import KnowledgeSettings
from knowledge.shadow import Shadow
from knowledge.sources import NamedSource
from knowledge.space import needed_bytes, refuse_if_short


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
    mirror: Mirror | None = None
    """Another vector store that has to be told, if one is set."""
    shadow: Shadow | None = None
    """Adapters that have to read new passages before these go live, where there are any."""

    def run(self) -> ReindexReport:
        """Raises KnowledgeUnusable if no source can be read, or the disk has no room."""
        try:
            return self.bring_up_to_date()
        except DiskIsFull as error:
            raise KnowledgeUnusable(
                f"{error} The old index goes on serving, and what is done is not done again."
            ) from error

    def bring_up_to_date(self) -> ReindexReport:
        start = perf_counter()
        mark = fingerprint(self.embedder, self.settings)
        version, live, known = self.begin(mark)
        in_step = live is not None and live.fingerprint == mark
        compared, failed = compare_all(self.sources, known, in_step and not self.full, self.full)
        rest = unread(known, {source.named.name for source in compared}, self.names, in_step)
        stale = [i for source in compared for i in source.plan.stale_ids]
        versions.discard_documents(self.database, [*stale, *rest.stale_ids])
        needed = self.check_room(live, in_step, known)
        scanned = perf_counter()
        drafting = Drafting(self.database, self.settings, mark, self.full)
        reading = Reading(self.database, self.embedder, self.settings, version, drafting, self.tell)
        reading.run([source.todo(in_step) for source in compared], rest.anew(in_step))
        reports = [report_on(source, reading.taken[source.named.name]) for source in compared]
        report = ReindexReport(
            version,
            (*reports, *failed, *report_dropped(rest.dropped)),
            {"scan": scanned - start, **reading.seconds},
            needed,
        )
        removed = removed_ids(compared, reading, rest, in_step)
        passages = sum(taken.passages for taken in reading.taken.values())
        news = live is None or passages or any(source.plan.done for source in compared)
        return self.finish(report, removed, bool(news or rest.embedded), start)

    def begin(self, mark: str) -> tuple[int, LiveVersion | None, list[KnownDocument]]:
        version = versions.begin_version(
            self.database, mark, self.embedder.model_name, self.embedder.dimension
        )
        with self.database.reading() as session:
            return version, live_version(session), versions.known_documents(session, version)

    def check_room(
        self, live: LiveVersion | None, in_step: bool, known: Sequence[KnownDocument]
    ) -> int | None:
        """What a build beside the live version still takes up, if this is one."""
        if live is None or (in_step and not self.full):
            return None
        built = sum(document.building for document in known)
        left = max(0.0, 1 - built / max(1, len(known) - built))
        needed = int(left * needed_bytes(self.database, self.embedder.dimension))
        refuse_if_short(self.database, needed)
        return needed

    def finish(
        self, report: ReindexReport, removed: list[int], news: bool, start: float
    ) -> ReindexReport:
        if removed or news:
            self.read_by_adapters(report.version)
        since = perf_counter()
        self.tell(Progress("switching", 1, 1, report.total("passages")))
        report.seconds["total"] = since - start
        if removed or news:
            if self.mirror is not None:
                self.mirror.add(report.version)
            versions.switch(self.database, report.version, removed, report.as_json())
            if self.mirror is not None:
                self.mirror.remove(report.version)
        else:
            versions.cancel_version(self.database, report.version)
            versions.touch_live(self.database, report.as_json())
        report.seconds["switch"] = perf_counter() - since
        # What is left over is swept up by the next run.
        with suppress(DiskIsFull):
            versions.sweep(self.database)
        report.seconds["sweep"] = perf_counter() - since - report.seconds["switch"]
        # Once more: another release may have gone live just before the switch.
        self.read_by_adapters(None)
        report.seconds["total"] = perf_counter() - start
        return report

    def read_by_adapters(self, version: int | None) -> None:
        def told(done: int, total: int) -> None:
            self.tell(Progress("adapting", done, total, done))

        if self.shadow is not None:
            self.shadow.complete_serving(version, told)


def removed_ids(
    compared: Sequence[Compared], reading: Reading, rest: Unread, in_step: bool
) -> list[int]:
    """What the new version does not show."""
    removed = [document.id for document in rest.dropped]
    removed += [] if in_step else [document.id for document in rest.stays]
    for source in compared:
        taken = reading.taken[source.named.name]
        if taken.error is None or not in_step:
            later = {skipped.path for skipped in taken.skipped if skipped.later and in_step}
            removed += source.plan.removed_but(later)
        else:
            removed += source.plan.replaced_by(taken.paths)
    return removed


def report_on(source: Compared, taken: Taken) -> SourceReport:
    """Of a source that went down while it was read, what was read until then."""
    plan = source.plan
    lost = {file.path for file in plan.to_read} - taken.paths
    return SourceReport(
        name=source.named.name,
        added=len(plan.added - lost),
        changed=len(plan.changed - lost),
        moved=len(plan.moved - lost),
        removed=plan.gone if taken.error is None else 0,
        unchanged=plan.unchanged,
        passages=taken.passages,
        skipped=(*source.skipped, *taken.skipped),
        error=taken.error,
    )


def report_dropped(dropped: Sequence[KnownDocument]) -> list[SourceReport]:
    """Sources that are not set any more."""
    names = dict.fromkeys(document.source for document in dropped)
    return [
        SourceReport(name, removed=sum(document.source == name for document in dropped))
        for name in names
    ]

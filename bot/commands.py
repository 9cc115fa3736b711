"""What admins can have done, the same for /lore and for the command line; every act is audited."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.claims import Patience, held
from bot.desk import Knowledge
from bot.errors import NotAllowed, Stopping, is_expected
from bot.sources import SourceStatus, describe
from db import audit, feedback, inbox, interactions, jobs, registry, source_counts
from db.engine import Database
from knowledge.answers import NOT_REACHED
from knowledge.errors import KnowledgeUnusable
from knowledge.report import Progress, ReindexReport
from knowledge.sources.names import ANSWERS
from knowledge.sources.settings import AnySource

REINDEX = "reindex"
DAY = dt.timedelta(days=1)

HELP = """\
*Ask me:* mention me in a channel with your question, or write to me directly. In a thread where \
I have answered you need not mention me again.
*Rate me:* 👍 or 👎 below an answer; after 👎 you can say what was wrong.

`/lore help` this text
`/lore status` what is indexed, asked and rated (admins)
`/lore sources` where documents come from, who reads them, when they were last read (admins)
`/lore reindex` read the documents that changed, `/lore reindex NAME` those of one source (admins)
`/lore reindex --full` read and embed every document again (admins)
`/lore review` decide on what people have corrected (admins, and who keeps documents)
`/lore retrain` learn from ratings and corrections, `/lore retrain STRATEGY` in one of the ways \
staged, joint, iterative, domain-first; `--dry-run` tries it and changes nothing (admins)
`/lore cycles` what was learned, `/lore cycle ID` one of them, `/lore cycle ID cancel` ends it \
(admins)
`/lore releases` what has answered, `/lore promote ID` lets another answer, `/lore rollback` goes \
back to the one before (admins)
`/lore report` how people like the answers and what was learned, in pictures; `/lore report DAYS` \
of the last days (admins)
`/lore opt-out` nothing that you ask, rate or correct is learned from; `/lore opt-in` takes that \
back"""


@dataclass(frozen=True, slots=True)
class Status:
    """How Lorebot is."""

    documents: int
    passages: int
    index_version: int | None
    indexed_at: dt.datetime | None
    model: str
    in_step: bool
    """False when settings have changed that need a reindex to take effect."""
    release: int | None
    questions: int
    waiting: int
    """Questions that are not answered yet."""
    ratings_up: int
    ratings_down: int
    corrections: int
    reindex: dict[str, Any] | None
    """The latest run of the job: status, times, progress, result, error."""
    source_errors: dict[str, str]
    """By source, why it could not be read the last time."""
    model_failures: int
    """Answers of the last 24 hours that the language model should have given and could not."""

    def as_json(self) -> dict[str, Any]:
        """Ready for json.dumps: times in ISO 8601."""
        values = asdict(self)
        values["indexed_at"] = iso(self.indexed_at)
        if self.reindex is not None:
            values["reindex"] = {name: iso(value) for name, value in self.reindex.items()}
        return values


def reindex_act(only: Collection[str], full: bool) -> str:
    """How it is audited: as it would be typed."""
    return " ".join([REINDEX, *only, *(["--full"] if full else [])])


def iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


@dataclass(slots=True)
class Commands:
    """The admins' acts."""

    database: Database
    knowledge: Knowledge
    admins: tuple[str, ...]
    configured: tuple[AnySource, ...] = ()
    help_text: str = HELP
    stopping: threading.Event = field(default_factory=threading.Event)
    under_way: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def authorise(self, actor: str, surface: str, act: str) -> None:
        """Raise NotAllowed unless the actor is an admin; either way it is audited."""
        allowed = actor in self.admins
        self.note(actor, surface, act, "allowed" if allowed else "refused")
        if not allowed:
            raise NotAllowed(
                "Only admins may do that. Whoever runs Lorebot can make you one by adding "
                f"{actor} to slack.admins in its settings."
            )

    def status(self) -> Status:
        index = self.knowledge.status()
        release = registry.live_release(self.database)
        ratings = feedback.count_ratings(self.database)
        reindex = jobs.latest(self.database, REINDEX)
        return Status(
            documents=index.documents,
            passages=index.passages,
            index_version=index.version,
            indexed_at=index.indexed_at,
            model=index.model,
            in_step=index.in_step,
            release=None if release is None else release[0],
            questions=interactions.count(self.database),
            waiting=inbox.count_unfinished(self.database),
            ratings_up=ratings.up,
            ratings_down=ratings.down,
            corrections=feedback.count_corrections(self.database),
            reindex=None if reindex is None else asdict(reindex),
            source_errors=self.source_errors(),
            model_failures=interactions.count(
                self.database, self.database.now() - DAY, NOT_REACHED
            ),
        )

    def source_errors(self) -> dict[str, str]:
        names = [source.name for source in self.configured]
        reads = source_counts.last_reads(self.database, REINDEX, names)
        return {name: last.error for name, last in reads.items() if last.error is not None}

    def sources(self) -> list[SourceStatus]:
        return describe(self.database, REINDEX, self.configured)

    def reindex(
        self,
        full: bool = False,
        progress: Callable[[Progress], None] | None = None,
        actor: str = "",
        surface: str = "cli",
        *,
        only: Collection[str] | None = None,
        patience: Patience | None = None,
    ) -> ReindexReport:
        """Bring the knowledge base up to the documents: all of them, or those of some sources.

        Raises JobIsRunning if another run goes on anywhere for longer than the patience lasts,
        KnowledgeUnusable, Stopping.
        """
        names = self.named(only)
        act = reindex_act(only or (), full)
        with (
            self.counted(),
            self.audited(actor, surface, act),
            held(self.database, REINDEX, patience=patience) as run,
        ):
            try:
                report = self.knowledge.reindex(full, self.watched(progress), only or None)
            except KnowledgeUnusable as error:
                run.result = {"sources": [{"name": n, "error": str(error)} for n in names]}
                raise
            run.result = report.as_json()
        return report

    def named(self, only: Collection[str] | None) -> Collection[str]:
        """The sources to read. Raises KnowledgeUnusable for a name that none of them has."""
        known = [*(source.name for source in self.configured), ANSWERS]
        unknown = [name for name in only or () if name not in known]
        if unknown:
            raise KnowledgeUnusable(
                f"There is no source {unknown[0]}; there are: {', '.join(known)}."
            )
        return only or known

    def watched(self, progress: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
        def step(step: Progress) -> None:
            if self.stopping.is_set():
                raise Stopping
            if progress is not None:
                progress(step)

        return step

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Something that `stop` waits for."""
        with self.changed:
            self.under_way += 1
        try:
            yield
        finally:
            with self.changed:
                self.under_way -= 1
                self.changed.notify_all()

    @contextmanager
    def audited(self, actor: str, surface: str, act: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            reason = str(error) if is_expected(error) else type(error).__name__
            self.note(actor, surface, act, "failed", reason)
            raise
        self.note(actor, surface, act, "done")

    def note(
        self, actor: str, surface: str, act: str, outcome: str, detail: str | None = None
    ) -> None:
        audit.write(
            self.database, actor=actor, surface=surface, act=act, outcome=outcome, detail=detail
        )

    def stop(self, seconds: float) -> bool:
        """Make a run of this process end at its next step; whether it has ended in time."""
        self.stopping.set()
        with self.changed:
            return self.changed.wait_for(lambda: self.under_way == 0, seconds)

"""What is done when: a table of jobs, each slot of which is run once, by one of all replicas.

A run that is broken off, by a stop or a kill, is taken over by whoever is there or comes next.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from bot.claims import RETRY_S, Patience, held
from bot.commands import REINDEX, Commands
from bot.cron import latest_slot, parse_cron
from bot.errors import Stopping, is_expected
from bot.learning import RETRAIN, LearningCommands
from db.jobs import LEASE, JobIsRunning, SlotIsDone
from db.types import utc_now
from knowledge.sources.settings import AnySource

log = logging.getLogger(__name__)

GRACE = dt.timedelta(hours=6)
"""How late a slot may be run: after a restart, a breakdown of the database, another reindex."""
ACTOR = "schedule"
WATCH_EVERY = "*/10 * * * *"


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    trigger: CronTrigger
    function: Callable[[], object]


def reindex_jobs(
    commands: Commands, sources: Sequence[AnySource], retry_s: float = RETRY_S
) -> list[Job]:
    """One job for each source that has a schedule."""
    patience = Patience(GRACE.total_seconds(), commands.stopping, retry_s)
    return [
        Job(
            f"{REINDEX}:{source.name}",
            parse_cron(source.schedule),
            partial(read_again, commands, source.name, patience),
        )
        for source in sources
        if source.schedule
    ]


def read_again(commands: Commands, source: str, patience: Patience) -> None:
    commands.reindex(actor=ACTOR, surface=ACTOR, only=[source], patience=patience)


def learning_jobs(loop: LearningCommands, retry_s: float = RETRY_S) -> list[Job]:
    """The cycle, if it has a schedule, and the watch over what went live.

    No cycle while training is switched off: its slots would only be refused, one after the other.
    What was learnt before answers on, and is watched.
    """
    watch = Job("watch", parse_cron(WATCH_EVERY), loop.watch)
    if not (loop.settings.enabled and loop.settings.schedule):
        return [watch]
    patience = Patience(GRACE.total_seconds(), loop.commands.stopping, retry_s)
    begin = partial(learn, loop, patience)
    return [Job(f"{RETRAIN}:{ACTOR}", parse_cron(loop.settings.schedule), begin), watch]


def learn(loop: LearningCommands, patience: Patience) -> None:
    """Raises Stopping where that is what has ended the cycle."""
    record = loop.retrain(actor=ACTOR, surface=ACTOR, patience=patience)
    if record.status == "cancelled" and loop.commands.stopping.is_set():
        raise Stopping
    log.info("cycle %d %s: %s", record.id, record.status, record.reason)


@dataclass(slots=True)
class Schedule:
    """Every replica has the whole table, in memory alone; that a slot has been taken is a row in
    the database. `clock` tells the time by which slots are due."""

    commands: Commands
    table: Sequence[Job]
    retry_s: float = RETRY_S
    grace: dt.timedelta = GRACE
    lease: dt.timedelta = LEASE
    clock: Callable[[], dt.datetime] = utc_now
    scheduler: BackgroundScheduler = field(init=False)

    def __post_init__(self) -> None:
        self.scheduler = BackgroundScheduler(
            timezone=dt.UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": int(self.grace.total_seconds()),
            },
        )

    def start(self) -> None:
        # It tells every tick of every replica; what comes of them is told below.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        for job in self.table:
            # Once at the start, too: the last slot may have come when nobody was there.
            now = dt.datetime.now(dt.UTC)
            self.scheduler.add_job(
                self.begin, job.trigger, args=[job], id=job.name, next_run_time=now
            )
        self.scheduler.start()

    def close(self) -> None:
        """Begin nothing new, and end what runs at its next step."""
        self.commands.stopping.set()
        self.scheduler.shutdown(wait=False)

    def begin(self, job: Job) -> None:
        # A daemon, not one of the pool's threads: those keep a process alive until they end.
        threading.Thread(target=self.run_due, args=[job], name=job.name, daemon=True).start()

    def run_due(self, job: Job) -> None:
        """Run the slot that is due, and then what has become due meanwhile, until none is."""
        done: dt.datetime | None = None
        while not self.commands.stopping.is_set():
            slot = latest_slot(job.trigger, self.clock(), self.grace)
            if slot is None or slot == done:
                return
            try:
                self.run(job, slot)
            except SlotIsDone:
                return
            except JobIsRunning:
                self.look_again(job)
                return
            # Mostly the database is away: the slot is still there when it is back.
            except Exception as error:
                tell(logging.WARNING, job, slot, f"waits: {type(error).__name__}")
                self.commands.stopping.wait(self.retry_s)
            else:
                done = slot

    def look_again(self, job: Job) -> None:
        """When the lease of whoever runs it could have run out: that process may be killed."""
        when = DateTrigger(dt.datetime.now(dt.UTC) + self.lease)
        name = f"{job.name} again"
        self.scheduler.add_job(self.begin, when, args=[job], id=name, replace_existing=True)

    def run(self, job: Job, slot: dt.datetime) -> None:
        """Raises JobIsRunning, SlotIsDone; not what goes wrong in the job itself."""
        with self.commands.counted(), held(self.commands.database, job.name, slot) as run:
            try:
                job.function()
            except Stopping:
                run.again = True
                tell(logging.INFO, job, slot, "is left to whoever comes next: Lorebot is stopped")
            except Exception as error:
                run.error = str(error) if is_expected(error) else type(error).__name__
                tell(logging.ERROR, job, slot, f"failed: {run.error}")
            else:
                tell(logging.INFO, job, slot, "is done")


def tell(level: int, job: Job, slot: dt.datetime, outcome: str) -> None:
    log.log(level, "%s of %s %s", job.name, slot.isoformat(timespec="minutes"), outcome)

"""Hold a job in the database while it runs: one run of it at a time, wherever Lorebot runs."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bot.errors import Stopping
from bot.owners import new_owner
from db import jobs
from db.engine import Database
from db.jobs import Claim, JobIsRunning

log = logging.getLogger(__name__)

BEAT_S = 15.0
RETRY_S = 15.0


@dataclass(slots=True)
class Run:
    """What the holder of a job leaves behind about it."""

    result: dict[str, Any] | None = None
    error: str | None = None
    again: bool = False
    """Whether it was broken off and somebody else is to run its slot."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a job that somebody else holds, unless Lorebot is stopped."""

    seconds: float
    stopping: threading.Event
    retry_s: float = RETRY_S


@contextmanager
def held(
    database: Database,
    job: str,
    slot: dt.datetime | None = None,
    patience: Patience | None = None,
) -> Iterator[Run]:
    """The job for as long as the block runs; the claim is kept alive beside it.

    Raises JobIsRunning if another run goes on, SlotIsDone, Stopping.
    """
    claim = claimed(database, job, slot, patience)
    over = threading.Event()
    beats = threading.Thread(target=beat, args=(database, claim, over), daemon=True)
    beats.start()
    run = Run()
    try:
        yield run
    except BaseException as error:
        jobs.finish(database, claim, run.result, error=f"{type(error).__name__}: {error}")
        raise
    else:
        if run.again:
            jobs.hand_back(database, claim)
        else:
            jobs.finish(database, claim, run.result, run.error)
    finally:
        over.set()
        beats.join()


def claimed(
    database: Database, job: str, slot: dt.datetime | None, patience: Patience | None
) -> Claim:
    owner = new_owner()
    deadline = time.monotonic() + (patience.seconds if patience else 0.0)
    while True:
        try:
            return jobs.claim(database, job, owner, slot)
        except JobIsRunning:
            if patience is None or time.monotonic() >= deadline:
                raise
        if patience.stopping.wait(patience.retry_s):
            raise Stopping


def beat(database: Database, claim: Claim, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        try:
            jobs.beat(database, claim)
        # Whatever it is: the next beat may get through, and the lease allows for some misses.
        except Exception as error:
            log.warning("a sign of life of the %s was lost: %s", claim.job, type(error).__name__)

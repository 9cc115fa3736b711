"""The threads that answer what the inbox holds, each question once, whatever is killed."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.begun import Begun
from bot.blocks import STOPPED, Message, answer_messages, sentence_message
from bot.delivery import Courier, RateLimited, Refused, Uncertain
from bot.desk import Desk
from bot.errors import explain
from bot.inbox import Question
from bot.mrkdwn import to_plain
from bot.owners import is_dead, new_owner
from bot.pace import Pace
from bot.streaming import LiveAnswer, Lost, Stops, live_answer, shown_live
from db import early_votes, inbox, interactions
from db.engine import Database
from db.inbox import WorkItem
from db.interactions import InteractionRecord
from knowledge.errors import KnowledgeUnusable
from knowledge.question import QuestionRefused

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=20)
POLL_S = 2.0
"""How soon something is found whose bell another process rang, or whose worker died."""
PAUSE_S = 2.0
"""Before the second try; it doubles with every further one."""
TRIES_TO_ANSWER = 3


@dataclass(slots=True)
class Workers:
    """`start` them, `wake` them when something has arrived, and `stop` them."""

    database: Database
    desk: Desk
    courier: Courier
    surface: str
    count: int = 2
    wake: threading.Event = field(default_factory=threading.Event)
    lease: dt.timedelta = LEASE
    poll_s: float = POLL_S
    pause_s: float = PAUSE_S
    owner: str = field(default_factory=new_owner)
    stopping: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    in_hand: dict[int, WorkItem] = field(default_factory=dict)
    live: dict[int, LiveAnswer] = field(default_factory=dict)
    """The answers that are being written, by their events."""
    pace: Pace = field(default_factory=Pace)
    stops: Stops = field(default_factory=Stops)

    def start(self) -> None:
        self.take_over_from_the_dead()
        self.threads = [thread(self.run, f"worker-{number}") for number in range(self.count)]
        for started in [*self.threads, thread(self.keep_leases, "leases")]:
            started.start()

    def stop(self, seconds: float) -> bool:
        """Let every worker finish what it has in hand; hand back what takes longer."""
        deadline = time.monotonic() + seconds
        self.stopping.set()
        self.wake.set()
        for worker in self.threads:
            worker.join(max(0.0, deadline - time.monotonic()))
        finished = not any(worker.is_alive() for worker in self.threads)
        self.closed.set()
        try:
            self.hand_back()
        except Exception as error:
            log.warning("the leases were left to run out: %s", type(error).__name__)
        return finished

    def hand_back(self) -> None:
        for item in list(self.in_hand.values()):
            live = self.live.get(item.id)
            if live is not None and live.abandon():
                # The attempt counts: whoever goes on looks for what is in the thread already.
                inbox.put_back(self.database, item, dt.timedelta(0), "handed back")
        inbox.release_leases(self.database, self.owner)

    def take_over_from_the_dead(self) -> None:
        """After a crash and a restart nobody has to wait for leases to run out."""
        try:
            for owner in filter(is_dead, inbox.owners(self.database)):
                inbox.expire_leases(self.database, owner)
        except Exception as error:
            log.warning("no leases were taken over: %s", type(error).__name__)

    def run(self) -> None:
        while not self.stopping.is_set():
            # Cleared before looking: a bell that rings from here on is heard by the wait below.
            self.wake.clear()
            try:
                item = self.next_item()
            except Exception as error:
                log.error("the inbox cannot be read: %s", type(error).__name__)
                self.stopping.wait(self.pause_s)
                continue
            if item is None:
                self.rest()
            else:
                # There may be more than this one, for a worker that sleeps.
                self.wake.set()
                self.work(item)

    def rest(self) -> None:
        if not self.stopping.is_set():
            self.wake.wait(self.poll_s)

    def next_item(self) -> WorkItem | None:
        if not inbox.anything_due(self.database):
            return None
        return inbox.claim(self.database, self.owner, self.lease)

    def keep_leases(self) -> None:
        """Extend what is in hand; whoever has lost a lease notices before posting."""
        while not self.closed.wait(self.lease.total_seconds() / 4):
            for item in list(self.in_hand.values()):
                try:
                    self.keep_lease(item)
                except Exception as error:
                    log.warning("a lease was not extended: %s", type(error).__name__)

    def keep_lease(self, item: WorkItem) -> None:
        kept = inbox.extend(self.database, item, self.lease)
        live = self.live.get(item.id)
        if not kept and live is not None:
            live.abandon()

    def work(self, item: WorkItem) -> None:
        """Answer one event and close it, whichever way it goes."""
        self.in_hand[item.id] = item
        try:
            self.settle(item)
        except Exception as error:
            # Mostly the database is away: the lease runs out and the event is taken up again.
            log.error("event %d is left for later: %s", item.id, type(error).__name__)
            self.stopping.wait(self.pause_s)
        finally:
            del self.in_hand[item.id]

    def settle(self, item: WorkItem) -> None:
        try:
            self.answer(item, Question(**item.payload))
        except Lost:
            log.info("event %d was deleted or taken over", item.id)
        except RateLimited as error:
            self.pace.no_streams_for(error.seconds)
            self.put_back(item, error.seconds, str(error))
        except Uncertain as error:
            self.put_back(item, self.pause(item), f"uncertain: {error}")
        except Refused as error:
            log.error("Slack refuses the answer to event %d: %s", item.id, error)
            inbox.finish(self.database, item, "failed", str(error))

    def pause(self, item: WorkItem) -> float:
        """Seconds until the next try."""
        return self.pause_s * float(2 ** (item.attempt - 1))

    def put_back(self, item: WorkItem, seconds: float, reason: str) -> None:
        log.warning("event %d is tried again in %.0f s: %s", item.id, seconds, reason)
        inbox.put_back(self.database, item, dt.timedelta(seconds=seconds), reason)

    def answer(self, item: WorkItem, question: Question) -> None:
        record = interactions.find_by_inbox(self.database, item.id)
        if record is None:
            if self.courier.is_aside(question):
                inbox.finish(self.database, item, "dropped")
                return
            live = self.begin(item, question)
            try:
                record = self.ask(item, question, live)
            except Lost:
                raise
            except (QuestionRefused, KnowledgeUnusable) as error:
                return self.say(item, question, str(error), begun=live.begun)
            except Exception as error:
                return self.answer_failed(item, question, error, live.begun)
            self.bring(item, question, record, look_first=live.message.unsure, begun=live.begun)
        else:
            self.bring(item, question, record, look_first=True)
        inbox.finish(self.database, item, "done")

    def begin(self, item: WorkItem, question: Question) -> LiveAnswer:
        """Something that shows the answer; it goes on where a killed worker has left off."""
        live = live_answer(self.courier, question, self.pace)
        if item.attempt > 1:
            live.message.unsure = True
            for begun in self.courier.begun(question)[:1]:
                live.message.go_on_in(begun)
        return live

    def bring(
        self,
        item: WorkItem,
        question: Question,
        record: InteractionRecord,
        *,
        look_first: bool,
        begun: Sequence[Begun] = (),
    ) -> None:
        """Post the answer, if Slack has not taken it yet."""
        if record.answer_ts is None:
            mark = {"interaction_id": record.id}
            messages = answer_messages(record, self.desk.has_experts)
            ts = self.post(item, question, messages, mark, look_first=look_first, begun=begun)
            interactions.mark_answered(self.database, str(record.id), ts)
            early_votes.settle(self.database)

    def ask(self, item: WorkItem, question: Question, live: LiveAnswer) -> InteractionRecord:
        self.live[item.id] = live
        try:
            with shown_live(live, self.stops):
                record = self.ask_desk(item, question, live)
        finally:
            del self.live[item.id]
        if live.stop.is_set():
            self.courier.end_session(question)
            return replace(record, notice=record.notice or STOPPED)
        return record

    def ask_desk(self, item: WorkItem, question: Question, live: LiveAnswer) -> InteractionRecord:
        record = self.desk.ask(
            to_plain(question.text, question.bot_user),
            surface=self.surface,
            team=question.team,
            channel=question.channel,
            thread_ts=question.thread_ts,
            question_ts=question.ts,
            asker=question.asker,
            inbox_id=item.id,
            reader=question.reader,
            follower=live,
            private=question.private,
        )
        if record.private is None:
            inbox.settle_private(self.database, item.id)
        return record

    def answer_failed(
        self, item: WorkItem, question: Question, error: Exception, begun: Sequence[Begun]
    ) -> None:
        """Try again, for it may have been a moment's trouble; then say so."""
        if item.attempt < TRIES_TO_ANSWER:
            self.put_back(item, self.pause(item), type(error).__name__)
        else:
            self.say(item, question, explain(error), status="failed", begun=begun)

    def say(
        self,
        item: WorkItem,
        question: Question,
        sentence: str,
        status: str = "done",
        begun: Sequence[Begun] = (),
    ) -> None:
        """Post a sentence instead of an answer."""
        mark, messages = {"question_ts": question.ts}, [sentence_message(sentence)]
        self.post(item, question, messages, mark, look_first=True, begun=begun)
        inbox.finish(self.database, item, status)

    def post(
        self,
        item: WorkItem,
        question: Question,
        messages: list[Message],
        mark: dict[str, Any],
        *,
        look_first: bool,
        begun: Sequence[Begun] = (),
    ) -> str:
        if not inbox.extend(self.database, item, self.lease):
            raise Lost
        return self.courier.deliver(question, messages, mark, look_first=look_first, begun=begun)


def thread(target: Callable[[], None], name: str) -> threading.Thread:
    return threading.Thread(target=target, name=name, daemon=True)

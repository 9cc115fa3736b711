"""Shows an answer in Slack while it is written; the writing never waits for Slack."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.begun import Begun
from bot.delivery import READING, Courier
from bot.harmless import Harmless
from bot.inbox import Question
from bot.live_message import LiveMessage, Stopped
from bot.mrkdwn import escape, one_line
from bot.pace import Pace
from knowledge.answers import FoundPassage

log = logging.getLogger(__name__)

STATUS_GAP_S = 1.0
MAX_PLACE = 90
"""Characters of a title and heading in the status line."""
PLACES = 3

Thread = tuple[str, str, str]
"""Team, channel and thread_ts."""


class Lost(Exception):
    """The question was deleted, or another worker has taken it over."""


@dataclass(slots=True)
class LiveAnswer:
    """Follows one answer (knowledge.following.Follower): a status line first, then its text.

    Nothing but a language model's pieces opens a message; an answer that is quoted or withheld is
    left to whoever delivers it.
    """

    courier: Courier
    question: Question
    pace: Pace
    message: LiveMessage
    stop: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    bell: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    pieces: list[str] = field(default_factory=list)
    status: str = READING
    status_shown: str = ""
    status_due: float = 0.0
    text_shown: str = ""
    text_due: float = 0.0

    @property
    def begun(self) -> list[Begun]:
        return self.message.begun

    @property
    def thread(self) -> Thread:
        return self.question.team, self.question.channel, self.question.thread_ts

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self.pieces)

    def found(self, passages: Sequence[FoundPassage]) -> None:
        places = list(dict.fromkeys(map(place, passages)))
        if places:
            self.status = f"is reading {Harmless().take(places[0])}…"
            self.message.heading = "Reading " + escape(" · ".join(places[:PLACES])) + " …"
            self.bell.set()

    def wrote(self, piece: str) -> None:
        """Raises Lost, which ends an answer that nobody may post any more."""
        with self.lock:
            if self.lost.is_set():
                raise Lost
            self.pieces.append(piece)
        self.bell.set()

    def abandon(self) -> bool:
        """Write no further, for another worker goes on; whether something may be seen already."""
        with self.lock:
            self.lost.set()
        self.ended.set()
        self.bell.set()
        return bool(self.pieces or self.begun)

    def run(self) -> None:
        """Until the answer has ended: show what is due."""
        self.bell.set()
        while not self.ended.is_set():
            self.bell.wait(self.patience())
            self.bell.clear()
            try:
                if not self.ended.is_set():
                    self.show_what_is_due()
            except Stopped:
                self.stop.set()
            except Exception as error:
                log.warning("an answer is not shown while it is written: %s", type(error).__name__)
                self.message.given_up = True

    def patience(self) -> float | None:
        """Seconds until something is due; None while there is nothing to show."""
        if self.has_text():
            due = self.text_due
        elif self.has_status():
            due = self.status_due
        else:
            return None
        return max(0.0, due - time.monotonic())

    def show_what_is_due(self) -> None:
        now = time.monotonic()
        if self.has_text():
            if now >= self.text_due:
                self.show_text()
        elif self.has_status() and now >= self.status_due:
            self.status_shown = self.status
            self.courier.show_status(self.question, self.status)
            self.status_due = time.monotonic() + STATUS_GAP_S

    def show_text(self) -> None:
        text = self.text
        if self.message.show(text):
            self.text_shown = text
        gap = self.pace.gap(streaming=self.message.streaming)
        self.text_due = max(time.monotonic() + gap, self.message.resume_at)

    def has_text(self) -> bool:
        if self.message.given_up or self.stop.is_set():
            return False
        text = self.text
        return bool(text.strip()) and text != self.text_shown

    def has_status(self) -> bool:
        return self.status != self.status_shown and not self.text.strip()


def place(passage: FoundPassage) -> str:
    parts = (passage.title or passage.path, passage.heading)
    return one_line(" › ".join(filter(None, parts)), MAX_PLACE)


class Stops:
    """Which answers are being written in which thread: a stop comes to a listener, and the answer
    is with a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: list[LiveAnswer] = []

    @contextmanager
    def knowing(self, live: LiveAnswer) -> Iterator[None]:
        with self._lock:
            self._live.append(live)
        try:
            yield
        finally:
            with self._lock:
                self._live = [one for one in self._live if one is not live]

    def stop(self, thread: Thread) -> None:
        """A person wants no more of what is being written in this thread."""
        with self._lock:
            found = [live for live in self._live if live.thread == thread]
        for live in found:
            live.stop.set()


def live_answer(courier: Courier, question: Question, pace: Pace) -> LiveAnswer:
    return LiveAnswer(courier, question, pace, LiveMessage(courier, question, pace))


@contextmanager
def shown_live(live: LiveAnswer, stops: Stops) -> Iterator[LiveAnswer]:
    """Within, the answer is shown while it comes about, unless `stops` hears that it is to end;
    after it, nothing more is written."""
    showing = threading.Thread(target=live.run, name="live answer", daemon=True)
    with live.pace.one_more(), stops.knowing(live):
        showing.start()
        try:
            yield live
        finally:
            live.ended.set()
            live.bell.set()
            showing.join()

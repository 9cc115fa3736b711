"""The message in which an answer grows: a stream of Slack's, else a message that is changed.

A stream is left for good when Slack refuses it, limits it, or is about to end it: from then on the
same message is brought up to date by chat.update, with the whole text, so that nothing is lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.begun import Begun, writing_block
from bot.blocks import Block, packed, section
from bot.delivery import (
    ENDED,
    STILL_STREAMING,
    STOPPED,
    Courier,
    RateLimited,
    Refused,
    Uncertain,
    called,
)
from bot.harmless import Harmless
from bot.inbox import Question
from bot.markdown import to_mrkdwn
from bot.pace import Pace

log = logging.getLogger(__name__)

ROLL_OVER_S = 240.0
"""Slack ends a stream some 300 s after its start."""
MAX_STREAMED = 10_000
"""Characters; the sources and buttons still have to fit in. The rest comes with the last update."""
MAX_SECTION = 3000
UNKNOWN_METHOD_S = 3600.0
"""How long streams are not tried again where Slack does not know them."""
WRITING_WORDS = "Writing the answer…"


class Stopped(Exception):
    """A person has stopped the answer."""


@dataclass(slots=True)
class LiveMessage:
    """`show` it the answer so far, again and again; `begun` says what is then to be completed.

    Its calls are quick ones that may fail: the answer itself depends on none of them.
    """

    courier: Courier
    question: Question
    pace: Pace
    heading: str = ""
    """Which documents are read, as mrkdwn: it stands above the text while that is written."""
    ts: str = ""
    streaming: bool = False
    still_open: bool = False
    """Whether Slack may still hold it for a stream, though it is no longer written as one."""
    unsure: bool = False
    """Whether there may be a message that is not known here."""
    given_up: bool = False
    resume_at: float = 0.0
    """Slack has asked for patience until then."""
    started_at: float = 0.0
    taken: int = 0
    streamed: int = 0
    harmless: Harmless = field(default_factory=Harmless)
    clock: Callable[[], float] = time.monotonic

    @property
    def begun(self) -> list[Begun]:
        return [Begun(self.ts, self.streaming or self.still_open)] if self.ts else []

    def go_on_in(self, begun: Begun) -> None:
        """Write in the message that an earlier worker has begun."""
        self.ts, self.still_open = begun.ts, begun.streaming

    def show(self, text: str) -> bool:
        """Bring what is seen up to date with the answer so far; whether it is. Raises Stopped."""
        try:
            if not self.ts:
                self.begin(text)
            elif self.streaming:
                self.append(text)
            else:
                self.change(text)
            return not self.given_up
        except RateLimited as error:
            self.resume_at = self.clock() + error.seconds
        except Uncertain as error:
            log.debug("a piece of an answer may not be seen yet: %s", error)
        except Refused as error:
            log.info("an answer is not shown while it is written: %s", error)
            self.given_up = True
        return False

    def begin(self, text: str) -> None:
        if self.pace.streams():
            try:
                return self.start(text)
            except RateLimited as error:
                self.pace.no_streams_for(error.seconds)
            except Refused as error:
                log.info("Slack refuses a stream: %s", error)
                if str(error) == "unknown_method":
                    self.pace.no_streams_for(UNKNOWN_METHOD_S)
            except Uncertain:
                if self.find():
                    return None
        self.post(text)

    def start(self, text: str) -> None:
        """chat.startStream, with the block by which the message is found again."""
        heading = {"type": "blocks", "blocks": [self.head()]}
        first = {"type": "markdown_text", "text": self.fresh(text)}
        answer = called(
            self.courier.quick.chat_startStream,
            channel=self.question.channel,
            thread_ts=self.question.thread_ts,
            recipient_team_id=self.question.team,
            recipient_user_id=self.question.asker,
            chunks=[heading, first],
        )
        self.ts, self.streaming, self.started_at = str(answer["ts"]), True, self.clock()

    def find(self) -> bool:
        """Whether Slack has taken the start although it did not answer."""
        # Until that is known, nothing may be begun a second time.
        self.unsure = self.given_up = True
        found = self.courier.begun(self.question)
        self.given_up = False
        for begun in found[:1]:
            self.go_on_in(begun)
        return bool(found)

    def post(self, text: str) -> None:
        """One message to be changed from now on."""
        blocks = self.blocks(text)
        try:
            answer = called(
                self.courier.quick.chat_postMessage,
                channel=self.question.channel,
                thread_ts=self.question.thread_ts,
                text=WRITING_WORDS,
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
                parse="none",
            )
        except (RateLimited, Refused, Uncertain) as error:
            self.given_up = True
            self.unsure = isinstance(error, Uncertain)
            return
        self.ts = str(answer["ts"])

    def append(self, text: str) -> None:
        if self.clock() - self.started_at > ROLL_OVER_S:
            self.leave_stream()
            return self.change(text)
        piece = self.fresh(text)
        if not piece:
            return None
        try:
            called(
                self.courier.quick.chat_appendStream,
                channel=self.question.channel,
                ts=self.ts,
                markdown_text=piece,
            )
        except Refused as error:
            self.leave_stream(ended=str(error) in ENDED)
            if str(error) == STOPPED:
                raise Stopped from None
            self.change(text)
        except (RateLimited, Uncertain):
            # What Slack has taken of it is not known: from now on it gets the whole text.
            self.leave_stream()
            raise

    def leave_stream(self, *, ended: bool = False) -> None:
        self.streaming, self.still_open = False, not ended

    def change(self, text: str) -> None:
        if self.still_open:
            self.stop_stream()
        try:
            self.update(text)
        except Refused as error:
            if str(error) != STILL_STREAMING:
                raise
            self.stop_stream()
            self.update(text)

    def update(self, text: str) -> None:
        called(
            self.courier.quick.chat_update,
            channel=self.question.channel,
            ts=self.ts,
            text=WRITING_WORDS,
            blocks=self.blocks(text),
            link_names=False,
            parse="none",
        )

    def stop_stream(self) -> None:
        stop = self.courier.quick.chat_stopStream
        try:
            called(stop, channel=self.question.channel, ts=self.ts)
        except Refused as error:
            if str(error) == STOPPED:
                self.still_open = False
                raise Stopped from None
        self.still_open = False

    def head(self) -> Block:
        return writing_block(self.question, self.heading or WRITING_WORDS)

    def blocks(self, text: str) -> list[Block]:
        """All that is written so far, or as much as one message takes."""
        sections = [section(part) for part in to_mrkdwn(text, MAX_SECTION)]
        return list(packed([self.head(), *sections])[0])

    def fresh(self, text: str) -> str:
        """What the stream does not have yet, made harmless."""
        piece = self.harmless.take(text[self.taken :])[: MAX_STREAMED - self.streamed]
        self.taken = len(text)
        self.streamed += len(piece)
        return piece

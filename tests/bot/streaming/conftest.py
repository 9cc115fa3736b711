"""Workers on a workspace, and a model that writes piece by piece while people look on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import build_client
from bot.begun import EVENT_TYPE
from bot.blocks import answer_messages
from bot.delivery import Courier
from bot.inbox import Question
from bot.lorebot import Lorebot
from bot.pace import Pace
from bot.workers import Workers
from bot.workspace.facade import Workspace
from bot.workspace.objects import Message
from db import inbox, interactions
from db.interactions import InteractionRecord

TEAM, CHANNEL, NOOR = "T0ORBITDESK", "C0ASKLORE00", "U0NOORHADAD"
QUESTION = "when was the Apollo landing?"
PIECES = ("Apollo 11 ", "landed on ", "the Moon ", "on 20 July ", "1969. [1]")
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
POST, UPDATE, STATUS = "chat.postMessage", "chat.update", "assistant.threads.setStatus"


@dataclass
class Desk:
    """Questions are put into the inbox by hand, and workers are started one by one."""

    lorebot: Lorebot
    workspace: Workspace
    knowledge: Any
    opened: list[Workers] = field(default_factory=list)

    def workers(self) -> Workers:
        client = build_client(self.workspace.bot_token, self.workspace.api_url)
        made = Workers(
            self.lorebot.database,
            self.lorebot.desk,
            Courier(client, client),
            "workspace",
            count=1,
            poll_s=0.05,
            pause_s=0.05,
            pace=Pace(stream_s=0.01, update_s=0.01, appends=60_000, updates=60_000),
            stops=self.lorebot.stops,
        )
        self.opened.append(made)
        return made

    def ask(self, words: str = QUESTION) -> str:
        ts = self.workspace.post("noor", "#ask-lore", words)
        question = Question(TEAM, CHANNEL, ts, ts, NOOR, words, self.workspace.bot_user)
        event = inbox.NewEvent(f"Ev{ts}", TEAM, CHANNEL, ts, asdict(question))
        assert inbox.receive(self.lorebot.database, event)
        return ts

    def work_once(self, workers: Workers | None = None) -> None:
        workers = workers or self.workers()
        item = inbox.claim(self.lorebot.database, workers.owner, workers.lease)
        assert item is not None
        workers.work(item)

    def work_until(self, status: str) -> None:
        """Start a worker and let it work until the question has this status."""
        self.workers().start()
        self.workspace.wait_for(lambda: self.status() == status)

    def answered(self) -> Message:
        """Ask, let one worker work, and look at the one message that is there."""
        ts = self.ask()
        self.work_once()
        [message] = self.said(ts)
        return message

    def said(self, ts: str) -> list[Message]:
        return self.workspace.messages("#ask-lore", ts)

    def seen(self, words: str) -> Message:
        """Wait until a message shows these words."""
        return self.workspace.wait_for(
            lambda: next((m for m in self.all_said() if words in json.dumps(m.blocks)), None)
        )

    def all_said(self) -> list[Message]:
        roots = self.workspace.messages("#ask-lore")
        return [message for root in roots for message in self.said(root.ts)]

    def record(self) -> InteractionRecord:
        [stored] = interactions.recent_of(self.lorebot.database, TEAM, NOOR, 5)
        return stored

    def count(self, method: str) -> int:
        return len(self.workspace.calls(method))

    def expire_leases(self) -> None:
        with self.lorebot.database.writing() as session:
            session.execute(text("UPDATE inbox SET lease_until = '2000-01-01 00:00:00'"))

    def status(self) -> str:
        with self.lorebot.database.reading() as session:
            return str(session.execute(text("SELECT status FROM inbox")).scalar())

    def check_whole(self, message: Message) -> None:
        """What stands there is exactly what would have been posted without any stream."""
        record = self.record()
        [wanted] = answer_messages(record)
        assert message.text == wanted.text
        assert without_ids(message.blocks) == without_ids(wanted.blocks)
        assert message.metadata == {
            "event_type": EVENT_TYPE,
            "event_payload": {"interaction_id": record.id, "part": 0},
        }
        assert not message.streaming
        assert record.answer_ts == message.ts
        assert self.status() == "done"


def without_ids(blocks: Any) -> list[dict[str, Any]]:
    return [{name: b[name] for name in b if name != "block_id"} for b in blocks]


@pytest.fixture
def desk(lorebot: Lorebot, workspace: Workspace, knowledge: Any) -> Iterator[Desk]:
    made = Desk(lorebot, workspace, knowledge)
    knowledge.pieces = PIECES
    yield made
    assert [workers.stop(5) for workers in made.opened]


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    """The model goes on only when people see what it has written so far."""
    desk.knowledge.when = {
        count: partial(desk.seen, piece.strip()) for count, piece in enumerate(PIECES, 1)
    }
    return desk

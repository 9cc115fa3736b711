"""Where the documents do not answer, the people who keep them can be asked, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from bot.blocks import EXPERT, answer_messages
from bot.desk import Desk
from bot.errors import Forged
from bot.listeners.experts import NOBODY, asking
from bot.lorebot import Lorebot
from db import interactions, versions
from db.feedback import UnknownInteraction
from db.interactions import InteractionRecord, PassageRecord
from db.versions import NewDocument, NewPassage

TEAM, CHANNEL, THREAD = "T1", "C1", "1.0"
PASSAGE = NewPassage("", "Keys.", 0, 5, None, "h", np.zeros(4, np.float16), "", "key")


@dataclass
class Client:
    """Keeps what Slack is told."""

    posted: list[dict[str, Any]] = field(default_factory=list)
    whispered: list[dict[str, Any]] = field(default_factory=list)

    def chat_postMessage(self, **arguments: Any) -> None:
        self.posted.append(arguments)

    def chat_postEphemeral(self, **arguments: Any) -> None:
        self.whispered.append(arguments)


@pytest.fixture
def desk(lorebot: Lorebot) -> Desk:
    """Somebody keeps the documents of `keys`, nobody those of `other`."""
    return replace(lorebot.desk, owners={"keys": ("U07", "U08"), "other": ()})


def withheld(desk: Desk, source: str, channel: str = CHANNEL) -> InteractionRecord:
    """A question that was not answered, whose nearest document is from this source."""
    document = NewDocument(source, "keys.md", "Keys", "Keys.", 5, 0, "h", (PASSAGE,))
    version = versions.begin_version(desk.database, "mark", "model", 4)
    versions.add_documents(desk.database, version, [document])
    versions.switch(desk.database, version, [], {})
    nearest = PassageRecord(1, "keys.md", "Keys", "", "", "Keys.", 0.2, 0.2, 0.0)
    record = InteractionRecord(
        question="Who has the <key>?",
        answer="I could not find an answer.",
        abstained=True,
        confidence=0.1,
        generator="quotes",
        surface="slack",
        timings_ms={},
        passages=(nearest,),
        team=TEAM,
        channel=channel,
        thread_ts=THREAD,
    )
    return replace(record, id=interactions.record(desk.database, record))


def click(desk: Desk, value: str | None, times: int = 1, channel: str = CHANNEL) -> Client:
    client, ask = Client(), asking(desk)
    body = {
        "user": {"id": "U01"},
        "team": {"id": TEAM},
        "channel": {"id": channel},
        "message": {"thread_ts": THREAD},
        "container": {"channel_id": channel, "thread_ts": THREAD},
    }
    [ask(lambda: None, body, {"value": value}, client) for _ in range(times)]
    return client


def test_the_keepers_of_the_nearest_document_are_asked_in_the_thread(desk: Desk) -> None:
    client = click(desk, withheld(desk, "keys").id)
    [message] = client.posted
    assert (message["channel"], message["thread_ts"]) == (CHANNEL, THREAD)
    assert message["text"].startswith("<@U07> <@U08>, can you help?")
    assert "Who has the &lt;key&gt;?" in message["text"]


def test_they_are_asked_once_however_often_the_button_is_pressed(desk: Desk) -> None:
    assert len(click(desk, withheld(desk, "keys").id, times=3).posted) == 1


def test_in_a_direct_message_the_asker_is_told_whom_to_ask(desk: Desk) -> None:
    client = click(desk, withheld(desk, "keys", "D1").id, channel="D1")
    assert client.posted == []
    assert "<@U07> <@U08>" in client.whispered[0]["text"]


def test_where_nobody_keeps_the_documents_it_is_said(desk: Desk) -> None:
    client = click(desk, withheld(desk, "other").id)
    assert (client.posted, client.whispered[0]["text"]) == ([], NOBODY)


@pytest.mark.parametrize("value", ["", "x", None, "<!channel>"])
def test_a_forged_button_does_nothing(desk: Desk, value: str | None) -> None:
    with pytest.raises(Forged):
        click(desk, value)


def test_an_unknown_answer_is_nobody_s(desk: Desk) -> None:
    with pytest.raises(UnknownInteraction):
        click(desk, "0" * 32)


def test_the_button_stands_below_what_was_withheld_where_there_is_somebody_to_ask(
    desk: Desk,
) -> None:
    record = withheld(desk, "keys")
    shown = [block.get("block_id") for block in answer_messages(record, experts=True)[0].blocks]
    hidden = [block.get("block_id") for block in answer_messages(record)[0].blocks]
    answered = replace(record, abstained=False)
    assert EXPERT in shown
    assert EXPERT not in hidden
    assert EXPERT not in [b.get("block_id") for b in answer_messages(answered, True)[0].blocks]
    assert (desk.has_experts, replace(desk, owners={"a": ()}).has_experts) == (True, False)

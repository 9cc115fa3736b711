"""Ask an expert: where the documents do not answer, the people who keep them are asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from bot.blocks import asked_for_help
from bot.desk import Desk
from bot.errors import Forged
from bot.listeners.failures import attempt, place_of, whisper

INTERACTION = re.compile(r"[0-9a-f]{32}", re.ASCII)
NOBODY = "Nobody is named as the keeper of these documents, so I do not know whom to ask."
MOST_REMEMBERED = 1000


def asking(desk: Desk) -> Callable[..., None]:
    asked: dict[str, None] = {}

    def ask(ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        interaction_id = str(action.get("value"))
        if not INTERACTION.fullmatch(interaction_id):
            raise Forged
        record = desk.answer_of(body["team"]["id"], interaction_id)
        ack()
        experts = desk.experts_of(record)
        channel, thread_ts = place_of(body)
        channel, thread_ts = channel or str(record.channel), thread_ts or str(record.thread_ts)
        user = body["user"]["id"]
        names = " ".join(f"<@{expert}>" for expert in experts)
        if not experts:
            whisper(client, channel=channel, user=user, text=NOBODY, thread_ts=thread_ts)
        elif channel.startswith("D"):
            # Nobody else reads along in a direct message.
            text = f"Ask {names}: they keep the documents that came nearest."
            whisper(client, channel=channel, user=user, text=text, thread_ts=thread_ts)
        elif interaction_id not in asked:
            # One click is enough, however many people make it.
            asked[interaction_id] = None
            if len(asked) > MOST_REMEMBERED:
                del asked[next(iter(asked))]
            text = asked_for_help(names, record.question)
            attempt(client.chat_postMessage, channel=channel, thread_ts=thread_ts, text=text)

    return ask

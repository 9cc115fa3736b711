"""Votes and corrections: stored before they are acknowledged, for Slack sends no click twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack
from slack_sdk import WebClient

from bot.blocks import read_vote
from bot.desk import FAULTS, Desk
from bot.errors import Forged
from bot.listeners.board import aside
from bot.listeners.failures import attempt, place_of, whisper
from bot.mrkdwn import escape
from bot.review_views import approved
from bot.views import FAULT, RIGHT_ANSWER, RIGHT_DOCUMENT, AnswerPlace, correction_form, submitted

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

THANKS = {
    1: "👍 Noted, thank you.",
    -1: "👎 Noted, thank you. If you know what was wrong, tell me in the form.",
}
CORRECTED = "Thank you. An expert will look at what you wrote, so that the next answer is better."


def voting(desk: Desk) -> Callable[..., None]:
    def vote(ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        given = read_vote(str(action.get("value")))
        if given is None:
            raise Forged
        interaction_id, value = given
        user = body["user"]["id"]
        record = desk.rate(interaction_id, body["team"]["id"], user, value)
        ack()
        channel, thread_ts = place_of(body)
        place = AnswerPlace(
            interaction_id, channel or str(record.channel), thread_ts or str(record.thread_ts)
        )
        if value < 0:
            form = correction_form(place, FAULTS)
            attempt(client.views_open, trigger_id=body.get("trigger_id"), view=form)
        whisper(
            client,
            channel=place.channel,
            user=user,
            text=THANKS[value],
            thread_ts=place.thread_ts,
        )

    return vote


def correcting(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    """An expert's word counts at once; everybody else's waits for an expert."""

    def correct(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        place = AnswerPlace.unpacked(view.get("private_metadata") or "")
        if place is None:
            raise Forged
        given = submitted(view["state"]["values"])
        user = body["user"]["id"]
        number = lorebot.desk.correct(
            place.interaction_id,
            body["team"]["id"],
            user,
            given[FAULT] or "",
            given[RIGHT_ANSWER],
            given[RIGHT_DOCUMENT],
        )
        ack()
        says = bool(given[RIGHT_ANSWER] or given[RIGHT_DOCUMENT])
        own = lorebot.experts.approve_own(number, user, surface, says_what_is_right=says)
        if own is None:
            tell(CORRECTED, user, place, client)
            return
        tell(approved(number, own), user, place, client)
        aside(
            lorebot.commands,
            "publish",
            lambda: lorebot.experts.publish(user, surface),
            lambda sentence: tell(escape(sentence), user, place, client),
        )

    return correct


def tell(text: str, user: str, place: AnswerPlace, client: WebClient) -> None:
    whisper(client, channel=place.channel, user=user, text=text, thread_ts=place.thread_ts)

"""/lore review: the corrections that wait, and what an expert decides on each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.errors import Forged
from bot.listeners.board import aside, say
from bot.listeners.call import Call, Misunderstood, as_number
from bot.listeners.failures import attempt, place_of, whisper
from bot.mrkdwn import escape
from bot.review_views import (
    ReviewPlace,
    approved,
    edit_form,
    edited,
    reason_given,
    reject_form,
    rejected,
    review_message,
)

if TYPE_CHECKING:
    from bot.lorebot import Lorebot


def review(call: Call) -> None:
    call.alone()
    call.lorebot.experts.authorise(call.actor, call.surface, "review")
    call.say(review_message(call.lorebot.experts.waiting_for(call.actor)))


ACTS: Mapping[str, Callable[[Call], None]] = {"review": review}


def approving(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    def approve(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        number, actor = allowed(lorebot, surface, body, "approve")
        approval = lorebot.experts.approve(number, actor, surface)
        ack()
        publish(lorebot, surface, client, place_in(body, number), actor)
        show_rest(lorebot, respond, actor, approved(number, approval))

    return approve


def editing(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    """Open the form in which an expert says it in other words."""

    def edit(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        number, actor = allowed(lorebot, surface, body, "edit")
        one = lorebot.experts.find_for(actor, number)
        ack()
        form = edit_form(place_in(body, number), one)
        attempt(client.views_open, trigger_id=body.get("trigger_id"), view=form)

    return edit


def rejecting(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    """Open the form that asks why."""

    def reject(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        number, actor = allowed(lorebot, surface, body, "reject")
        one = lorebot.experts.find_for(actor, number)
        ack()
        form = reject_form(place_in(body, number), one)
        attempt(client.views_open, trigger_id=body.get("trigger_id"), view=form)

    return reject


def edited_form(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    def submit(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        place, actor = place_of_form(view), body["user"]["id"]
        number, given = place.correction_id, edited(view["state"]["values"])
        allow(lorebot, surface, actor, f"approve {number}", number)
        approval = lorebot.experts.approve(
            number, actor, surface, answer=given.answer, role=given.role, channel=given.channel
        )
        ack()
        publish(lorebot, surface, client, place, actor)
        show_rest_at(lorebot, client, place, actor, approved(number, approval))

    return submit


def reject_submitted(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    def submit(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        place, actor = place_of_form(view), body["user"]["id"]
        number = place.correction_id
        allow(lorebot, surface, actor, f"reject {number}", number)
        lorebot.experts.reject(number, actor, surface, reason_given(view["state"]["values"]))
        ack()
        show_rest_at(lorebot, client, place, actor, rejected(number))

    return submit


def allowed(lorebot: Lorebot, surface: str, body: dict[str, Any], act: str) -> tuple[int, str]:
    """The correction that a button is about, and who presses it. Raises Forged, NotAllowed."""
    actor = body["user"]["id"]
    try:
        number = as_number(str(body["actions"][0].get("value")))
    except Misunderstood:
        raise Forged from None
    allow(lorebot, surface, actor, f"{act} {number}", number)
    return number, actor


def allow(lorebot: Lorebot, surface: str, actor: str, act: str, number: int) -> None:
    """Raises NotAllowed, ReviewRefused for what is not shown to this expert."""
    lorebot.experts.authorise(actor, surface, act)
    lorebot.experts.find_for(actor, number)


def place_in(body: dict[str, Any], number: int) -> ReviewPlace:
    channel, thread_ts = place_of(body)
    return ReviewPlace(number, channel or "", thread_ts or "", body.get("response_url") or "")


def place_of_form(view: dict[str, Any]) -> ReviewPlace:
    """Raises Forged."""
    place = ReviewPlace.unpacked(view.get("private_metadata") or "")
    if place is None:
        raise Forged
    return place


def publish(
    lorebot: Lorebot, surface: str, client: WebClient, place: ReviewPlace, actor: str
) -> None:
    """Let it count; the expert hears of it only if that fails."""

    def failed(sentence: str) -> None:
        tell(client, place, actor, escape(sentence))

    aside(lorebot.commands, "publish", lambda: lorebot.experts.publish(actor, surface), failed)


def show_rest(lorebot: Lorebot, respond: Respond, actor: str, done: str) -> bool:
    """The list without what has been decided on, in place of the one that was clicked."""
    message = review_message(lorebot.experts.waiting_for(actor), done)
    return say(respond, message, replace=True)


def show_rest_at(
    lorebot: Lorebot, client: WebClient, place: ReviewPlace, actor: str, done: str
) -> None:
    respond = Respond(response_url=place.response_url, proxy=client.proxy, ssl=client.ssl)
    # An address is good for half an hour, and a form may stay open for longer.
    if not place.response_url or not show_rest(lorebot, respond, actor, done):
        tell(client, place, actor, done)


def tell(client: WebClient, place: ReviewPlace, user: str, text: str) -> None:
    thread_ts = place.thread_ts or None
    whisper(client, channel=place.channel, user=user, text=text, thread_ts=thread_ts)

"""/lore report: three pictures for everybody in the channel, or their figures for the asker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackRequestError

from bot.blocks import sentence_message
from bot.delivery import RateLimited, Refused, Uncertain, called
from bot.listeners.board import aside
from bot.listeners.call import Call, Misunderstood
from bot.report_views import comment, nothing_message, report_message, sentences
from db.types import utc_now
from finetune.report import MOST_DAYS, Report, gather

if TYPE_CHECKING:
    from finetune.charts.pictures import Picture


def show_report(call: Call) -> None:
    days = wanted(call)
    call.authorise(" ".join(["report", *call.options]))
    since = None if days is None else utc_now() - dt.timedelta(days=days)

    def run() -> None:
        send(call, gather(call.lorebot.database, since))

    def failed(sentence: str) -> None:
        call.say(sentence_message(sentence))

    aside(call.lorebot.commands, "report", run, failed)


def wanted(call: Call) -> int | None:
    """Of how many days, if not of all. Raises Misunderstood."""
    if not call.options:
        return None
    days = call.number()
    if not 1 <= days <= MOST_DAYS:
        raise Misunderstood
    return days


def send(call: Call, report: Report) -> None:
    if report.empty:
        call.say(nothing_message(report))
        return
    # Only here: drawing needs what nothing else needs.
    from finetune.charts.pictures import pictures

    refusal = upload(call, report, pictures(report))
    if refusal is not None:
        call.say(report_message(report, refusal))


def upload(call: Call, report: Report, drawn: Sequence[Picture]) -> str | None:
    """Show the pictures in one message; why Slack has not taken them, if so."""
    described = sentences(report)
    files = [
        {
            "filename": f"{picture.name}.png",
            "title": picture.title,
            "alt_txt": described[picture.name],
            "content": picture.png,
        }
        for picture in drawn
    ]
    try:
        called(
            call.client.files_upload_v2,
            channel=call.channel,
            initial_comment=comment(report),
            file_uploads=files,
        )
    except (RateLimited, Refused, Uncertain, SlackRequestError) as error:
        return str(error)
    return None


ACTS: Mapping[str, Callable[[Call], None]] = {"report": show_report}

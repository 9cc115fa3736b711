"""What admins see of the sources stays within what Slack takes."""

from __future__ import annotations

import datetime as dt

from bot.source_views import sources_message, with_errors
from bot.sources import SourceStatus
from bot.views import Message

TIME = dt.datetime(2026, 1, 31, 3, 30, tzinfo=dt.UTC)


def status(name: str, error: str | None = None, owners: tuple[str, ...] = ()) -> SourceStatus:
    audience = ("C012AB3CD", "U012AB3CD")
    size = (1200, 34567)
    return SourceStatus(name, "git", audience, owners, *size, TIME, error, "30 3 * * *", TIME)


def test_a_source_tells_all_about_itself() -> None:
    [block] = sources_message([status("wiki", owners=("U012AB3CD",))]).blocks
    shown = block["text"]["text"]
    assert shown.startswith("*wiki* (git, 1 channel, 1 person) · <@U012AB3CD>\n1,200 documents in")
    assert "2026-01-31 03:30 UTC> by `30 3 * * *`" in shown


def test_an_owner_that_is_no_id_mentions_nobody() -> None:
    assert "&lt;!here&gt;" in sources_message([status("wiki", owners=("<!here>",))]).text


def test_many_sources_with_long_errors_fit_into_a_message() -> None:
    many = [status(f"source-{n}", "away " * 500, ("U012AB3CD",) * 50) for n in range(60)]
    blocks = sources_message(many).blocks
    assert len(blocks) <= 48
    assert sum(len(str(block)) for block in blocks) < 13_000
    assert "40 more" in str(blocks[-1])


def test_errors_stand_below_a_message() -> None:
    message = with_errors(Message("All is well.", ()), {"wiki": "It is <away>."})
    assert message.text == "All is well.\n⚠️ *wiki* could not be read: It is &lt;away&gt;."
    assert len(message.blocks) == 1

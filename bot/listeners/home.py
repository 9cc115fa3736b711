"""The app's home and the suggestions in a direct message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.listeners.failures import attempt
from bot.views import home_view
from db.feedback import vote_of
from db.interactions import recent_of

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

LAST_QUESTIONS = 5
PROMPTS_TITLE = "Try one of these, or ask your own question:"


def opening(lorebot: Lorebot) -> Callable[..., None]:
    def opened(event: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        if event.get("tab") == "home":
            show_home(lorebot, client, str(context.team_id), event["user"])
        elif event.get("channel"):
            prompts = [prompt.model_dump() for prompt in lorebot.settings.slack.prompts]
            suggest(client, event["channel"], prompts)

    return opened


def show_home(lorebot: Lorebot, client: WebClient, team: str, user: str) -> None:
    questions = [
        (record, vote_of(lorebot.database, str(record.id), user))
        for record in recent_of(lorebot.database, team, user, LAST_QUESTIONS)
    ]
    view = home_view(lorebot.commands.status(), questions, lorebot.experts.count_for(user))
    attempt(client.views_publish, user_id=user, view=view)


def suggest(client: WebClient, channel: str, prompts: list[dict[str, str]]) -> None:
    if prompts:
        attempt(
            client.assistant_threads_setSuggestedPrompts,
            channel_id=channel,
            title=PROMPTS_TITLE,
            prompts=prompts,
        )

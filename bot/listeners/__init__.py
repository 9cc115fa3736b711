"""Everything that Lorebot listens to in Slack and calls there, and the scopes that this needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from slack_bolt import Ack, App

from bot.blocks import EXPERT, FEEDBACK
from bot.learning_views import LEAVE, PROMOTE, ROLL_BACK
from bot.listeners import (
    admin,
    experts,
    failures,
    feedback,
    home,
    learning,
    questions,
    reviews,
    stops,
)
from bot.review_views import APPROVE, EDIT, REJECT
from bot.views import CORRECTION

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

COMMAND = "/lore"

EVENTS: dict[str, frozenset[str]] = {
    "app_mention": frozenset({"app_mentions:read"}),
    "message.channels": frozenset({"channels:history"}),
    "message.groups": frozenset({"groups:history"}),
    "message.im": frozenset({"im:history"}),
    "reaction_added": frozenset({"reactions:read"}),
    "app_home_opened": frozenset(),
    stops.STOP: frozenset({"assistant:write"}),
}
"""The events of the manifest with the scopes that Slack asks for them."""

METHODS: dict[str, frozenset[str]] = {
    "agents_sessions_setStatus": frozenset({"chat:write"}),
    "assistant_threads_setStatus": frozenset({"chat:write"}),
    "assistant_threads_setSuggestedPrompts": frozenset({"assistant:write"}),
    "auth_test": frozenset(),
    "chat_appendStream": frozenset({"chat:write"}),
    "chat_delete": frozenset({"chat:write"}),
    "chat_postEphemeral": frozenset({"chat:write"}),
    "chat_postMessage": frozenset({"chat:write"}),
    "chat_startStream": frozenset({"chat:write"}),
    "chat_stopStream": frozenset({"chat:write"}),
    "chat_update": frozenset({"chat:write"}),
    "conversations_replies": frozenset({"channels:history", "groups:history", "im:history"}),
    "files_upload_v2": frozenset({"files:write"}),
    "views_open": frozenset(),
    "views_publish": frozenset(),
}
"""The Web API methods that are called, by slack_sdk's names, with the scopes they need."""

COMMAND_SCOPES = frozenset({"commands"})

ANYTHING = re.compile("")


def register(app: App, lorebot: Lorebot, surface: str) -> None:
    """Attach every listener, and acknowledge what none is for, or Slack would send it again."""
    app.use(questions.storing(lorebot))
    app.error(failures.answer)
    app.action(FEEDBACK)(feedback.voting(lorebot.desk))
    app.action(EXPERT)(experts.asking(lorebot.desk))
    app.view(CORRECTION)(feedback.correcting(lorebot, surface))
    app.command(COMMAND)(admin.commanding(lorebot, surface))
    app.action(PROMOTE)(learning.promoting(lorebot, surface))
    app.action(ROLL_BACK)(learning.rolling_back(lorebot, surface))
    app.action(LEAVE)(learning.leave)
    app.action(APPROVE)(reviews.approving(lorebot, surface))
    app.action(EDIT)(reviews.editing(lorebot, surface))
    app.action(REJECT)(reviews.rejecting(lorebot, surface))
    app.view(EDIT)(reviews.edited_form(lorebot, surface))
    app.view(REJECT)(reviews.reject_submitted(lorebot, surface))
    app.event("app_home_opened")(home.opening(lorebot))
    app.event(stops.STOP)(stops.stopping(lorebot))
    app.event(ANYTHING)(acknowledge)
    for listen in (app.action, app.view, app.view_closed, app.command, app.shortcut, app.options):
        listen(ANYTHING)(acknowledge)


def acknowledge(ack: Ack) -> None:
    ack()

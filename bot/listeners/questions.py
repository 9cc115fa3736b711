"""Events are stored before they are acknowledged; the workers do the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltContext, BoltResponse

from bot import inbox
from bot.errors import NotStored

if TYPE_CHECKING:
    from bot.lorebot import Lorebot


def storing(lorebot: Lorebot) -> Callable[..., BoltResponse]:
    def store(
        body: dict[str, Any], context: BoltContext, next_: Callable[[], BoltResponse]
    ) -> BoltResponse:
        kept = inbox.read(body, context.bot_user_id or "")
        if kept is not None:
            try:
                new = inbox.keep(lorebot.database, lorebot.desk, kept)
            except Exception as error:
                # Without an acknowledgement Slack sends it again. The database's own words
                # repeat the message, so they go no further.
                raise NotStored(type(error).__name__) from None
            if new:
                lorebot.wake.set()
        return next_()

    return store

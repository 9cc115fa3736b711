"""/lore and the loop: cycles run beside, and what goes live is asked about once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from slack_bolt import Ack, Respond

from bot.errors import Forged
from bot.learning import retrain_act
from bot.learning_views import (
    cycle_message,
    cycles_message,
    now_live_message,
    outcome_message,
    plain_message,
    promote_question,
    releases_message,
    rollback_question,
    step_message,
)
from bot.listeners.board import aside, say
from bot.listeners.call import Call, Misunderstood, as_number
from db import optout
from finetune.settings import Strategy

if TYPE_CHECKING:
    from bot.lorebot import Lorebot

STRATEGIES: Mapping[str, Strategy] = {name: name for name in get_args(Strategy)}
DRY_RUN = ("--dry-run", "—dry-run", "–dry-run", "dry-run")
"""Some keyboards make one dash of two."""
CANCEL = "cancel"


def retrain(call: Call) -> None:
    """It keeps one message up to date."""
    strategy, dry_run = understood(call.options)
    call.authorise(retrain_act(strategy, dry_run))
    board, loop = call.board(), call.lorebot.learning

    def run() -> None:
        record = loop.retrain(
            strategy,
            dry_run,
            lambda step: board.show_now_and_then(step_message(step)),
            call.actor,
            call.surface,
        )
        board.end(outcome_message(record))

    aside(call.lorebot.commands, "retrain", run, board.fail)


def understood(options: tuple[str, ...]) -> tuple[Strategy | None, bool]:
    """Strategy and whether it is a dry run. Raises Misunderstood."""
    named = [option for option in options if option not in DRY_RUN]
    if len(named) > 1 or not STRATEGIES.keys() >= set(named):
        raise Misunderstood
    return (STRATEGIES[named[0]] if named else None), len(named) < len(options)


def show_cycles(call: Call) -> None:
    call.alone()
    call.authorise("cycles")
    call.say(cycles_message(call.lorebot.learning.cycles()))


def one_cycle(call: Call) -> None:
    """Show it, or end it: `cycle 4`, `cycle 4 cancel`."""
    if call.options[1:] == (CANCEL,):
        number = as_number(call.options[0])
        call.authorise(f"cancel {number}")
        call.lorebot.learning.cancel(number, call.actor, call.surface)
        call.say(plain_message(f"Cycle {number} ends at its next step."))
    else:
        number = call.number()
        call.authorise(f"cycle {number}")
        call.say(cycle_message(call.lorebot.learning.cycle(number)))


def show_releases(call: Call) -> None:
    call.alone()
    call.authorise("releases")
    call.say(releases_message(call.lorebot.learning.releases()))


def ask_promote(call: Call) -> None:
    number = call.number()
    call.authorise(f"promote {number}")
    call.say(promote_question(call.lorebot.learning.release(number)))


def ask_roll_back(call: Call) -> None:
    call.alone()
    call.authorise("rollback")
    call.say(rollback_question(call.lorebot.learning.made_from_another()))


def opt_out(call: Call) -> None:
    """Everybody decides this for themselves."""
    call.alone()
    optout.opt_out(call.lorebot.database, call.actor)
    call.lorebot.commands.note(call.actor, call.surface, "opt-out", "done")
    call.say(
        plain_message(
            "From now on nothing is learned from what you ask, rate or correct, nor from what you "
            "have asked, rated or corrected before. `/lore opt-in` takes this back."
        )
    )


def opt_in(call: Call) -> None:
    call.alone()
    optout.opt_in(call.lorebot.database, call.actor)
    call.lorebot.commands.note(call.actor, call.surface, "opt-in", "done")
    call.say(
        plain_message(
            "What you ask, rate and correct may be learned from again. `/lore opt-out` ends it."
        )
    )


ACTS: Mapping[str, Callable[[Call], None]] = {
    "retrain": retrain,
    "cycles": show_cycles,
    "cycle": one_cycle,
    "releases": show_releases,
    "promote": ask_promote,
    "rollback": ask_roll_back,
    "opt-out": opt_out,
    "opt-in": opt_in,
}


def promoting(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    """Behind the button of the question, which Slack has asked once more."""

    def promote(ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond) -> None:
        ack()
        number, actor = release_of(action), body["user"]["id"]
        lorebot.commands.authorise(actor, surface, f"promote {number}")
        record = lorebot.learning.promote(number, actor, surface)
        say(respond, now_live_message(record, "Promoted"), replace=True)

    return promote


def rolling_back(lorebot: Lorebot, surface: str) -> Callable[..., None]:
    def roll_back(ack: Ack, body: dict[str, Any], action: dict[str, Any], respond: Respond) -> None:
        ack()
        number, actor = release_of(action), body["user"]["id"]
        lorebot.commands.authorise(actor, surface, "rollback")
        record = lorebot.learning.rollback(actor, surface, from_release=number)
        say(respond, now_live_message(record, "Rolled back"), replace=True)

    return roll_back


def release_of(action: dict[str, Any]) -> int:
    """Raises Forged."""
    try:
        return as_number(str(action.get("value")))
    except Misunderstood:
        raise Forged from None


def leave(ack: Ack, respond: Respond) -> None:
    ack()
    say(respond, plain_message("Everything stays as it is."), replace=True)

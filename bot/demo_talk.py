"""The short conversation that `lorebot demo --once` plays, as people in the workspace would."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console

from bot.blocks import FEEDBACK
from bot.cli_show import write
from bot.desk import FAULTS
from bot.mrkdwn import to_plain
from bot.views import FAULT, RIGHT_ANSWER, RIGHT_DOCUMENT
from bot.workspace import Denied, Workspace
from bot.workspace.objects import Message
from bot.workspace.orbit_desk import PEOPLE, orbit_desk
from db import feedback, interactions
from db.engine import Database
from db.interactions import InteractionRecord

NAMES = {person.name: person.real_name for person in PEOPLE}
CHANNEL = "#ask-lore"
DIRECT = "@lorebot"
STEP_S = 20.0
CORRECTION = {
    FAULT: "not_complete",
    RIGHT_ANSWER: "On 2 September 2016, in a dark crack at Abydos.",
    RIGHT_DOCUMENT: "Rosetta and Philae",
}

T = TypeVar("T")


class DemoFailed(Exception):
    """A step of the conversation did not happen; the message says which."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the message that people see, and what is stored of it."""

    message: Message
    record: InteractionRecord

    @property
    def id(self) -> str:
        return str(self.record.id)


@dataclass(frozen=True, slots=True)
class Talk:
    """Plays and prints; it believes only what is in the workspace and in the database."""

    workspace: Workspace
    database: Database
    console: Console

    def play(self) -> None:
        """Raises DemoFailed."""
        write(self.console, f"In {CHANNEL}", "bold")
        root = self.say("jonas", CHANNEL, "@lorebot Why did Philae bounce?")
        first = self.answered("jonas", CHANNEL, root)
        self.say("jonas", CHANNEL, "And when was Philae found again?", root)
        second = self.answered("jonas", CHANNEL, root, after=first)
        self.vote("noor", second, "👎", -1)
        self.correct("noor", second)
        self.vote("mei", first, "👍", 1)
        write(self.console, "\nIn a direct message to Lorebot", "bold")
        alone = self.say("ada", DIRECT, "What is the wifi password for staff?")
        third = self.answered("ada", DIRECT, alone, abstained=True)
        self.show_rows([first, second, third])

    def say(self, person: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        self.show(NAMES[person], text.replace("@lorebot", "@Lorebot"))
        return self.workspace.post(person, channel, text, thread_ts)

    def answered(
        self,
        person: str,
        channel: str,
        root: str,
        after: Given | None = None,
        *,
        abstained: bool = False,
    ) -> Given:
        """Wait for the next answer in the thread, as this person sees it."""

        def look() -> Given | None:
            seen = self.workspace.messages(channel, root, person)
            new = [m for m in seen if after is None or m.ts > after.message.ts]
            return next(filter(None, map(self.given, new)), None)

        given = self.wait(f"Lorebot answered {NAMES[person]}", look)
        if given.record.abstained != abstained:
            expected = "no answer" if abstained else "an answer"
            raise DemoFailed(f"“{given.record.question}” should have got {expected}.")
        self.show("Lorebot", *lines(given.message))
        return given

    def given(self, message: Message) -> Given | None:
        """What is stored about a message, if it is an answer."""
        team = orbit_desk().id
        record = interactions.find_by_answer(self.database, team, message.channel, message.ts)
        return None if record is None else Given(message, record)

    def vote(self, person: str, given: Given, mark: str, value: int) -> None:
        self.show(NAMES[person], f"presses {mark} on “{given.record.question}”")
        sign = "positive" if value > 0 else "negative"
        user = user_id(person)
        self.done(
            f"Lorebot took the {mark} of {NAMES[person]}",
            lambda: self.workspace.click(
                person, given.message.channel, given.message.ts, FEEDBACK, sign
            ),
        )
        self.wait(
            f"the {mark} of {NAMES[person]} was stored",
            lambda: feedback.vote_of(self.database, given.id, user) == value,
        )

    def correct(self, person: str, given: Given) -> None:
        """Fill in the form that 👎 has opened."""
        self.wait(f"the form opened for {NAMES[person]}", lambda: self.workspace.views(person))
        self.done(
            f"Lorebot took the form of {NAMES[person]}",
            lambda: self.workspace.submit(person, CORRECTION),
        )
        self.show(
            NAMES[person],
            f"fills in the form: {FAULTS[CORRECTION[FAULT]]}.",
            f"The right answer: {CORRECTION[RIGHT_ANSWER]}",
            f"The right document: {CORRECTION[RIGHT_DOCUMENT]}",
        )
        self.wait(
            f"the correction of {NAMES[person]} was stored",
            lambda: feedback.corrections_of(self.database, given.id),
        )

    def wait(self, what: str, predicate: Callable[[], T | None]) -> T:
        try:
            found = self.workspace.wait_for(predicate, STEP_S)
        except TimeoutError:
            raise DemoFailed(f"Within {STEP_S:.0f} s it did not happen that {what}.") from None
        assert found is not None
        return found

    def done(self, what: str, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Denied as error:
            raise DemoFailed(f"It did not happen that {what}: {error}") from None

    def show(self, who: str, *said: str) -> None:
        write(self.console, f"\n{who}", "cyan")
        for line in said:
            write(self.console, line, indent=2)

    def show_rows(self, all_given: list[Given]) -> None:
        """What the database holds now, read anew."""
        write(self.console, "\nStored", "bold")
        for given in all_given:
            record = interactions.find(self.database, given.id)
            if record is None:
                raise DemoFailed(f"“{given.record.question}” is not in the database.")
            self.show_row(record)

    def show_row(self, record: InteractionRecord) -> None:
        outcome = "abstained" if record.abstained else "answered"
        write(self.console, f"interaction {record.id}: {outcome}, “{record.question}”", indent=2)
        write(
            self.console,
            f"{len(record.passages)} passages, release {record.release_id}, "
            f"{record.timings_ms['total']:.0f} ms",
            indent=4,
        )
        for person, name in NAMES.items():
            vote = feedback.vote_of(self.database, str(record.id), user_id(person))
            if vote is not None:
                write(self.console, f"rating {vote:+d} by {name}", indent=4)
        for correction in feedback.corrections_of(self.database, str(record.id)):
            write(
                self.console, f"correction: {correction.fault}, {correction.right_answer}", indent=4
            )


def user_id(person: str) -> str:
    return next(user.id for user in PEOPLE if user.name == person)


def lines(message: Message) -> list[str]:
    """The message's text and sources as they read, without Slack's marks."""
    texts = []
    for block in message.blocks:
        parts = [block.get("text"), *block.get("elements", ())]
        texts += [part["text"] for part in parts if part and part.get("type") == "mrkdwn"]
    return [re.sub(r"_(“.*?”)_", r"\1", to_plain(text, "")) for text in texts]

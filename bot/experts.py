"""What experts can have done: they decide on corrections, and what they approve counts at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.claims import Patience
from bot.commands import Commands
from bot.errors import NotAllowed
from db import verified
from db.verified import WaitingCorrection
from finetune import review
from finetune.review import Approval
from knowledge.sources.names import ANSWERS

WAIT_S = 600.0
"""How long a running reindex is waited for."""
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Experts:
    """Admins, and the keepers of documents: what was asked in private is shown to admins alone."""

    commands: Commands
    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The ids of the people who keep the documents of a source, by its name."""
    retry_s: float = RETRY_S

    def is_admin(self, person: str) -> bool:
        return person in self.commands.admins

    def is_expert(self, person: str) -> bool:
        return self.is_admin(person) or person in itertools.chain(*self.owners.values())

    def authorise(self, actor: str, surface: str, act: str) -> None:
        """Raise NotAllowed unless the actor is an expert; either way it is audited."""
        allowed = self.is_expert(actor)
        self.commands.note(actor, surface, act, "allowed" if allowed else "refused")
        if not allowed:
            raise NotAllowed(
                "Only admins and the keepers of documents may do that. Whoever runs Lorebot can "
                f"make you one by adding {actor} to the owners of a source in its settings."
            )

    def waiting_for(self, person: str) -> list[WaitingCorrection]:
        """The corrections that this expert may decide on, oldest first."""
        found = review.waiting(self.commands.database)
        return [one for one in found if one.in_the_open or self.is_admin(person)]

    def count_for(self, person: str) -> int | None:
        """How many wait for this person; None for somebody who is no expert."""
        if not self.is_expert(person):
            return None
        in_the_open = not self.is_admin(person)
        return verified.count_waiting(self.commands.database, in_the_open=in_the_open)

    def find_for(self, person: str, correction_id: int) -> WaitingCorrection:
        """Raises ReviewRefused."""
        for one in self.waiting_for(person):
            if one.id == correction_id:
                return one
        raise review.unknown(correction_id)

    def approve(
        self,
        correction_id: int,
        actor: str,
        surface: str,
        *,
        answer: str | None = None,
        role: str = "",
        channel: str | None = None,
    ) -> Approval:
        """Approve a correction, in other words if `answer` is given; `publish` makes it count.

        Raises ReviewRefused.
        """
        with self.commands.audited(actor, surface, f"approve {correction_id}"):
            return review.approve(
                self.commands.database,
                correction_id,
                actor,
                answer=answer,
                role=role,
                channel=channel,
            )

    def reject(self, correction_id: int, actor: str, surface: str, reason: str = "") -> None:
        """Raises ReviewRefused."""
        with self.commands.audited(actor, surface, f"reject {correction_id}"):
            review.reject(self.commands.database, correction_id, actor, reason)

    def withdraw(self, answer_id: int, actor: str, surface: str) -> None:
        """Raises ReviewRefused."""
        with self.commands.audited(actor, surface, f"withdraw {answer_id}"):
            review.withdraw(self.commands.database, answer_id)

    def approve_own(
        self, correction_id: int, author: str, surface: str, *, says_what_is_right: bool
    ) -> Approval | None:
        """What an expert has written needs nobody else's word; None if it still has to wait."""
        if not says_what_is_right or not self.is_expert(author):
            return None
        return self.approve(correction_id, author, surface)

    def publish(self, actor: str, surface: str) -> None:
        """Bring the verified answers into the index; a reindex that is running is waited for."""
        patience = Patience(WAIT_S, self.commands.stopping, self.retry_s)
        self.commands.reindex(only={ANSWERS}, actor=actor, surface=surface, patience=patience)

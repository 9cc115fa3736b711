"""What people in Slack read when something goes wrong: one table, and never a traceback."""

from __future__ import annotations

import logging
import secrets

from db.feedback import UnknownInteraction
from db.jobs import JobIsRunning
from db.registry import NothingToRollBack, NotPromotable, UnknownRelease
from db.versions import VersionIsGone
from finetune.request import CycleRefused
from finetune.review import ReviewRefused
from finetune.runs import TrainingFailed
from knowledge.errors import KnowledgeUnusable
from knowledge.question import QuestionRefused

log = logging.getLogger(__name__)


class NotAllowed(Exception):
    """This is for admins only."""


class Forged(Exception):
    """This button or form is not one of mine, so I did nothing."""


class Stopping(Exception):
    """Lorebot is being stopped; try again when it is back."""


class NotStored(Exception):
    """An event could not be stored, so it must not be acknowledged."""


OWN_MESSAGE = ""
"""The exception's own message is written for people."""

WORDS: dict[type[Exception], str] = {
    QuestionRefused: OWN_MESSAGE,
    NotAllowed: OWN_MESSAGE,
    JobIsRunning: OWN_MESSAGE,
    KnowledgeUnusable: OWN_MESSAGE,
    VersionIsGone: OWN_MESSAGE,
    ReviewRefused: OWN_MESSAGE,
    CycleRefused: OWN_MESSAGE,
    TrainingFailed: OWN_MESSAGE,
    UnknownRelease: OWN_MESSAGE,
    NotPromotable: OWN_MESSAGE,
    NothingToRollBack: OWN_MESSAGE,
    UnknownInteraction: "I do not know that answer, so I could not keep what you said about it.",
    Forged: "That button or form is not one of mine, so I did nothing.",
    Stopping: "I am being stopped; please try again when I am back.",
}


def is_expected(error: BaseException) -> bool:
    return isinstance(error, tuple(WORDS))


def explain(error: BaseException) -> str:
    """The sentence for people. An error that nobody foresaw is logged under an incident id."""
    for kind, words in WORDS.items():
        if isinstance(error, kind):
            return words or str(error)
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return (
        "Something went wrong on my side, and it has been noted. If it happens again, tell "
        f"whoever looks after me this number: incident {incident}."
    )

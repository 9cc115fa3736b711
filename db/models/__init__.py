"""The tables, one topic a file."""

from db.models.audit import AuditEntry
from db.models.base import Base
from db.models.feedback import Correction, EarlyVote, Rating, RatingChange
from db.models.inbox import InboxEvent
from db.models.interactions import Interaction, RetrievedPassage
from db.models.jobs import JobClaim
from db.models.learning import Cycle, Diagnosis, HoldoutQuestion, JudgedQuestion, OptOut
from db.models.passages import Document, IndexVersion, Passage, Source
from db.models.registry import Release
from db.models.shadow import AdaptedVector
from db.models.verified import VerifiedAnswer

__all__ = [
    "AdaptedVector",
    "AuditEntry",
    "Base",
    "Correction",
    "Cycle",
    "Diagnosis",
    "Document",
    "EarlyVote",
    "HoldoutQuestion",
    "InboxEvent",
    "IndexVersion",
    "Interaction",
    "JobClaim",
    "JudgedQuestion",
    "OptOut",
    "Passage",
    "Rating",
    "RatingChange",
    "Release",
    "RetrievedPassage",
    "Source",
    "VerifiedAnswer",
]

"""The passages that an example is learnt from, in the prompt that serves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from db import passages as store
from db.documents import read_by_all
from db.engine import Database
from db.interactions import PassageRecord
from finetune.cases import GoldPassage
from finetune.evaluate import SAME_TEXT
from finetune.scorers import containment, overlap, tokens
from knowledge.answering import Answerer
from knowledge.answers import FoundPassage
from knowledge.audience import Reader
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from knowledge.prompts import Message, build_messages
from knowledge.retrieve import HybridRetriever
from knowledge.sources.names import is_verified
from knowledge.tokens import estimate_tokens

HOLDS_ANSWER = 0.8
"""The share of a right answer's words from which a passage holds it."""
SHORT_ANSWER = 4
"""Of an answer with fewer words it says nothing that a passage has them too."""
BEYOND = 2
"""How many times as many passages are looked at as are shown, to have enough that are wrong."""


@dataclass(frozen=True)
class Contexts:
    """Gathers passages as the live retriever finds them, and puts them into prompts."""

    database: Database
    retriever: HybridRetriever
    questions: Embedder
    """Reads the questions."""
    top_k: int
    budget: int
    """Tokens of a prompt, by `count`."""
    count: Callable[[str], int]

    def prompt(self, question: str, passages: Sequence[FoundPassage]) -> tuple[Message, ...]:
        return tuple(build_messages(question, passages, self.budget, self.count))

    def fitted(
        self, question: str, passages: Sequence[FoundPassage], keep: Collection[int]
    ) -> list[FoundPassage]:
        """The passages without the last ones that do not fit; those to `keep`, by id, stay."""
        left = list(passages)
        while self.tokens(question, left) > self.budget:
            spare = [i for i, passage in enumerate(left) if passage.passage_id not in keep]
            if not spare:
                break
            del left[spare[-1]]
        return left

    def tokens(self, question: str, passages: Sequence[FoundPassage]) -> int:
        unlimited = 1 << 40
        messages = build_messages(question, passages, unlimited, self.count)
        return sum(self.count(message["content"]) for message in messages)

    def around(
        self, question: str, gold: Sequence[FoundPassage], right: str | None, place: int
    ) -> list[FoundPassage]:
        """The gold passages among the live retriever's best misses, in the order they rank.

        What was not found at all stands at `place` (Zhang et al. 2024, RAFT, with the retriever's
        own misses in place of random passages).
        """
        found = self.found(question)
        wrong = self.misses(found, gold, right)
        room = max(0, self.top_k - len(gold))
        shown = {p.passage_id for p in [*gold, *wrong[:room]]}
        ranked = [p for p in found if p.passage_id in shown]
        lost = [p for p in gold if p.passage_id not in {one.passage_id for one in ranked}]
        at = place % (len(ranked) + 1)
        return self.fitted(
            question, [*ranked[:at], *lost, *ranked[at:]], {p.passage_id for p in gold}
        )

    def misled(
        self, question: str, gold: Sequence[FoundPassage], right: str | None
    ) -> list[FoundPassage]:
        """Only misses: what the retriever might show without finding what is right."""
        wrong = self.misses(self.found(question), gold, right)
        return self.fitted(question, wrong[: self.top_k], ())

    def found(self, question: str) -> list[FoundPassage]:
        """The best passages that everybody may read, without verified answers, which would give
        away what is to be read."""
        depth = BEYOND * self.top_k
        found = self.retriever.find(question, depth, Reader(), self.questions).passages
        return [passage for passage in found if not is_verified(passage.source)]

    def misses(
        self, found: Sequence[FoundPassage], gold: Sequence[FoundPassage], right: str | None
    ) -> list[FoundPassage]:
        return [
            p for p in found if not holds(p.text, right) and not any(same(p, one) for one in gold)
        ]

    def for_everybody(self, passages: Sequence[FoundPassage]) -> bool:
        """Whether everybody may read them all; what has gone counts as not."""
        paths = {passage.path for passage in passages}
        with self.database.reading() as session:
            return read_by_all(session, paths) == paths

    def still_there(self, gold: Sequence[GoldPassage]) -> list[FoundPassage]:
        """The gold passages that the index still has."""
        ids = [passage.passage_id for passage in gold]
        with self.database.reading() as session:
            there = store.get_passages(session, ids)
        return [from_store(there[i]) for i in dict.fromkeys(ids) if i in there]


def open_contexts(knowledge: Knowledge, answerer: Answerer) -> Contexts:
    """With the passages that `answerer` finds, in tokens as its language model counts them.

    They are estimated where passages are quoted.
    """
    serving = answerer.live.current()
    local = knowledge.settings.local
    budget, count = local.context_tokens - local.max_new_tokens, estimate_tokens
    if serving.writer is not None:
        budget, count = serving.writer.prompt_tokens, serving.writer.count
    return Contexts(
        database=knowledge.database,
        retriever=answerer.retriever,
        questions=serving.questions,
        top_k=knowledge.settings.top_k,
        budget=budget,
        count=count,
    )


def of_documents(passages: Sequence[FoundPassage]) -> list[FoundPassage]:
    """Without verified answers, unless there is nothing else."""
    return [p for p in passages if not is_verified(p.source)] or list(passages)


def same(one: FoundPassage, other: FoundPassage) -> bool:
    """Whether two passages hold much the same text: neighbours share sentences."""
    return one.passage_id == other.passage_id or overlap(one.text, other.text) >= SAME_TEXT


def holds(text: str, right: str | None) -> bool:
    if not right:
        return False
    if containment(text, [right]):
        return True
    return len(tokens(right)) >= SHORT_ANSWER and overlap(text, right) >= HOLDS_ANSWER


def shown_passages(passages: Sequence[PassageRecord]) -> list[FoundPassage]:
    """What an answer was written from. A passage that is gone has a negative id of its own."""
    return [from_record(passage, -place) for place, passage in enumerate(passages, start=1)]


def from_record(passage: PassageRecord, lost: int) -> FoundPassage:
    return FoundPassage(
        passage_id=lost if passage.passage_id is None else passage.passage_id,
        path=passage.path,
        title=passage.title,
        uri=passage.uri,
        heading=passage.heading,
        text=passage.text,
        score=passage.score,
        **PLACELESS,
    )


def from_store(passage: store.StoredPassage) -> FoundPassage:
    return FoundPassage(
        passage_id=passage.id,
        path=passage.path,
        title=passage.title,
        uri=passage.uri,
        heading=passage.heading,
        text=passage.text,
        score=1.0,
        source=passage.source,
        **PLACELESS,
    )


PLACELESS: dict[str, Any] = {"document_id": 0, "start": 0, "end": 0, "page": None}
"""A prompt shows neither offsets nor pages."""

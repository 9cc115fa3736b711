"""From lessons to examples: pairs for the retriever; SFT, DPO and KTO for the generator."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from finetune.dataset.cited import Citing, given_answer, plain
from finetune.dataset.contexts import Contexts, of_documents, same, shown_passages
from finetune.dataset.lessons import Lesson
from finetune.dataset.limits import lot
from finetune.examples import Judged, Pair, Preference, Sft
from knowledge.answers import UNKNOWN, FoundPassage
from knowledge.generate.checked import UNSUPPORTED

GOLD_PRESENT = 0.8
"""How often the passage that answers is in the prompt; else the answer to learn is UNKNOWN."""

Example = Pair | Sft | Preference | Judged


@dataclass(frozen=True)
class Teacher:
    """Makes examples; `left_out` counts, by the reason, what a lesson could not become."""

    contexts: Contexts
    citing: Citing
    seed: int
    left_out: Counter[str] = field(default_factory=Counter)

    def examples(self, lesson: Lesson) -> Iterator[Example]:
        """At most one of each kind."""
        if lesson.kind == "answer":
            yield from self.answer(lesson)
        elif lesson.kind == "abstain":
            yield from self.abstain(lesson)
        else:
            yield from self.vote(lesson)

    def answer(self, lesson: Lesson) -> Iterator[Example]:
        there = self.contexts.still_there(lesson.case.gold)
        if not there:
            self.left_out["its right passage is gone from the index"] += 1
            return
        yield self.pair(lesson, there)
        right, gold = lesson.case.right_answer, of_documents(there)
        if right is None or not self.may_be_written(there):
            return
        passages, completion = self.read(lesson.question, gold, right)
        if completion is None:
            self.left_out["its right answer is not in the right passage"] += 1
            return
        yield Sft(self.contexts.prompt(lesson.question, passages), completion, lesson.provenance)
        yield from self.preference(lesson, gold, right)

    def read(
        self, question: str, gold: Sequence[FoundPassage], right: str
    ) -> tuple[list[FoundPassage], str | None]:
        """What is read and what is to be said of it; None where the gold does not say it."""
        chance = random.Random(lot(self.seed, question))
        if chance.random() >= GOLD_PRESENT:
            misled = self.contexts.misled(question, gold, right)
            if misled:
                return misled, UNKNOWN
        passages = self.contexts.around(question, gold, right, chance.randrange(1 << 16))
        return passages, self.citing.cite(right, passages, gold)

    def abstain(self, lesson: Lesson) -> Iterator[Example]:
        if not self.may_be_written(self.shown(lesson)):
            return
        shown = self.contexts.fitted(lesson.question, self.shown(lesson), ())
        prompt = self.contexts.prompt(lesson.question, shown)
        yield Sft(prompt, UNKNOWN, lesson.provenance)
        rejected = self.given(lesson, shown)
        if lesson.origin != "rating" and plain(rejected) not in ("", UNKNOWN):
            yield Preference(prompt, UNKNOWN, rejected, lesson.provenance)

    def vote(self, lesson: Lesson) -> Iterator[Example]:
        record = lesson.case.answer.record
        liked = lesson.kind == "liked"
        if liked and UNSUPPORTED in record.answer:
            self.left_out["it was liked, but the documents do not say it"] += 1
            return
        keep = {
            shown.passage_id
            for said, shown in zip(record.passages, self.shown(lesson), strict=True)
            if said.citation is not None
        }
        shown = self.contexts.fitted(lesson.question, self.shown(lesson), keep)
        prompt = self.contexts.prompt(lesson.question, shown)
        given = self.given(lesson, shown)
        if not plain(given):
            self.left_out["its answer is empty"] += 1
            return
        there = self.contexts.still_there(lesson.case.gold)
        if liked and there and not record.abstained:
            yield self.pair(lesson, there)
        if not self.may_be_written(self.shown(lesson)):
            return
        yield Judged(prompt, given, liked, lesson.provenance)
        if liked:
            yield Sft(prompt, given, lesson.provenance)

    def may_be_written(self, passages: Sequence[FoundPassage]) -> bool:
        """A language model says to anybody what it has learnt."""
        allowed = self.contexts.for_everybody(passages)
        self.left_out["its passages are not for everybody"] += not allowed
        return allowed

    def pair(self, lesson: Lesson, there: Sequence[FoundPassage]) -> Pair:
        """The gold passages; against them what was shown, unless people liked it."""
        shown = [] if lesson.kind == "liked" else self.shown(lesson)
        wrong = self.contexts.misses(shown, there, lesson.case.right_answer)
        positives = [passage.passage_id for passage in there]
        negatives = [passage.passage_id for passage in wrong if passage.passage_id >= 0]
        return Pair(
            lesson.question,
            tuple(positives),
            tuple(dict.fromkeys(negatives)),
            lesson.provenance,
        )

    def preference(
        self, lesson: Lesson, gold: Sequence[FoundPassage], right: str
    ) -> Iterator[Preference]:
        """The right answer against the given one, where the passages shown would have answered.

        Without them the given answer was the retriever's fault.
        """
        shown = self.shown(lesson)
        if not self.contexts.for_everybody(shown):
            return
        answering = [p for p in shown if any(same(p, one) for one in gold)]
        keep = {passage.passage_id for passage in answering}
        passages = self.contexts.fitted(lesson.question, shown, keep)
        chosen = self.citing.cite(right, passages, answering) if answering else None
        rejected = self.given(lesson, passages)
        if chosen is not None and plain(rejected) not in ("", plain(chosen)):
            prompt = self.contexts.prompt(lesson.question, passages)
            yield Preference(prompt, chosen, rejected, lesson.provenance)

    def shown(self, lesson: Lesson) -> list[FoundPassage]:
        return shown_passages(lesson.case.answer.record.passages)

    def given(self, lesson: Lesson, prompt: Sequence[FoundPassage]) -> str:
        """The answer that was given, as the model should have written it for this prompt."""
        record = lesson.case.answer.record
        if record.abstained:
            return UNKNOWN
        ids = [passage.passage_id for passage in prompt]
        return given_answer(record.answer, record.passages, self.shown(lesson), ids)


def in_order(lessons: Sequence[Lesson], seed: int) -> list[Lesson]:
    """Mixed by hash: the same for the same questions, in whatever order and whenever they came."""
    return sorted(lessons, key=lambda one: lot(seed, one.question))

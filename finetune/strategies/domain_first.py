"""Domain-first: before anybody has said anything, learn the words of the documents, then answer
from them with RAG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from finetune.dataset.build import Dataset
from finetune.dataset.holdout import HeldOut
from finetune.dataset.jsonl import fingerprint
from finetune.dataset.near import digest_of, leaked
from finetune.examples import TrainingData
from finetune.split import split_of
from finetune.strategies import Material, Outcome
from finetune.strategies.documents import MadeQuestion, as_pair, as_sft, made_questions
from finetune.strategies.staged import staged
from finetune.workshop import Workshop
from knowledge.answering import Answerer
from knowledge.base import Knowledge

MOST_HELD_OUT = 150
MOST_SFT = 200


def domain_first(material: Material, workshop: Workshop) -> Outcome:
    """As staged: what differs is what it learns from."""
    return staged(material, workshop)


def from_documents(
    knowledge: Knowledge, dataset: Dataset, held: Sequence[str], seed: int, answerer: Answerer
) -> Dataset:
    """The data set with what the documents themselves ask and answer; one question in five is held
    out, and none that says nearly the same as one that is."""
    writer = answerer.live.current().writer
    made = made_questions(knowledge.database, writer, seed)
    held_out = [one for one in made if split_of(one.question) == "validation"][:MOST_HELD_OUT]
    rest = [one for one in made if split_of(one.question) != "validation"]
    kept_out = [*held, *(one.question for one in dataset.held_out)]
    kept_out += [one.question for one in held_out]
    leaks = leaked([one.question for one in rest], kept_out, knowledge.embedder)
    taught = [one for one in rest if one.question not in leaks]
    sft = () if writer is None else (as_sft(one, answerer, writer) for one in taught[:MOST_SFT])
    data = TrainingData(
        pairs=(*dataset.train.pairs, *map(as_pair, taught)),
        sft=(*dataset.train.sft, *(one for one in sft if one is not None)),
        preferences=dataset.train.preferences,
        judged=dataset.train.judged,
    )
    return replace(
        dataset,
        train=data,
        held_out=(*dataset.held_out, *map(as_held_out, held_out)),
        report=replace(dataset.report, examples={**dataset.report.examples, **counts(data)}),
        fingerprint=fingerprint(data),
    )


def as_held_out(made: MadeQuestion) -> HeldOut:
    digest = digest_of(made.question)
    return HeldOut(
        question=made.question,
        answers=(),
        passages=({"path": made.passage.path, "text": made.passage.text},),
        answerable=True,
        slice="documents",
        cluster=digest,
        digest=digest,
        interaction_id=None,
    )


def counts(data: TrainingData) -> dict[str, int]:
    return {name: len(getattr(data, name)) for name in ("pairs", "sft", "preferences", "judged")}

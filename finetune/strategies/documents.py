"""Questions made from the documents themselves, before anybody has asked any: from headings, from
definitions and, where a language model answers, by it."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.corpus import HeadedPassage, live_passages
from db.engine import Database
from db.sources import PUBLIC, readable
from finetune.examples import Pair, Provenance, Sft
from knowledge.answering import Answerer
from knowledge.answers import FoundPassage
from knowledge.generate.writers import Writer
from knowledge.prompts import Message, build_messages, harmless
from knowledge.sentences import sentences

MOST = 600
"""Questions; more take longer and teach little more."""
MOST_WRITTEN = 100
"""Questions that a language model writes: each takes it seconds."""
WORDS = 3
"""A heading with fewer says too little without the title of its document."""
LONGEST = 200
"""Characters of a question that a language model writes."""
DEFINITION = re.compile(
    r"^(?:(?:The|An?)\s+)?(?P<what>[A-Z][\w'’\-]*(?:\s+[\w'’\-]+){0,4}?)\s+"
    r"(?:is|are|was|were|means|stands for)\s+(?:an?|the|one|where|when|how|what)\b"
)
ASK = """\
Write one question that somebody in the team might ask, and that the passage answers.
Use the passage's language. Reply with the question alone, in one line."""


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """A question and the passage that it was made from."""

    question: str
    passage: HeadedPassage


def made_questions(
    database: Database, writer: Writer | None, seed: int, most: int = MOST
) -> list[MadeQuestion]:
    """At most `most`, evenly over the documents that everybody may read, each question once."""
    passages = public_passages(database)
    random.Random(seed).shuffle(passages)
    found = [one for passage in passages for one in of_passage(passage)]
    if writer is not None:
        found = [*written(writer, passages[:MOST_WRITTEN]), *found]
    once: dict[str, MadeQuestion] = {}
    for one in found:
        once.setdefault(one.question.casefold(), one)
    return list(once.values())[:most]


def public_passages(database: Database) -> list[HeadedPassage]:
    """What a model has learnt it may say to anybody, so it learns only what anybody may read."""
    with database.reading() as session:
        sources = readable(session, [PUBLIC])
        return [
            passage
            for passage in live_passages(session)
            if sources is None or passage.source_id in sources
        ]


def of_passage(passage: HeadedPassage) -> Iterator[MadeQuestion]:
    heading = passage.heading.rsplit(" › ", 1)[-1].strip()
    if heading:
        asked = heading if len(heading.split()) >= WORDS else f"{passage.title}: {heading}"
        yield MadeQuestion(asked, passage)
    elif passage.position == 0 and passage.title:
        yield MadeQuestion(passage.title, passage)
    for start, end in sentences(passage.text)[:2]:
        if defined := DEFINITION.match(passage.text[start:end].strip()):
            yield MadeQuestion(f"What is {defined['what']}?", passage)


def written(writer: Writer, passages: Sequence[HeadedPassage]) -> Iterator[MadeQuestion]:
    """What a language model asks; what it says instead of a question is left out."""
    for passage in passages:
        messages: list[Message] = [
            {"role": "system", "content": ASK},
            {"role": "user", "content": f"<passage>\n{harmless(passage.text)}\n</passage>"},
        ]
        said = "".join(writer.write(messages, threading.Event())).strip()
        first = said.splitlines()[0] if said else ""
        if first.endswith(("?", "？")) and len(first) <= LONGEST:
            yield MadeQuestion(first, passage)


def as_pair(made: MadeQuestion) -> Pair:
    return Pair(made.question, (made.passage.id,), (), provenance(made))


def as_sft(made: MadeQuestion, answerer: Answerer, writer: Writer) -> Sft | None:
    """The question in the serving prompt, answered by the sentences of its passage that fit best;
    None where retrieval does not find it, or nothing in it fits."""
    questions = answerer.live.current().questions
    found = answerer.retriever.find(made.question, questions=questions).passages
    place = next((i for i, p in enumerate(found) if p.passage_id == made.passage.id), None)
    if place is None:
        return None
    said = quoted(answerer, made.question, found[place])
    if not said:
        return None
    messages = build_messages(made.question, found, writer.prompt_tokens, writer.count)
    return Sft(tuple(messages), f"{said} [{place + 1}]", provenance(made))


def quoted(answerer: Answerer, question: str, passage: FoundPassage) -> str:
    draft = answerer.generator.generate(question, [passage])
    return " ".join(statement.text for statement in draft.statements[:1]).strip()


def provenance(made: MadeQuestion) -> Provenance:
    return Provenance("documents", None, (), made.question)

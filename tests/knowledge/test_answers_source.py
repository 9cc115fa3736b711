"""Verified answers are documents like any other, in the audience that the expert chose."""

from __future__ import annotations

import pytest

from db import verified
from db.engine import Database
from db.verified import NewVerified
from knowledge.audience import Reader
from knowledge.base import Knowledge
from knowledge.sources.answers import open_answers
from knowledge.sources.names import ANSWERS, is_verified

from .conftest import Folder

LAMP = NewVerified("Where is the spare lamp?", "In the cellar, left of the door.", "U1", "U2")


def titles(knowledge: Knowledge, reader: Reader | None = None) -> set[str]:
    found = knowledge.retriever.find("where is the spare lamp", 50, reader)
    return {passage.title for passage in found.passages}


def approve(database: Database, **changes: str) -> int:
    given = {name: getattr(LAMP, name) for name in NewVerified.__slots__}
    return verified.approve(database, NewVerified(**(given | changes)))


def test_an_approved_answer_is_found_after_a_reindex_of_the_answers_alone(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": "The green card is new."})
    approve(tiny.database, role="Caretaker")
    report = tiny.reindex(only={ANSWERS})

    [passage] = tiny.retriever.find("where is the spare lamp").passages
    assert (report.total("added"), passage.source) == (1, "answers")
    assert (passage.title, passage.heading) == (LAMP.question, "Verified answer, Caretaker")
    assert passage.text == LAMP.answer


def test_a_withdrawn_answer_is_found_no_more(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": "The green card is new."})
    number = approve(tiny.database)
    tiny.reindex()
    assert LAMP.question in titles(tiny)

    assert verified.withdraw(tiny.database, number)
    assert not verified.withdraw(tiny.database, number)
    tiny.reindex(only={ANSWERS})

    assert titles(tiny) == {"card"}


def test_an_answer_for_one_channel_is_given_only_there(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": "The green card is new."})
    approve(tiny.database, channel="C1", question="Where is the secret lamp?")
    approve(tiny.database)
    tiny.reindex()

    everybody = {"card", LAMP.question}
    assert titles(tiny, Reader(channel="C1")) == everybody | {"Where is the secret lamp?"}
    assert titles(tiny, Reader(channel="C2")) == everybody
    assert titles(tiny, Reader(person="U1")) == everybody
    assert titles(tiny, Reader()) == everybody


def test_the_last_answer_of_a_channel_takes_its_source_with_it(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": "The green card is new."})
    number = approve(tiny.database, channel="C1")
    tiny.reindex()
    verified.withdraw(tiny.database, number)
    tiny.reindex(only={ANSWERS})

    assert titles(tiny) == {"card"}
    assert [named.name for named in open_answers(tiny.database)] == ["answers"]


def test_a_question_and_a_role_of_several_lines_stay_in_their_headings(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": "The green card is new."})
    approve(tiny.database, question="Where is\n# the lamp?", role="Lead\n## of lamps")
    tiny.reindex()

    [passage] = [p for p in tiny.retriever.find("lamp").passages if p.source == ANSWERS]
    assert passage.title == "Where is # the lamp?"
    assert passage.heading == "Verified answer, Lead ## of lamps"


@pytest.mark.parametrize(("name", "expected"), [("answers", True), ("answers:C1", True)])
def test_sources_of_verified_answers_are_told_by_their_name(name: str, expected: bool) -> None:
    assert is_verified(name) is expected
    assert not is_verified(f"my-{name}")

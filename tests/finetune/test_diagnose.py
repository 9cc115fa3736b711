"""What was wrong with an answer is told from the passages that hold what is right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.desk import to_record
from db import interactions, schema, verified
from db.engine import open_database
from db.interactions import InteractionRecord
from db.verified import NewVerified
from finetune.cases import Case, GivenCorrection, RatedAnswer
from finetune.diagnose import Diagnoser, reader_of, right_correction
from finetune.support import Supporter, pieces
from knowledge.audience import Reader
from knowledge.base import Knowledge, build_knowledge
from knowledge.embed import Embedder, open_embedder
from knowledge.model_files import find_embedding_files
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .rated import answer, correction, record, shown

PAGES = {
    "open/leave.md": "# Leave\n\n## Holidays\n\nEverybody has 28 days of holiday a year. Ask your "
    "lead two weeks before you go. Days that are left in December may be taken until March.\n\n"
    "## Illness\n\nCall the front desk before nine when you are ill. A note is needed from the "
    "fourth day, and the insurance sends it to the pay office by itself.\n",
    "open/keys.md": "# Keys and doors\n\nThe night door opens with the green card. Lost cards are "
    "reported to the guard at once, who locks them within a quarter of an hour.\n",
    "open/lunch.md": "# Lunch\n\nThe canteen opens at noon. On Fridays there is fish and soup, and "
    "vegetables come from the garden behind the workshop.\n",
    "secret/pay.md": "# Salaries\n\nA team lead earns 5,200 a month, and a bonus of one month's "
    "salary is paid in November to everybody who has been here for a year.\n",
}
HOLIDAY = "How many days of holiday are there?"
SALARY = "What does a team lead earn a month?"
LEFT = "Days of holiday that are left in December can be taken until March."


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(find_embedding_files("all-MiniLM-L6-v2"), threads=1)


@pytest.fixture(scope="module")
def indexed(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    """A public folder and one for the channel C09; for tests that change nothing."""
    home = tmp_path_factory.mktemp("knowledge")
    yield from built(embedder, home)


@pytest.fixture
def changing(embedder: Embedder, tmp_path: Path) -> Iterator[Knowledge]:
    """As `indexed`, in the test's own folder."""
    yield from built(embedder, tmp_path)


def built(embedder: Embedder, home: Path) -> Iterator[Knowledge]:
    for name, text in PAGES.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
    database = open_database(f"sqlite:///{home}/lorebot.db")
    schema.upgrade(database)
    sources = [
        FolderSettings(name="open", path=home / "open", audience="public"),
        FolderSettings(name="secret", path=home / "secret", audience=("C09",)),
    ]
    settings = KnowledgeSettings(top_k=3)
    knowledge = build_knowledge(database, embedder, settings, sources, home)
    knowledge.reindex()
    yield knowledge
    database.close()


def asked(knowledge: Knowledge, question: str, channel: str = "C1") -> InteractionRecord:
    """As the desk keeps it."""
    said = knowledge.answer(question, Reader(channel=channel))
    new = replace(to_record(said, "workspace"), channel=channel, asker="U1", team="T1")
    return replace(new, id=interactions.record(knowledge.database, new))


def diagnosed(
    knowledge: Knowledge, of: InteractionRecord, *corrections: GivenCorrection, **votes: int
) -> Case:
    diagnoser = Diagnoser(knowledge, Supporter(knowledge))
    found = diagnoser.diagnose(answer(of, *corrections, votes=votes or {"U1": -1}))
    json.dumps(found.evidence)
    return found


def test_the_passage_was_read_and_something_else_was_said(indexed: Knowledge) -> None:
    found = diagnosed(indexed, asked(indexed, HOLIDAY), correction(LEFT))
    assert (found.cause, found.remedy) == ("misread", "generator")
    assert (found.right_answer, found.right_answer_by) == (LEFT, "U1")
    assert [(gold.path, "until March" in gold.text) for gold in found.gold] == [("leave.md", True)]
    assert found.gold[0].agreement > 0.7
    assert found.evidence["shown"] == 0


def test_the_passage_was_not_shown(indexed: Knowledge) -> None:
    asked_other = replace(asked(indexed, "Where do the vegetables come from?"), question=HOLIDAY)
    other = replace(asked_other, passages=asked_other.passages[:1])
    found = diagnosed(indexed, other, correction(LEFT))
    assert (found.cause, found.remedy) == ("ranked_low", "retriever")
    assert found.evidence["shown"] is None
    assert found.evidence["found"] is not None


def test_the_passage_was_shown_and_no_answer_was_given(indexed: Knowledge) -> None:
    withheld = replace(asked(indexed, HOLIDAY), abstained=True, confidence=0.2)
    found = diagnosed(indexed, withheld, correction("28 days a year for everybody"))
    assert (found.cause, found.remedy) == ("wrongly_refused", "abstention")


def test_no_page_says_it(indexed: Knowledge) -> None:
    withheld = asked(indexed, "Who feeds the office parrot on weekends?")
    told = correction("The parrot is fed by the janitor, who has a bag of seeds in the cellar.")
    found = diagnosed(indexed, withheld, told)
    assert withheld.abstained
    assert (found.cause, found.remedy, found.gold) == ("no_document", "write_page", ())
    assert diagnosed(indexed, withheld).cause == "no_document"


def test_it_was_answered_from_little_and_no_page_says_it(indexed: Knowledge) -> None:
    weak = replace(asked(indexed, HOLIDAY), confidence=0.45)
    told = correction("The parrot is fed by the janitor, who has a bag of seeds in the cellar.")
    found = diagnosed(indexed, weak, told)
    assert (found.cause, found.remedy) == ("should_have_refused", "abstention")


def test_the_asker_may_not_read_the_page(indexed: Knowledge) -> None:
    withheld = replace(asked(indexed, SALARY), abstained=True)
    told = diagnosed(indexed, withheld, correction("A team lead earns 5,200 a month."))
    untold = diagnosed(indexed, withheld)
    assert (told.cause, told.remedy) == ("not_allowed", "access")
    assert untold.cause == "not_allowed"


def test_who_may_read_the_page_was_not_kept_from_it(indexed: Knowledge) -> None:
    told = diagnosed(
        indexed, asked(indexed, SALARY, "C09"), correction("5,200 a month for a lead.")
    )
    assert told.cause == "misread"


def test_a_page_that_has_changed_since_made_the_answer_stale(
    changing: Knowledge, tmp_path: Path
) -> None:
    before = asked(changing, HOLIDAY)
    (tmp_path / "open/leave.md").write_text(PAGES["open/leave.md"].replace("28 days", "30 days"))
    changing.reindex()
    told = correction("Everybody has 30 days of holiday a year.")
    assert diagnosed(changing, before, told).cause == "stale"
    assert diagnosed(changing, before).cause == "stale"
    assert diagnosed(changing, asked(changing, HOLIDAY), told).cause == "misread"


def test_a_page_that_changed_elsewhere_made_nothing_stale(
    changing: Knowledge, tmp_path: Path
) -> None:
    before = asked(changing, HOLIDAY)
    (tmp_path / "open/leave.md").write_text(PAGES["open/leave.md"].replace("two weeks", "a week"))
    changing.reindex()
    assert diagnosed(changing, before, correction(LEFT)).cause == "misread"


def test_a_page_that_is_gone_or_has_come_since_made_the_answer_stale(
    changing: Knowledge, tmp_path: Path
) -> None:
    cited = asked(changing, "Which card opens the night door?")
    withheld = asked(changing, "Who feeds the office parrot on weekends?")
    (tmp_path / "open/keys.md").unlink()
    (tmp_path / "open/parrot.md").write_text(
        "# The parrot\n\nOn weekends the office parrot is fed by the janitor.\n"
    )
    changing.reindex()
    assert diagnosed(changing, cited).cause == "stale"
    assert diagnosed(changing, withheld).cause == "stale"
    told = correction("On weekends the janitor feeds the parrot of the office.")
    assert diagnosed(changing, withheld, told).cause == "stale"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("out_of_date", "stale"), ("should_not_have_answered", "should_have_refused")],
)
def test_what_people_tick_counts(indexed: Knowledge, fault: str, cause: str) -> None:
    told = correction(None, fault=fault)
    assert diagnosed(indexed, asked(indexed, HOLIDAY), told).cause == cause


def test_a_vote_alone_is_left_to_a_person(indexed: Knowledge) -> None:
    found = diagnosed(indexed, asked(indexed, HOLIDAY))
    assert (found.cause, found.remedy, found.gold) == ("unclear", "person", ())


def test_the_page_that_was_named_is_searched_for_the_question(indexed: Knowledge) -> None:
    told = correction(None, right_document="see leave.md")
    uncited = replace(asked(indexed, HOLIDAY), abstained=True, passages=())
    found = diagnosed(indexed, uncited, told)
    assert ["28 days" in gold.text for gold in found.gold] == [True]
    assert (found.cause, found.right_answer) == ("ranked_low", None)


def test_the_page_that_was_cited_and_named_is_left_to_a_person(indexed: Knowledge) -> None:
    told = correction(None, right_document="see leave.md")
    found = diagnosed(indexed, asked(indexed, HOLIDAY), told)
    assert (found.cause, found.gold) == ("unclear", ())


def test_a_page_that_is_not_there_is_missing(indexed: Knowledge) -> None:
    told = correction(None, right_document="https://elsewhere.example/parrot")
    assert diagnosed(indexed, asked(indexed, HOLIDAY), told).cause == "no_document"


def test_a_page_that_does_not_say_it_is_left_to_a_person(indexed: Knowledge) -> None:
    told = correction("The parrot gets seeds.", right_document="leave.md")
    assert diagnosed(indexed, asked(indexed, HOLIDAY), told).cause == "unclear"


def test_a_liked_answer_has_no_cause_and_what_it_cites_is_right(indexed: Knowledge) -> None:
    of = asked(indexed, HOLIDAY)
    found = diagnosed(indexed, of, U1=1, U2=1, U3=-1)
    assert found.liked
    assert (found.right_answer, found.right_answer_by) == (of.answer, "U1")
    assert found.gold[0].path == "leave.md"
    assert not diagnosed(indexed, of, U1=1, U3=-1).liked
    assert not diagnosed(indexed, of, correction(LEFT), U1=1).liked


def test_nothing_is_found_before_the_first_reindex(embedder: Embedder, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/empty.db")
    schema.upgrade(database)
    empty = build_knowledge(database, embedder, KnowledgeSettings(), (), tmp_path)
    withheld = record(HOLIDAY, abstained=True)
    assert diagnosed(empty, withheld, correction(LEFT)).cause == "no_document"
    assert diagnosed(empty, withheld, correction(None, right_document="a.md")).gold == ()
    database.close()


def test_an_approved_answer_supports_no_correction(changing: Knowledge) -> None:
    text = "The parrot is fed by the janitor, who has a bag of seeds in the cellar."
    verified.approve(changing.database, NewVerified("Who feeds it?", text, "U1", "U9"))
    changing.reindex()
    assert Supporter(changing).find(text, None, "Who feeds the parrot?") == ()
    assert text in changing.answer("Who feeds the parrot?").text


@pytest.mark.parametrize(
    ("place", "reader"),
    [
        ({"channel": "C1", "asker": "U1"}, Reader(channel="C1")),
        ({"channel": "D1", "asker": "U1"}, Reader(person="U1")),
        ({"channel": None, "asker": "U1"}, Reader(person="U1")),
        ({"channel": None, "asker": None}, None),
    ],
)
def test_an_answer_was_read_by_all_in_its_channel(
    place: dict[str, Any], reader: Reader | None
) -> None:
    assert reader_of(record(**place)) == reader


def test_an_expert_is_right_before_many_and_many_before_the_latest() -> None:
    said = [correction("no", 1), correction("No!", 2), correction("yes", 3)]
    agreed = correction("perhaps", 0, approved=True)
    ticked = correction(None, 9)

    def right(*given: GivenCorrection) -> str | None:
        chosen = right_correction(answer_with(*given))
        return chosen.right_answer if chosen else None

    assert right(*said, agreed, ticked) == "perhaps"
    assert right(*said, ticked) == "No!"
    assert right(said[0], said[2]) == "yes"
    assert right(ticked) is None


def answer_with(*given: GivenCorrection) -> RatedAnswer:
    return answer(record("why?", shown()), *given)


def test_a_text_is_cut_where_its_sentences_end_and_each_piece_says_enough() -> None:
    lamp = (
        "The heavy night door opens with the green card hanging beside an old brass lamp outside."
    )
    assert pieces(f"{lamp} {lamp} Yes.") == [lamp, f"{lamp} Yes."]
    assert pieces("28 days") == ["28 days"]
    assert pieces("…") == ["…"]

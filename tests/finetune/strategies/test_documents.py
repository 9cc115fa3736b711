"""Questions made from documents: from headings and definitions, of what everybody may read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db import schema
from db.corpus import HeadedPassage
from db.engine import open_database
from finetune.dataset.build import build
from finetune.settings import TrainingSettings
from finetune.split import split_of
from finetune.strategies.documents import made_questions, of_passage
from finetune.strategies.domain_first import from_documents
from knowledge.base import Knowledge, open_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

PAGE = """# {title}

## {heading}

{words}
"""
SUBJECTS = (
    ("Leave", "How to ask for holidays", "Ask your lead two weeks before you go."),
    ("Illness", "When a note is needed", "A note is needed from the fourth day."),
    ("Keys", "How the night door opens", "The night door opens with the green card."),
    ("Money", "What hotels may cost", "Hotels are paid up to 120 euros a night."),
    ("Network", "Where guests find a password", "Its password hangs at the front desk."),
    ("Lunch", "Until when lunch is served", "Lunch is served until two."),
    ("Printers", "Where the toner is kept", "Toner is kept next to the lift."),
    ("Travel", "Who books the trains", "The agency books trains in second class."),
)
SECRET = PAGE.format(title="Board", heading="What the board has decided", words="To sell it all.")


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    root = tmp_path_factory.mktemp("documents")
    for name in ("open", "board"):
        (root / name).mkdir()
    for title, heading, words in SUBJECTS:
        page = PAGE.format(title=title, heading=heading, words=words)
        (root / "open" / f"{title}.md").write_text(page)
    (root / "board" / "board.md").write_text(SECRET)
    database = open_database(f"sqlite:///{root / 'documents.db'}")
    schema.upgrade(database)
    sources = [
        FolderSettings(name="open", path=root / "open"),
        FolderSettings(name="board", path=root / "board", audience=("C0BOARD01",)),
    ]
    opened = open_knowledge(database, KnowledgeSettings(), sources)
    opened.keep_audiences()
    opened.reindex()
    yield opened
    opened.close()
    database.close()


def passage(heading: str, text: str = "Words.", title: str = "Leave") -> HeadedPassage:
    return HeadedPassage(1, 1, "leave.md", title, heading, 1, text)


@pytest.mark.parametrize(
    ("heading", "asked"),
    [
        ("Leave › How to ask for holidays", "How to ask for holidays"),
        ("Leave › Holidays", "Leave: Holidays"),
    ],
)
def test_a_heading_asks_with_its_title_where_it_says_little(heading: str, asked: str) -> None:
    (made,) = of_passage(passage(heading))
    assert made.question == asked


def test_a_definition_asks_what_it_defines() -> None:
    text = "A Hohmann transfer is the cheapest way between two orbits. It takes long."
    assert [made.question for made in of_passage(passage("", text))] == [
        "What is Hohmann transfer?"
    ]


def test_what_defines_nothing_asks_nothing() -> None:
    assert list(of_passage(passage("", "It is late. Everybody goes home."))) == []


def test_only_what_everybody_may_read_asks(knowledge: Knowledge) -> None:
    asked = {made.question for made in made_questions(knowledge.database, None, seed=0)}
    assert asked == {heading for _, heading, _ in SUBJECTS}


def test_equal_seeds_make_equal_questions(knowledge: Knowledge) -> None:
    first = made_questions(knowledge.database, None, seed=3, most=4)
    assert first == made_questions(knowledge.database, None, seed=3, most=4)
    assert len(first) == 4


def test_the_documents_teach_the_retriever_and_hold_out_their_share(
    knowledge: Knowledge,
) -> None:
    nothing = build(
        [],
        knowledge=knowledge,
        settings=TrainingSettings(enabled=True),
        holdout_digests=set(),
        seed=0,
    )
    held_before = SUBJECTS[0][1]
    made = from_documents(knowledge, nothing, [held_before], 0, knowledge.answerer)

    held = {one.question for one in made.held_out}
    taught = {pair.question for pair in made.train.pairs}
    assert held == {heading for _, heading, _ in SUBJECTS if split_of(heading) == "validation"}
    assert taught.isdisjoint({*held, held_before})
    assert taught | held | {held_before} == {heading for _, heading, _ in SUBJECTS}
    assert {pair.provenance.origin for pair in made.train.pairs} == {"documents"}
    assert made.fingerprint != nothing.fingerprint

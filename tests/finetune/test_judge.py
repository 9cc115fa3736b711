"""Both releases are asked alike, in turns, and everything they did is scored and stored once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from db import cycles, holdout
from db.engine import Database, open_database
from db.holdout import CandidateJudged, GoldText, HoldoutRow
from finetune.judge import JudgingFailed, judge, judge_candidate
from finetune.runs import Step
from knowledge.answers import NOT_REACHED, UNKNOWN, Answer, Citation, FoundPassage
from knowledge.base import Knowledge, open_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.weights import TermWeights

DOOR = "The night door opens with the green card. Lost cards are reported to the guard at once."
LEAVE = "Everybody has 28 days of holiday a year. Ask your lead two weeks before you go."

ROW = HoldoutRow(
    id=1,
    question="Which card opens the night door?",
    answers=("the green card",),
    passages=(GoldText("keys.md", DOOR),),
    answerable=True,
    slice="low_rated",
    cluster="c1",
)
UNANSWERABLE = replace(
    ROW, id=2, question="Who won in 1972?", answers=(), passages=(), answerable=False, cluster="c2"
)


class Alike:
    def of(self, terms: Sequence[str]) -> Mapping[str, float]:
        return dict.fromkeys(terms, 1.0)


@dataclass
class FakeAnswerer:
    """Gives one answer to everything, and notes in a shared list that it was asked."""

    given: Answer
    name: str = ""
    asked: list[str] = field(default_factory=list)
    weights: TermWeights = field(default_factory=Alike)
    stemmer: str = "english"

    def answer(self, question: str, /) -> Answer:
        self.asked.append(self.name)
        return self.given


def passage(text: str, path: str) -> FoundPassage:
    return FoundPassage(1, 1, path, "", "", "", text, 0, len(text), None, 1.0)


def quoting(text: str, *passages: FoundPassage) -> Answer:
    cited = (Citation(1, passages[0], text),)
    return Answer("?", f"{text} [1]", False, 0.9, cited, passages, "quotes", 1)


RIGHT = quoting("The night door opens with the green card.", passage(DOOR, "keys.md"))
SECOND = quoting(
    "Everybody has 28 days of holiday a year.", passage(LEAVE, "leave.md"), passage(DOOR, "keys.md")
)
SILENT = Answer("?", UNKNOWN, True, 0.1, (), (passage(LEAVE, "leave.md"),), "quotes", 1)


def test_a_right_answer_is_scored_above_a_wrong_one() -> None:
    (pair,) = judge(FakeAnswerer(SECOND), FakeAnswerer(RIGHT), [ROW]).pairs

    assert (pair.champion["mrr@10"], pair.candidate["mrr@10"]) == (0.5, 1.0)
    assert (pair.champion["hit@1"], pair.candidate["hit@1"]) == (0.0, 1.0)
    assert (pair.champion["containment"], pair.candidate["containment"]) == (0.0, 1.0)
    assert (pair.champion["f1"], pair.candidate["f1"]) == (0.0, pytest.approx(6 / 11))
    assert pair.champion["grounded"] < pair.candidate["grounded"] == 1.0  # type: ignore[operator]
    assert (pair.champion["faithfulness"], pair.candidate["faithfulness"]) == (1.0, 1.0)
    assert (pair.champion["citation_precision"], pair.candidate["length"]) == (1.0, 8.0)


def test_who_refuses_is_right_only_where_there_is_no_answer() -> None:
    first, second = judge(FakeAnswerer(RIGHT), FakeAnswerer(SILENT), [ROW, UNANSWERABLE]).pairs

    assert (first.champion["right_abstention"], first.candidate["right_abstention"]) == (1.0, 0.0)
    assert (second.champion["right_abstention"], second.candidate["right_abstention"]) == (0.0, 1.0)
    assert (first.candidate["f1"], first.candidate["grounded"]) == (0.0, 0.0)
    assert (first.candidate["faithfulness"], first.candidate["length"]) == (1.0, None)
    assert {second.candidate[name] for name in ("f1", "mrr@10", "grounded")} == {None}


def test_where_no_right_answer_or_passage_is_known_nothing_is_made_up() -> None:
    bare = [replace(ROW, answers=()), replace(ROW, passages=())]
    no_answer, no_passage = judge(FakeAnswerer(RIGHT), FakeAnswerer(RIGHT), bare).pairs

    assert (no_answer.champion["f1"], no_answer.champion["mrr@10"]) == (None, 1.0)
    assert (no_passage.champion["mrr@10"], no_passage.champion["grounded"]) == (None, 0.4)


def test_a_right_passage_is_known_after_it_was_cut_anew() -> None:
    cut = quoting("The night door opens with the green card.", passage(DOOR[:41], "keys.md"))
    elsewhere = quoting("The night door opens with the green card.", passage(DOOR, "other.md"))

    (pair,) = judge(FakeAnswerer(cut), FakeAnswerer(elsewhere), [ROW]).pairs

    assert (pair.champion["mrr@10"], pair.candidate["mrr@10"]) == (1.0, 0.0)


def test_another_passage_that_holds_a_short_right_one_is_not_it() -> None:
    row = replace(ROW, passages=(GoldText("keys.md#1", "The green card."),))
    right = quoting("The green card.", passage("The green card.", "keys.md#1"))
    beside = quoting("The green card.", passage(DOOR, "keys.md#2"))

    (pair,) = judge(FakeAnswerer(right), FakeAnswerer(beside), [row]).pairs

    assert (pair.champion["mrr@10"], pair.candidate["mrr@10"]) == (1.0, 0.0)


def test_the_two_take_turns_in_being_first() -> None:
    asked: list[str] = []
    champion, candidate = FakeAnswerer(RIGHT, "old", asked), FakeAnswerer(RIGHT, "new", asked)

    judge(champion, candidate, [ROW, UNANSWERABLE, ROW])

    warming_up, turns = asked[:2], asked[2:]
    assert warming_up == ["old", "new"]
    assert turns == ["old", "new", "new", "old", "old", "new"]


def test_what_is_no_question_counts_as_refused() -> None:
    (pair,) = judge(FakeAnswerer(RIGHT), FakeAnswerer(RIGHT), [replace(ROW, question="?!")]).pairs

    assert (pair.champion["abstained"], pair.champion["right_abstention"]) == (1.0, 0.0)


def test_a_model_that_cannot_be_reached_ends_the_comparison() -> None:
    fallen_back = replace(RIGHT, notice=NOT_REACHED)

    with pytest.raises(JudgingFailed, match="start another cycle"):
        judge(FakeAnswerer(RIGHT), FakeAnswerer(fallen_back), [ROW])


def test_it_tells_how_far_it_is() -> None:
    heard: list[Step] = []

    judge(FakeAnswerer(RIGHT), FakeAnswerer(RIGHT), [ROW, ROW], heard.append)

    assert heard == [Step("evaluate", 1, 2), Step("evaluate", 2, 2)]


def test_no_questions_make_an_empty_judgement() -> None:
    assert judge(FakeAnswerer(RIGHT), FakeAnswerer(RIGHT), []).pairs == ()


@dataclass(frozen=True)
class Held:
    digest: str
    question: str
    answers: tuple[str, ...]
    passages: tuple[dict[str, str], ...]
    answerable: bool = True
    slice: str = "liked"
    cluster: str = "c1"
    interaction_id: str | None = None


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    opened = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    holdout.add(
        opened,
        [
            Held("d1", ROW.question, ROW.answers, ({"path": "keys.md", "text": DOOR},)),
            Held("d2", "Who won the chess world cup in 1972?", (), (), answerable=False),
        ],
    )
    yield opened
    opened.close()


@pytest.fixture
def begin(database: Database) -> Callable[[], int]:
    return lambda: cycles.begin(
        database, strategy="staged", dry_run=True, requested_by="U1", surface="cli"
    )


def test_a_candidate_is_judged_and_stored_once(
    database: Database, begin: Callable[[], int]
) -> None:
    cycle = begin()
    asked: list[str] = []
    champion, candidate = FakeAnswerer(SILENT, "old", asked), FakeAnswerer(RIGHT, "new", asked)

    judgement = judge_candidate(database, cycle, champion, candidate)
    before = len(asked)
    with pytest.raises(CandidateJudged):
        judge_candidate(database, cycle, champion, candidate)

    stored = holdout.scores_of(database, cycle)
    assert [(row.question_id, row.arm) for row in stored] == [
        (1, "candidate"),
        (1, "champion"),
        (2, "candidate"),
        (2, "champion"),
    ]
    assert stored[0].scores == judgement.pairs[0].candidate
    assert len(asked) == before
    assert [row.judged for row in holdout.current(database)] == [1, 1]


def test_what_was_not_judged_to_the_end_has_spent_nothing(
    database: Database, begin: Callable[[], int]
) -> None:
    cycle = begin()
    broken = FakeAnswerer(replace(RIGHT, notice=NOT_REACHED))

    with pytest.raises(JudgingFailed):
        judge_candidate(database, cycle, FakeAnswerer(RIGHT), broken)

    assert [row.judged for row in holdout.current(database)] == [0, 0]
    holdout.require_unjudged(database, cycle)


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Knowledge:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "keys.md").write_text(f"# Keys\n\n{DOOR}\n")
    (docs / "leave.md").write_text(f"# Leave\n\n{LEAVE}\n")
    opened = open_knowledge(database, KnowledgeSettings(documents=docs, threads=1))
    opened.reindex()
    return opened


def test_the_release_that_serves_equals_itself(
    database: Database, knowledge: Knowledge, begin: Callable[[], int]
) -> None:
    answerable, refused = judge_candidate(
        database, begin(), knowledge.answerer, knowledge.answerer
    ).pairs

    assert without_time(answerable.champion) == without_time(answerable.candidate)
    assert answerable.champion["mrr@10"] == 1.0
    assert answerable.champion["faithfulness"] == 1.0
    assert answerable.champion["citation_precision"] == 1.0
    assert refused.champion["right_abstention"] == 1.0


def without_time(scores: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in scores.items() if name != "latency_ms"}

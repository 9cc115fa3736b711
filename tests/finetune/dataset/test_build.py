"""From cases to a data set: who is heard, what is held out, and what each example is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from db.sources import PUBLIC, keep_audiences
from finetune.cases import Case, RatedAnswer
from finetune.dataset import jsonl
from finetune.dataset.build import Dataset, build
from finetune.dataset.near import digest_of, questions_of
from finetune.examples import TrainingData
from finetune.settings import TrainingSettings
from finetune.split import split_of
from knowledge.answers import UNKNOWN
from knowledge.embed import Vectors
from tests.finetune.dataset.making import THINGS, Making, about, correction

ON = TrainingSettings(enabled=True)
PEOPLE = [f"U0P{i}" for i in range(10)]


def built(making: Making, cases: Sequence[Case], **given: object) -> Dataset:
    values = {"holdout_digests": set(), "seed": 0, "settings": ON, **given}
    return build(cases, knowledge=making.knowledge, **values)  # type: ignore[arg-type]


def taught(thing: str) -> bool:
    return split_of(about(thing)) == "train"


TRAIN = [thing for thing in THINGS if taught(thing)]
HELD = [thing for thing in THINGS if not taught(thing)]


@pytest.fixture(scope="module")
def honest(making: Making) -> list[Case]:
    """Twenty corrected answers, twenty liked and ten disliked, by ten people."""
    return [
        *(making.corrected(about(THINGS[i]), i, PEOPLE[i % 10]) for i in range(20)),
        *(making.liked(about(THINGS[i]), i, PEOPLE[i % 10]) for i in range(20, 40)),
        *(making.disliked(about(THINGS[i]), i, PEOPLE[i % 10]) for i in range(40, 50)),
    ]


@pytest.fixture(scope="module")
def dataset(making: Making, honest: list[Case]) -> Dataset:
    return built(making, honest)


def test_a_correction_becomes_a_pair_against_what_was_shown(making: Making) -> None:
    case = making.corrected(about(TRAIN[0]), 0)
    (pair,) = built(making, [case]).train.pairs
    shown = {p.passage_id for p in case.answer.record.passages if p.path != "leave.md"}
    assert pair.positives == (making.gold("leave.md").passage_id,)
    assert set(pair.negatives) == shown


def test_a_correction_is_learnt_from_the_prompt_that_serves(
    making: Making, dataset: Dataset
) -> None:
    answers = [one for one in dataset.train.sft if "28 days" in one.completion]
    system, user = answers[0].prompt
    number = answers[0].completion[-2]
    assert system["content"].startswith("You answer questions of a team")
    place = user["content"].index(f'<passage number="{number}"')
    assert "Everybody has 28 days of holiday" in user["content"][place:]
    assert answers[0].completion == f"Everybody has 28 days of holiday a year. [{number}]"


def test_now_and_then_the_right_passage_is_missing_and_refusing_is_right(
    dataset: Dataset,
) -> None:
    taught = [one for one in dataset.train.sft if one.provenance.origin == "verified"]
    refused = [one for one in taught if one.completion == UNKNOWN]
    assert 0 < len(refused) < len(taught) / 2
    assert not any("28 days" in one.prompt[1]["content"] for one in refused)


def test_where_the_right_passage_was_shown_the_right_answer_is_preferred(making: Making) -> None:
    case = making.case(
        about(TRAIN[0]),
        "misread",
        gold="leave.md",
        right="Everybody has 28 days of holiday a year.",
        corrections=[correction()],
        answer="You have two weeks before you go. [1]",
        cited="leave.md",
        shown="leave.md",
    )
    (preference,) = built(making, [case]).train.preferences
    assert preference.chosen == "Everybody has 28 days of holiday a year. [1]"
    assert preference.rejected == "You have two weeks before you go. [1]"


def test_where_it_was_not_shown_the_model_is_not_to_blame(making: Making) -> None:
    case = making.case(
        about(TRAIN[0]),
        gold="leave.md",
        right="Everybody has 28 days of holiday a year.",
        corrections=[correction()],
        answer="The night door opens with the green card. [1]",
        cited="keys.md",
        shown="keys.md",
    )
    shown = [p for p in case.answer.record.passages if p.path != "leave.md"]
    object.__setattr__(case.answer.record, "passages", tuple(shown))
    data = built(making, [case]).train
    assert data.pairs
    assert not data.preferences


def test_a_wrong_answer_where_there_is_none_is_learnt_as_a_refusal(making: Making) -> None:
    refusal = making.case(
        about(TRAIN[0]),
        "should_have_refused",
        corrections=[correction("U0ANN", None, fault="should_not_have_answered")],
        answer="Ask the canteen. [1]",
        cited="lunch.md",
        shown="lunch.md",
    )
    others = [making.corrected(about(thing), i) for i, thing in enumerate(TRAIN[1:9], start=1)]
    data = built(making, [refusal, *others]).train
    mine = [one for one in data.sft if one.provenance.interaction_id == "interaction-0"]
    (preference,) = [
        one for one in data.preferences if one.provenance.interaction_id == "interaction-0"
    ]
    assert [one.completion for one in mine] == [UNKNOWN]
    assert preference.chosen == UNKNOWN
    assert preference.rejected.startswith("Ask the canteen. [")


def test_votes_are_judged_answers_of_both_labels(dataset: Dataset) -> None:
    labels = [one.label for one in dataset.train.judged]
    assert set(labels) == {True, False}
    assert labels[:4].count(False) in (1, 2)


def test_likes_are_replayed_in_measure(dataset: Dataset) -> None:
    sft = dataset.train.sft
    replayed = [one for one in sft if "Soup is free" in one.completion]
    assert 0.1 <= len(replayed) / len(sft) <= 0.3


def test_every_example_leads_to_a_rating(dataset: Dataset, honest: list[Case]) -> None:
    data = dataset.train
    examples = [*data.pairs, *data.sft, *data.preferences, *data.judged]
    sources = [example.provenance for example in examples]
    asked = {case.answer.record.id: case.answer.question for case in honest}
    assert all(source.people for source in sources)
    assert all(asked[source.interaction_id] == source.question for source in sources)


def test_about_one_question_in_five_is_held_out_by_its_hash(dataset: Dataset) -> None:
    assert {one.question for one in dataset.held_out} <= {about(thing) for thing in HELD}
    assert {split_of(question) for question in questions_of(dataset.train)} == {"train"}


def test_what_is_held_out_knows_what_is_right(making: Making) -> None:
    corrected, liked, refused = (
        built(making, [case]).held_out
        for case in (
            making.corrected(about(HELD[0]), 0),
            making.liked(about(HELD[1]), 1, "U0ANN"),
            making.case(about(HELD[2]), "no_document", number=2),
        )
    )
    assert (corrected[0].slice, liked[0].slice, refused[0].slice) == (
        "low_rated",
        "liked",
        "abstention",
    )
    assert corrected[0].answers == ("Everybody has 28 days of holiday a year.",)
    assert corrected[0].passages[0]["path"] == "leave.md"
    assert liked[0].answers == ("Soup is free for everybody on Fridays, and number 1 too.",)
    assert (refused[0].answerable, refused[0].answers) == (False, ())
    assert corrected[0].digest == digest_of(about(HELD[0]))
    assert corrected[0].interaction_id == "interaction-0"


def test_near_duplicates_follow_the_first_of_them(making: Making) -> None:
    first = making.corrected(about(HELD[0]), 0)
    again = making.corrected(f"Whom do I ask about {HELD[0]}, please?", 1)
    dataset = built(making, [again, first])
    assert len(dataset.train) == 0
    assert {one.cluster for one in dataset.held_out} == {digest_of(about(HELD[0]))}


def test_a_question_of_an_earlier_holdout_never_trains(making: Making) -> None:
    case = making.corrected(about(TRAIN[0]), 0)
    by_digest = built(making, [case], holdout_digests={digest_of(about(TRAIN[0]).upper())})
    nearly = f"Whom do I ask about {TRAIN[0]}, please?"
    by_words = built(making, [case], holdout_questions=[nearly])
    assert len(built(making, [case]).train) > 0
    assert len(by_digest.train) == len(by_words.train) == 0


class Angles:
    """An embedder that puts each question at an angle; up to 18 degrees they are nearly equal."""

    def __init__(self, degrees: Mapping[str, float]) -> None:
        self.degrees = degrees

    def embed(self, questions: Sequence[str]) -> Vectors:
        turned = np.deg2rad([self.degrees[question] for question in questions])
        return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)

    def known_share(self, question: str) -> float:
        return 1.0


def test_what_lies_between_training_and_holdout_does_not_train(making: Making) -> None:
    asked = [about(TRAIN[0]), about(HELD[0]), about(TRAIN[1])]
    embedder = Angles(dict(zip(asked, [0, 30, 15], strict=True)))
    between = Making(replace(making.knowledge, embedder=embedder))  # type: ignore[arg-type]
    cases = [making.corrected(question, i) for i, question in enumerate(asked)]
    dataset = built(between, cases)
    assert questions_of(dataset.train) == [asked[0]]
    assert [one.question for one in dataset.held_out] == [asked[1]]
    assert dataset.report.left_out["nearly a held-out question"] == 1


def test_what_is_held_out_already_is_not_added_again(making: Making) -> None:
    case = making.corrected(about(HELD[0]), 0)
    assert not built(making, [case], holdout_digests={digest_of(about(HELD[0]))}).held_out


def test_equal_cases_give_an_equal_data_set(
    making: Making, honest: list[Case], dataset: Dataset
) -> None:
    assert built(making, honest[::-1]).fingerprint == dataset.fingerprint


def test_examples_come_in_the_same_order_when_the_same_is_asked_another_time(
    making: Making, honest: list[Case], dataset: Dataset
) -> None:
    again = [replace(case, answer=asked_again(case.answer, i)) for i, case in enumerate(honest)]
    train = built(making, again).train
    for kind in ("pairs", "sft", "preferences", "judged"):
        told = [example.provenance.question for example in getattr(train, kind)]
        assert told == [example.provenance.question for example in getattr(dataset.train, kind)]


def asked_again(answer: RatedAnswer, number: int) -> RatedAnswer:
    """The same, under an id of its own."""
    return replace(answer, record=replace(answer.record, id=f"again-{number}"))


def test_the_data_set_is_saved_with_its_fingerprint(dataset: Dataset, tmp_path: Path) -> None:
    assert jsonl.save(dataset.train, tmp_path) == dataset.fingerprint
    assert jsonl.load(tmp_path) == dataset.train


def test_the_report_counts(dataset: Dataset) -> None:
    report = dataset.report
    assert report.examples["pairs"] == len(dataset.train.pairs)
    assert sum(report.held_out.values()) == len(dataset.held_out)
    assert report.people == len(PEOPLE)
    assert report.left_out["enough of its kind"] > 0


def test_no_feedback_is_an_empty_data_set(making: Making) -> None:
    assert built(making, []).train == TrainingData()


def poison_votes(making: Making, vote: int) -> list[Case]:
    """A hundred votes of one person, each on another answer."""
    asked = [f"{form} {thing}?" for thing in THINGS for form in ("Where is", "How much costs")]
    make = making.liked if vote > 0 else making.disliked
    return [make(question, 100 + i, "U0EVIL") for i, question in enumerate(asked)]


def test_a_hundred_votes_down_by_one_person_hardly_count(
    making: Making, honest: list[Case], dataset: Dataset
) -> None:
    poisoned = built(making, [*honest, *poison_votes(making, -1)])
    honest_votes = [one for one in dataset.train.judged if not one.label]
    evil = [one for one in poisoned.train.judged if "U0EVIL" in one.provenance.people]
    assert poisoned.train.pairs == dataset.train.pairs
    assert poisoned.train.sft == dataset.train.sft
    assert poisoned.train.preferences == dataset.train.preferences
    assert [one for one in dataset.train.judged if one not in poisoned.train.judged] == []
    assert 0 < len(evil) <= max(1, len(honest_votes))


def test_a_hundred_votes_up_by_one_person_hardly_count(
    making: Making, honest: list[Case], dataset: Dataset
) -> None:
    poisoned = built(making, [*honest, *poison_votes(making, 1)])
    pairs = [pair for pair in poisoned.train.pairs if "U0EVIL" in pair.provenance.people]
    liked = [pair for pair in poisoned.train.pairs if pair.provenance.origin == "rating"]
    new = [pair for pair in poisoned.train.pairs if pair.provenance.origin != "rating"]
    assert new == [pair for pair in dataset.train.pairs if pair.provenance.origin != "rating"]
    assert len(pairs) <= len(liked) / 2
    assert len(pairs) <= 0.1 * len(poisoned.train.pairs)


def test_a_hundred_corrections_that_nobody_approved_teach_nothing(
    making: Making, honest: list[Case], dataset: Dataset
) -> None:
    invented = [
        making.case(
            f"Where is {thing}?",
            number=100 + i,
            gold="keys.md",
            right="The night door opens with the green card.",
            corrections=[
                correction("U0EVIL", "The night door opens.", approved=False, number=100 + i)
            ],
        )
        for i, thing in enumerate(THINGS * 2)
    ]
    assert built(making, [*honest, *invented]).fingerprint == dataset.fingerprint


def test_one_expert_teaches_no_more_than_the_limit(making: Making) -> None:
    cases = [making.corrected(about(thing), i, "U0EXPERT") for i, thing in enumerate(THINGS)]
    dataset = built(making, cases, settings=TrainingSettings(labels_per_person=10))
    assert dataset.report.most_by_one + len(dataset.held_out) == 10


@pytest.fixture
def for_the_board_alone(making: Making) -> Iterator[None]:
    database = making.knowledge.database
    keep_audiences(database, {"documents": ["C0BOARD"]})
    yield
    keep_audiences(database, {"documents": [PUBLIC]})


def test_the_language_model_learns_nothing_that_not_everybody_may_read(
    making: Making, honest: list[Case], for_the_board_alone: None
) -> None:
    data = built(making, honest)
    assert data.train.pairs
    assert (data.train.sft, data.train.preferences, data.train.judged) == ((), (), ())
    assert data.report.left_out["its passages are not for everybody"] > 0

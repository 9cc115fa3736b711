"""A candidate passes if it is better and nothing is worse; the verdict says why in a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from db.holdout import MOST_JUDGED, HoldoutRow
from finetune.difference import Chance
from finetune.gate import FEWEST, Verdict, alpha_left, decide
from finetune.guards import Targeted
from finetune.judge import JudgedPair, Judgement, Metric, Scores
from tests.simulated_judgements import World, simulate

QUICK = Chance(resamples=1000)
SAME: Scores = {
    "mrr@10": 0.5,
    "f1": 0.5,
    "grounded": 0.8,
    "faithfulness": 0.9,
    "citation_precision": 0.9,
    "right_abstention": 1.0,
    "ends_properly": 1.0,
    "length": 40.0,
    "latency_ms": 400.0,
}


def pair(number: int, kind: str = "low_rated", judged: int = 0, **changes: float) -> JudgedPair:
    """A question on which nothing differs but what `changes` adds to the candidate's scores."""
    row = HoldoutRow(
        number, f"question {number}?", ("a",), (), kind != "abstention", kind, f"c{number}", judged
    )
    known = SAME if row.answerable else SAME | {"mrr@10": None, "f1": None, "grounded": None}
    moved: Scores = {name: (known[name] or 0.0) + by for name, by in named(changes).items()}
    return JudgedPair(row, dict(known), known | moved)


def named(changes: dict[str, float]) -> dict[Metric, float]:
    """`mrr` and `abstention` for metrics whose names are no Python names, or are long."""
    names: dict[str, Metric] = {"mrr": "mrr@10", "abstention": "right_abstention"}
    return {names.get(name, name): by for name, by in changes.items()}  # type: ignore[misc]


def pairs(
    count: int, kind: str = "low_rated", first: int = 0, **changes: float
) -> list[JudgedPair]:
    return [pair(first + number, kind, **changes) for number in range(count)]  # type: ignore[arg-type]


def verdict(*groups: Sequence[JudgedPair], targeted: Targeted = "retriever") -> Verdict:
    together = [pair for group in groups for pair in group]
    numbered = [
        replace(one, question=replace(one.question, id=place, cluster=f"c{place}"))
        for place, one in enumerate(together)
    ]
    return decide(Judgement(tuple(numbered)), targeted=targeted, chance=QUICK)


BETTER = pairs(20, mrr=0.3)
UNMOVED = pairs(20, "liked")


def test_a_gain_that_costs_nothing_is_promoted_with_its_figure() -> None:
    found = verdict(BETTER, UNMOVED)

    assert found.promote
    assert not found.undecided
    assert found.reason.startswith("MRR@10 rose overall by +0.150 (91.5 % interval +0.1")
    assert "on 40 questions, and nothing fell that must not" in found.reason


def test_what_no_question_tells_of_is_said() -> None:
    assert "no question tells of right refusals" in verdict(BETTER, UNMOVED).reason
    assert (
        "no question tells"
        not in verdict(BETTER, UNMOVED, pairs(5, "abstention"), [pair(0, "liked", judged=1)]).reason
    )


@pytest.mark.parametrize("targeted", ["retriever", "generator"])
def test_a_candidate_that_does_what_the_champion_does_is_held(targeted: Targeted) -> None:
    found = verdict(pairs(50), UNMOVED, pairs(10, "abstention"), targeted=targeted)

    assert (found.promote, found.undecided) == (False, False)
    assert found.reason.startswith("The candidate does what the champion does")


def test_being_faster_alone_is_no_gain() -> None:
    found = verdict(pairs(50, latency_ms=-300.0), UNMOVED)

    assert (found.promote, found.undecided) == (False, False)


def test_four_lucky_questions_are_no_proof_and_five_are() -> None:
    lucky = [verdict(pairs(count, mrr=0.5), pairs(70, "liked")) for count in (4, 5)]

    assert [found.promote for found in lucky] == [False, True]
    assert lucky[0].figures["overall"]["low"] > 0


def test_too_few_questions_are_a_verdict_of_their_own() -> None:
    found = verdict(pairs(FEWEST - 8, mrr=0.5), pairs(7, "liked"))

    assert (found.promote, found.undecided) == (False, True)
    assert found.reason.startswith("Only 14 held-out questions count, and it takes 15")
    assert "+0.250" in found.reason


def test_no_questions_at_all_are_too_few() -> None:
    found = verdict()

    assert (found.promote, found.undecided) == (False, True)
    assert found.reason.startswith("Only 0 held-out questions")


def test_a_gain_that_may_be_chance_is_undecided() -> None:
    found = verdict(pairs(10, mrr=0.4), pairs(6, mrr=-0.4), UNMOVED)

    assert (found.promote, found.undecided) == (False, True)
    assert found.reason.endswith("too few questions to tell.")


def test_a_loss_is_held() -> None:
    found = verdict(pairs(30, mrr=-0.3), UNMOVED)

    assert (found.promote, found.undecided) == (False, False)


def test_questions_kept_for_failing_prove_nothing_alone() -> None:
    found = verdict(pairs(60, mrr=0.3))

    assert (found.promote, found.undecided) == (False, True)
    assert "answers that people like have to be among them" in found.reason


def test_low_rated_questions_weigh_no_more_than_the_others() -> None:
    found = verdict(pairs(60, mrr=0.3), UNMOVED)

    assert found.figures["overall"]["mean"] == pytest.approx(0.15)
    assert found.figures["means"]["mrr@10"] == {"champion": 0.5, "candidate": 0.725}


def noisy(seed: int, count: int, mean: float = 0.0) -> list[JudgedPair]:
    """Liked answers that now come out better and now worse."""
    moved = np.random.default_rng(seed).normal(mean, 0.3, count)
    return [pair(0, "liked", mrr=float(by)) for by in moved]


def test_a_gain_where_answers_were_rated_down_counts_amid_noise_elsewhere() -> None:
    likely = verdict(pairs(60, mrr=0.09), noisy(3, 150))
    unlikely = verdict(pairs(60, mrr=0.09), noisy(1, 150))

    assert likely.promote
    assert likely.reason.startswith("MRR@10 rose where rated down by +0.090 (99.5 % interval")
    assert likely.figures["overall"]["low"] < 0
    assert not unlikely.promote


LOSSES = [
    pytest.param(pairs(20, "liked", mrr=-0.2), "what people liked", id="liked"),
    pytest.param(pairs(20, "abstention", abstention=-1.0), "right refusals", id="refusals"),
    pytest.param(pairs(20, "curated", abstention=-1.0), "answers given at all", id="answered"),
    pytest.param(pairs(20, "curated", faithfulness=-0.5), "faithfulness", id="faithfulness"),
    pytest.param(pairs(20, "curated", citation_precision=-0.5), "right citations", id="citations"),
    pytest.param(pairs(20, "curated", ends_properly=-1.0), "end properly", id="endings"),
    pytest.param(pairs(20, "curated", f1=-0.5), "answers went", id="answers"),
    pytest.param(
        [pair(0, "curated", judged=1, mrr=-0.2) for _ in range(20)], "earlier rounds", id="earlier"
    ),
]


@pytest.mark.parametrize(("lost", "named"), LOSSES)
def test_a_gain_does_not_pay_for_a_loss(lost: list[JudgedPair], named: str) -> None:
    gain = pairs(60, mrr=0.3)

    kept = verdict(gain, UNMOVED)
    found = verdict(gain, UNMOVED, lost)

    assert kept.promote
    assert (found.promote, found.undecided) == (False, False)
    assert found.reason.startswith("What must not fall has fallen: ")
    assert named in found.reason


def test_a_generator_may_say_what_people_liked_in_other_words() -> None:
    gain = pairs(60, f1=0.3)

    reworded = verdict(gain, pairs(20, "liked", f1=-0.05), targeted="generator")
    wrong = verdict(gain, pairs(20, "liked", grounded=-0.2), targeted="generator")

    assert (reworded.promote, wrong.promote) == (True, False)
    assert "what people liked went by -0.200" in wrong.reason


def test_a_guard_of_many_questions_has_to_be_sure() -> None:
    gain = pairs(100, mrr=0.3)
    calm = pairs(120, "liked")

    assert verdict(gain, calm).promote
    doubtful = verdict(gain, noisy(1, 120, mean=-0.03))
    assert (doubtful.promote, doubtful.undecided) == (False, True)
    assert "which may be a loss of more than 0.05: too few questions to tell." in doubtful.reason


def test_a_guard_of_few_questions_bears_one_that_goes_wrong_and_not_two() -> None:
    one = [pair(0, "abstention", abstention=-1.0)]

    borne = verdict(BETTER, UNMOVED, pairs(9, "abstention"), one)
    not_borne = verdict(BETTER, UNMOVED, pairs(8, "abstention"), one, one)

    assert (borne.promote, not_borne.promote) == (True, False)
    assert not_borne.undecided


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latency_ms": 600.0}, "the median answer takes 1000 ms instead of 400 ms"),
        ({"length": 60.0}, "its answers have 100 tokens on average instead of 40"),
        ({"length": -38.0}, "its answers have 2 tokens on average instead of 40"),
    ],
)
def test_a_better_answer_may_not_be_late_or_endless(changes: dict[str, float], said: str) -> None:
    found = verdict(pairs(30, mrr=0.3, **changes), pairs(30, "liked", **changes))

    assert (found.promote, found.undecided) == (False, False)
    assert said in found.reason


def test_a_tenth_of_slow_answers_is_seen_where_the_median_hides_it() -> None:
    found = verdict(pairs(36, mrr=0.3), UNMOVED, pairs(6, "liked", latency_ms=900.0))

    assert "the slowest answer in twenty takes 1300 ms instead of 400 ms" in found.reason


def test_a_little_slower_is_within_bounds() -> None:
    assert verdict(pairs(20, mrr=0.3, latency_ms=100.0), UNMOVED).promote


def test_each_candidate_on_the_same_questions_has_less_room_for_chance() -> None:
    fresh, once, thrice = ([pair(n, judged=used) for n in range(20)] for used in (0, 1, 3))

    assert alpha_left(fresh, 0.05) == 0.05
    assert alpha_left(once, 0.05) == 0.025
    assert alpha_left(thrice, 0.05) == 0.0125
    assert alpha_left([*fresh, *once], 0.05) == pytest.approx(0.05 / 1.5)


def test_a_gain_that_passes_at_first_does_not_pass_when_the_questions_are_spent() -> None:
    by = [0.4] * 9 + [-0.2] * 4

    def tried(judged: int) -> Verdict:
        moved = [pair(0, judged=judged, mrr=one) for one in by]
        return verdict(moved, [pair(0, "liked", judged=judged) for _ in range(20)])

    assert [tried(judged).promote for judged in (0, 3)] == [True, False]


def test_on_questions_that_rest_no_gain_counts() -> None:
    rested = [pair(n, judged=MOST_JUDGED, mrr=0.5) for n in range(60)]

    found = verdict(rested, [pair(0, "liked", judged=MOST_JUDGED) for _ in range(60)])

    assert (found.promote, found.undecided) == (False, True)
    assert found.reason.startswith("Only 0 held-out questions count")


def test_what_rests_still_guards() -> None:
    lost = [pair(0, judged=MOST_JUDGED, mrr=-0.4) for _ in range(20)]

    assert "earlier rounds" in verdict(pairs(40, mrr=0.3), UNMOVED, lost).reason


def test_the_figures_are_ready_for_json_and_the_same_every_time() -> None:
    world = World(questions=60, unanswerable=10, gain=0.05)
    first, again = (
        decide(simulate(world, 1), targeted="generator", chance=QUICK) for _ in range(2)
    )

    assert json.loads(json.dumps(first.figures)) == first.figures
    assert first == again
    assert set(first.figures["guards"]) == {
        *("liked", "abstention", "answered", "faithfulness", "citations"),
        *("earlier", "endings", "other"),
    }
    assert first.figures["overall"]["confidence"] == 0.915

"""The control with shuffled corrections: what people believe then is wrong for everybody."""

from __future__ import annotations

import pytest

from finetune.datasets import LabelledQuestion
from finetune.rehearsal.controls import wrong_answers


def question(number: int, *passages: str, paths: tuple[str, ...] = ()) -> LabelledQuestion:
    return LabelledQuestion(
        id=f"q{number}",
        question=f"question {number}",
        answers=("an answer",),
        passage_ids=passages,
        answerable=True,
        paths=paths,
        evidence=(),
    )


@pytest.mark.parametrize("seed", range(5))
def test_nobody_believes_what_is_right(seed: int) -> None:
    asked = [question(n, f"p{n // 4}") for n in range(20)]
    wrong = wrong_answers(asked, seed)
    assert wrong.keys() == {one.id for one in asked}
    for one in asked:
        assert set(wrong[one.id].passage_ids).isdisjoint(one.passage_ids)


def test_in_a_folder_the_page_tells() -> None:
    asked = [question(n, paths=(f"{n % 2}.md",)) for n in range(8)]
    wrong = wrong_answers(asked, 0)
    assert all(wrong[one.id].paths != one.paths for one in asked)


def test_another_seed_is_another_order() -> None:
    asked = [question(n, f"p{n}") for n in range(20)]
    assert wrong_answers(asked, 0) == wrong_answers(asked, 0)
    assert wrong_answers(asked, 0) != wrong_answers(asked, 1)


def test_where_all_have_one_answer_it_is_another_question_s() -> None:
    asked = [question(n, "the only one") for n in range(4)]
    assert all(other.id != name for name, other in wrong_answers(asked, 0).items())

"""More evidence makes an answer surer, and none makes it no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.confidence import THRESHOLD, Evidence, confidence

SHARES = st.floats(0, 1)
EVIDENCE = st.builds(Evidence, similarity=SHARES, cover=SHARES, fit=SHARES, known=SHARES)


@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_without_evidence_the_answer_is_withheld(known: float) -> None:
    assert confidence(Evidence(0, 0, 0, known)) < THRESHOLD / 10


@pytest.mark.parametrize("known", [0, 0.5, 1])
def test_with_all_the_evidence_the_answer_is_given(known: float) -> None:
    assert confidence(Evidence(1, 1, 1, known)) > 0.99


def test_similarity_says_nothing_where_the_model_cannot_read_the_question() -> None:
    far, near = Evidence(0.1, 0.4, 0.4, known=0), Evidence(0.9, 0.4, 0.4, known=0)

    assert confidence(far) == confidence(near)


def test_words_say_more_where_the_model_cannot_read_the_question() -> None:
    evidence = Evidence(0.4, 0.4, 0.4)

    assert confidence(evidence) < THRESHOLD < confidence(replace(evidence, known=0))


@pytest.mark.parametrize("name", ["similarity", "cover", "fit"])
@given(evidence=EVIDENCE, more=SHARES)
def test_more_of_anything_never_makes_it_less_sure(
    name: str, evidence: Evidence, more: float
) -> None:
    richer = replace(evidence, **{name: max(more, getattr(evidence, name))})

    assert 0 < confidence(evidence) <= confidence(richer) < 1

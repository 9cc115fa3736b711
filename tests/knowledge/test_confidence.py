"""More evidence makes an answer surer, and none makes it no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.confidence import THRESHOLD, Evidence, confidence

SHARES = st.floats(0, 1)
EVIDENCE = st.builds(Evidence, similarity=SHARES, cover=SHARES, fit=SHARES)


def test_without_evidence_the_answer_is_withheld() -> None:
    assert confidence(Evidence(0, 0, 0)) < THRESHOLD / 10


def test_with_all_the_evidence_the_answer_is_given() -> None:
    assert confidence(Evidence(1, 1, 1)) > 0.99


@pytest.mark.parametrize("name", ["similarity", "cover", "fit"])
@given(evidence=EVIDENCE, more=SHARES)
def test_more_of_anything_never_makes_it_less_sure(
    name: str, evidence: Evidence, more: float
) -> None:
    richer = replace(evidence, **{name: max(more, getattr(evidence, name))})

    assert 0 < confidence(evidence) <= confidence(richer) < 1

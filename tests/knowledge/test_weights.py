"""A rare word tells more than a frequent one."""

from __future__ import annotations

import pytest

from knowledge.base import Knowledge
from knowledge.weights import LiveTermWeights, cover

from .conftest import Folder


def test_a_rarer_word_weighs_more_and_an_unknown_one_most(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "The green card.", "b.md": "The blue card.", "c.md": "The red card."})
    tiny.reindex()

    weights = LiveTermWeights(tiny.database).of(["card", "blue", "zebra"])

    assert 0 < weights["card"] < weights["blue"] < weights["zebra"]


def test_a_word_that_is_asked_for_twice_counts_in_every_passage_once(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"a.md": "Card, card, card.", "b.md": "The blue card.", "c.md": "Blue door."})
    tiny.reindex()

    weights = LiveTermWeights(tiny.database).of(["card", "blue"])

    assert weights["card"] == pytest.approx(weights["blue"])


def test_an_empty_knowledge_base_has_weights_too(tiny: Knowledge) -> None:
    assert LiveTermWeights(tiny.database).of(["card"])["card"] > 0


def test_cover_is_the_share_by_weight() -> None:
    asked = {"zebra": 3.0, "card": 1.0}

    assert cover(asked, {"zebra", "door"}) == 0.75
    assert cover(asked, set()) == 0
    assert cover({}, {"card"}) == 0

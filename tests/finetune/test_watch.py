"""A promoted release goes back when people rate it down, and not for anything less."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from db import feedback, interactions, registry
from db.engine import Database, open_database
from db.interactions import InteractionRecord
from db.registry import ReleaseParts, ReleaseRecord
from db.release_ratings import Ratings
from finetune.watch import falling, highest_share, watch

ASKED = InteractionRecord("why?", "because", False, 0.9, "quotes", "slack", {}, ())
PARTS = ReleaseParts("embedder", "quotes", "1")
FEW_DOWN = Ratings(500, 25)


def first_fall(before: Ratings, share: float, seed: int, answers: int = 600) -> int | None:
    """After how many answers it is noticed, looking every ten; None if it never is."""
    down = np.random.default_rng(seed).binomial(10, share, answers // 10).cumsum()
    looks = [Ratings(10 * n, int(count)) for n, count in enumerate(down, start=1)]
    return next((look.answers for look in looks if falling(before, look)), None)


def test_a_release_that_is_no_worse_is_not_taken_back_however_often_one_looks() -> None:
    chance = np.random.default_rng(1)
    samples = [Ratings(200, int(chance.binomial(200, 0.1))) for _ in range(100)]

    falls = [first_fall(before, 0.1, seed) for seed, before in enumerate(samples)]

    assert sum(fall is not None for fall in falls) <= 5


def test_a_release_that_is_three_times_worse_is_taken_back() -> None:
    falls = [first_fall(FEW_DOWN, 0.15, seed) for seed in range(100)]

    assert sum(fall is not None for fall in falls) >= 90


def test_the_worse_it_is_the_sooner_it_is_noticed() -> None:
    assert falling(FEW_DOWN, Ratings(10, 8)) is not None
    assert falling(FEW_DOWN, Ratings(10, 2)) is None
    assert falling(FEW_DOWN, Ratings(100, 20)) is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Ratings(0, 0), Ratings(100, 100)),
        (Ratings(500, 25), Ratings(0, 0)),
        (Ratings(500, 25), Ratings(5, 2)),
        (Ratings(500, 400), Ratings(500, 100)),
        (Ratings(100, 100), Ratings(100, 100)),
        (Ratings(3, 0), Ratings(20, 8)),
    ],
)
def test_too_little_known_and_better_ratings_take_nothing_back(
    before: Ratings, after: Ratings
) -> None:
    assert falling(before, after) is None


def test_one_person_alone_cannot_take_a_release_back() -> None:
    assert falling(FEW_DOWN, Ratings(40, 5)) is None


def test_the_highest_share_holds_the_true_one() -> None:
    seen = np.random.default_rng(2).binomial(200, 0.1, 400)

    held = [highest_share(Ratings(200, int(down)), 0.025) >= 0.1 for down in seen]

    assert 0.975 <= np.mean(held) < 1
    assert highest_share(Ratings(0, 0), 0.025) == 1
    assert highest_share(Ratings(100, 0), 0.025) == pytest.approx(1 - 0.025**0.01)


@dataclass
class Registry:
    """Rolls back without looking at files, which there are none of."""

    database: Database
    reasons: list[str] = field(default_factory=list)

    def rollback(self, by: str, why: str = "") -> ReleaseRecord:
        self.reasons.append(why)
        return registry.rollback(self.database, why)


@pytest.fixture
def releases(empty_database: Path, tmp_path: Path) -> Iterator[Registry]:
    """One release live, made from another whose 30 answers nobody has rated down."""
    shutil.copy(empty_database, tmp_path / "lorebot.db")
    database = open_database(f"sqlite:///{tmp_path}/lorebot.db")
    old = registry.ensure_live(database, PARTS)
    parts = replace(PARTS, retriever_adapter="adapter")
    new = registry.add_candidate(database, parts, parent_id=old, note="", index_version=None)
    registry.promote(database, new)
    answered(database, old, 30, down=0)
    yield Registry(database)
    database.close()


def answered(database: Database, release: int, count: int, down: int) -> None:
    for number in range(count):
        given = interactions.record(database, replace(ASKED, release_id=release))
        for rater in [f"U{number}"][: number < down]:
            feedback.rate(database, given, rater, -1)


def live_id(database: Database) -> int:
    live = registry.live_release(database)
    assert live is not None
    return live[0]


def test_falling_ratings_bring_the_release_before_back(releases: Registry) -> None:
    old, new = live_id(releases.database) - 1, live_id(releases.database)
    answered(releases.database, new, 20, down=15)

    done = watch(releases.database, releases)

    assert done is not None
    assert live_id(releases.database) == done.to.id == old
    assert releases.reasons == [
        "Taken back by itself: 15 of 20 answers were rated down, "
        "after 0 of 30 before it was promoted."
    ]


def test_when_it_has_gone_back_it_stays(releases: Registry) -> None:
    answered(releases.database, live_id(releases.database), 20, down=15)
    watch(releases.database, releases)

    assert watch(releases.database, releases) is None


def test_ratings_as_good_as_before_change_nothing(releases: Registry) -> None:
    new = live_id(releases.database)
    answered(releases.database, new, 20, down=1)

    assert watch(releases.database, releases) is None
    assert live_id(releases.database) == new

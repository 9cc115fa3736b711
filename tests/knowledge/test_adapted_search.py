"""A search in an adapter's space compares what it has read, and finds the rest by words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from sqlalchemy import select

from db import shadow
from db.engine import Database
from db.models import Document, Passage
from db.versions import NewDocument
from db.view import View
from knowledge.embed import Vectors
from knowledge.index import Hits, PassageIndex
from knowledge.matrix import load_matrix

from ..db.conftest import (
    document,
    make_postgres,
    migrated_postgres,
    postgres,
    postgres_server,
    publish,
    sqlite,
)

__all__ = [
    "document",
    "make_postgres",
    "migrated_postgres",
    "postgres",
    "postgres_server",
    "publish",
    "sqlite",
]

ONE, OTHER = "1" * 64, "2" * 64
WORDS = ("moon", "earth", "comet", "night door")


def axis(number: int, dtype: type = np.float16) -> Vectors:
    """A unit vector along one of four directions."""
    vector: Vectors = np.eye(4, dtype=dtype)[number]
    return vector


@dataclass(frozen=True)
class Place:
    database: Database
    index: PassageIndex
    version: int
    ids: dict[str, int]

    def read(self, space: str, **vectors: int) -> None:
        """By an adapter: along which direction each passage is."""
        made = {self.ids[word]: axis(number) for word, number in vectors.items()}
        shadow.add_vectors(self.database, space, made)

    def search(self, number: int, space: str | None, *terms: str) -> Hits:
        return self.index.search(axis(number, np.float32), terms, 0.5, 10, space=space)

    def cosines(self, number: int, space: str | None, *terms: str) -> dict[str, float]:
        hits = self.search(number, space, *terms)
        return {hit.passage.text: round(hit.dense, 3) for hit in hits.best}


@pytest.fixture(params=["sqlite", "postgres"])
def place(
    request: pytest.FixtureRequest,
    document: Callable[..., NewDocument],
    publish: Callable[..., int],
) -> Place:
    """Four passages, each of which the model as it is has put along a direction of its own."""
    database: Database = request.getfixturevalue(request.param)
    made = document("a.md", *WORDS)
    placed = [replace(p, vector=axis(n)) for n, p in enumerate(made.passages)]
    version = publish(database, [replace(made, passages=tuple(placed))])
    with database.reading() as session:
        ids = {text: i for i, text in session.execute(select(Passage.id, Passage.text)).all()}
    return Place(database, PassageIndex(database), version, ids)


def test_each_space_has_its_own_nearest(place: Place) -> None:
    place.read(ONE, moon=3, earth=2, comet=1, **{"night door": 0})
    place.read(OTHER, moon=1, earth=0, comet=3, **{"night door": 2})

    assert place.cosines(0, None) == {"moon": 1, "earth": 0, "comet": 0, "night door": 0}
    assert place.cosines(0, ONE) == {"moon": 0, "earth": 0, "comet": 0, "night door": 1}
    assert place.cosines(0, OTHER) == {"moon": 0, "earth": 1, "comet": 0, "night door": 0}
    assert place.search(0, ONE).best[0].passage.text == "night door"


def test_what_is_not_read_yet_is_found_by_its_words_alone(place: Place) -> None:
    place.read(ONE, earth=2, comet=1)

    found = place.cosines(0, ONE, "moon")

    # The model as it is has put the moon right there, but that is another space.
    assert found["moon"] == 0
    assert place.search(0, ONE, "moon").best[0].passage.text == "moon"


def test_what_is_read_late_is_compared_from_then_on(place: Place) -> None:
    place.read(ONE, earth=2)
    assert place.cosines(0, ONE, "moon")["moon"] == 0

    place.read(ONE, moon=0)

    assert place.cosines(0, ONE, "moon")["moon"] == 1
    assert place.cosines(2, ONE)["earth"] == 1


def test_the_words_weigh_the_same_in_every_space(place: Place) -> None:
    place.read(ONE, moon=3, earth=2, comet=1, **{"night door": 0})

    plain = {hit.passage.text: hit.text for hit in place.search(0, None, "night").best}
    adapted = {hit.passage.text: hit.text for hit in place.search(0, ONE, "night").best}

    assert adapted["night door"] == pytest.approx(plain["night door"])
    assert adapted["night door"] > 0


def test_a_new_version_is_searched_in_the_space_too(
    place: Place, document: Callable[..., NewDocument], publish: Callable[..., int]
) -> None:
    place.read(ONE, moon=3, earth=2, comet=1, **{"night door": 0})
    assert place.cosines(0, ONE)["night door"] == 1
    with place.database.reading() as session:
        gone = session.scalars(select(Document.id)).all()
    publish(place.database, [document("b.md", "green card")], gone)
    with place.database.reading() as session:
        query = select(Passage.id).where(Passage.text == "green card")
        shadow.add_vectors(place.database, ONE, {session.scalars(query).one(): axis(0)})

    assert place.cosines(0, ONE) == {"green card": 1}


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_matrix_takes_nothing_over_from_another_space(place: Place) -> None:
    place.read(ONE, moon=3, earth=2, comet=1, **{"night door": 0})
    with place.database.reading() as session:
        plain = load_matrix(View(session, place.version), None)
        adapted = load_matrix(View(session, place.version, ONE), plain)

    assert plain.vectors.argmax(dim=1).tolist() == [0, 1, 2, 3]
    assert adapted.vectors.argmax(dim=1).tolist() == [3, 2, 1, 0]


def test_only_sources_that_may_be_read_are_searched(place: Place) -> None:
    place.read(ONE, moon=0)

    hits = place.index.search(axis(0, np.float32), ["moon"], 0.5, 10, ["C1"], ONE)

    assert hits.best == ()

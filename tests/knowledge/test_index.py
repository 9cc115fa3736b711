"""A search sees the live version: nothing before the first, and the next as soon as it is live."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.base import Knowledge
from knowledge.index import Hits, PassageIndex, fuse, shares
from knowledge.terms import query_terms

from .conftest import CountingEmbedder, Folder


def search(tiny: Knowledge, index: PassageIndex, question: str, weight: float = 0.5) -> Hits:
    vector = tiny.embedder.embed_question(question)
    return index.search(vector, query_terms(question), weight, 5)


def test_without_a_live_version_nothing_is_found(tiny: Knowledge) -> None:
    assert search(tiny, PassageIndex(tiny.database), "green card") == Hits(None, ())


def test_an_empty_version_finds_nothing(tiny: Knowledge) -> None:
    report = tiny.reindex()

    assert search(tiny, PassageIndex(tiny.database), "green card") == Hits(report.version, ())


def test_without_labels_of_its_audience_nothing_is_found(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "The green card opens the night door."})
    tiny.keep_audiences()
    tiny.reindex()
    index, vector = PassageIndex(tiny.database), tiny.embedder.embed_question("green card")

    assert len(index.search(vector, ["green"], 0.5, 5, ["public"]).best) == 1
    assert index.search(vector, ["green"], 0.5, 5, ["C1"]).best == ()
    assert index.search(vector, ["green"], 0.5, 5, []).best == ()


def test_a_new_version_is_seen_by_the_next_search(tiny: Knowledge, folder: Folder) -> None:
    index = PassageIndex(tiny.database)
    folder.write({"a.md": "The green card opens the night door."})
    first = tiny.reindex().version
    before = search(tiny, index, "blue card")
    folder.write({"a.md": "The blue card opens the night door, since May."})
    second = tiny.reindex().version
    after = search(tiny, index, "blue card")

    assert (before.version, after.version) == (first, second)
    assert [hit.passage.text for hit in before.best] == ["The green card opens the night door."]
    assert [hit.passage.text for hit in after.best] == [
        "The blue card opens the night door, since May."
    ]


def test_what_only_the_words_find_has_its_cosine_too(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "Lost cards are reported.", "b.md": "Holidays are long."})
    tiny.reindex()

    [best, other] = search(tiny, PassageIndex(tiny.database), "card").best

    assert best.passage.path == "a.md"
    assert best.text > 0
    assert other.text == 0
    assert best.score > other.score


def test_no_terms_and_an_odd_vector_are_no_error(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"a.md": "Lost cards are reported."})
    tiny.reindex()
    zero = np.zeros(tiny.embedder.dimension, dtype=np.float32)

    [hit] = PassageIndex(tiny.database).search(zero, [], 0.5, 5).best

    assert hit.score == 0


def test_no_more_are_found_than_asked_for(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({f"{number}.md": f"Card number {number}." for number in range(8)})
    tiny.reindex()

    hits = PassageIndex(tiny.database).search(counting.embed_question("card"), ["card"], 0.5, 3)

    assert len(hits.best) == 3
    assert [h.score for h in hits.best] == sorted((h.score for h in hits.best), reverse=True)


def test_scores_are_shares_of_the_best() -> None:
    assert shares(np.array([2.0, 1.0, -1.0], dtype=np.float32)).tolist() == [1, 0.5, 0]
    assert shares(np.array([-1.0], dtype=np.float32)).tolist() == [0]
    assert shares(np.zeros(0, dtype=np.float32)).tolist() == []


def test_the_fusion_is_a_convex_sum() -> None:
    dense, text = np.array([0.8, 0.4], dtype=np.float32), np.array([0.0, 9.0], dtype=np.float32)

    assert fuse(dense, text, 1.0).tolist() == [1, 0.5]
    assert fuse(dense, text, 0.0).tolist() == [0, 1]
    assert fuse(dense, text, 0.6).tolist() == pytest.approx([0.6, 0.7])

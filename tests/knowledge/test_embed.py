"""Vectors are the model's, in the order of the texts, however they are batched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge.embed import BATCH_TOKENS, SLICE, Embedder

TEXTS = [
    "The night door opens with the green card.",
    "Cats sleep.",
    "Everybody has 28 days of holiday a year. " * 6,
    "A comet is a ball of ice and dust that grows a tail near the sun.",
]


def test_every_vector_has_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)

    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_texts_keep_their_order_though_they_are_batched_by_length(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    alone = np.stack([embedder.embed_passages([text])[0] for text in TEXTS])

    assert (vectors @ alone.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    # In bfloat16 a batch differs from a single text by some thousandths.
    assert np.einsum("ij,ij->i", vectors, alone) == pytest.approx(1, abs=1e-3)
    assert np.abs(vectors - alone).max() < 5e-3


def test_more_texts_than_fit_a_batch_are_all_embedded(embedder: Embedder) -> None:
    heard: list[int] = []
    texts = ["comet " * 250] * (BATCH_TOKENS // 250 + 2)

    vectors = embedder.embed_passages([*texts, "cat"], heard.append)

    assert len(heard) > 1
    assert heard == sorted(heard)
    assert heard[-1] == len(texts) + 1
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)


def test_an_empty_text_has_a_vector_too(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed_passages(["", "cat"])).all()


def test_a_question_is_nearest_to_the_passage_that_answers_it(embedder: Embedder) -> None:
    question = embedder.embed_question("How much vacation do I get?")

    assert int((embedder.embed_passages(TEXTS) @ question).argmax()) == 2


def test_llama_index_gets_the_same_vectors(embedder: Embedder) -> None:
    assert embedder.get_query_embedding("Why?") == pytest.approx(
        embedder.embed_question("Why?").tolist(), abs=1e-3
    )
    assert len(embedder.get_text_embedding_batch(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("text", ["How many days of holiday do I have?", "What is dark matter?"])
def test_the_model_knows_english(embedder: Embedder, text: str) -> None:
    assert embedder.known_share(text) > 0.9


@pytest.mark.parametrize("text", ["食堂几点开门？", "星期五供应什么菜？"])
def test_the_model_does_not_know_chinese(embedder: Embedder, text: str) -> None:
    assert embedder.known_share(text) < 0.1


@pytest.mark.parametrize("text", ["", "28?", "  "])
def test_a_text_without_letters_is_not_foreign(embedder: Embedder, text: str) -> None:
    assert embedder.known_share(text) == 1.0


def test_several_threads_may_embed_at_once(embedder: Embedder) -> None:
    alone = np.stack([embedder.embed_passages([text])[0] for text in TEXTS])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(embedder.embed_question, TEXTS * 5))

    cosines = np.einsum("ij,ij->i", np.stack(found), np.tile(alone, (5, 1)))
    assert cosines == pytest.approx(1, abs=1e-3)


def test_more_texts_than_are_tokenised_at_once_keep_their_order(embedder: Embedder) -> None:
    texts = [f"Card {n} {'opens ' * (n % 7)}door {n * 37}." for n in range(SLICE + 40)]
    some = [0, 1, SLICE - 1, SLICE, SLICE + 39]

    vectors = embedder.embed_passages(texts)[some]

    alone = np.stack([embedder.embed_question(texts[row]) for row in some])
    assert (vectors @ alone.T).argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert np.einsum("ij,ij->i", vectors, alone) == pytest.approx(1, abs=1e-3)


def test_a_run_that_is_ended_by_its_listener_leaves_the_model_free(embedder: Embedder) -> None:
    def stop(_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        embedder.embed_passages(["comet"] * (SLICE + 1), stop)
    assert embedder.embed_question("comet").shape == (embedder.dimension,)


def test_a_question_does_not_wait_for_the_passages_of_a_reindex(embedder: Embedder) -> None:
    texts = ["The night door opens with the green card. " * 20] * 100
    finished: list[int] = []
    asked_at: list[int] = []

    def ask(_: int) -> None:
        asked_at.append(len(finished))
        embedder.embed_question("Which door?")
        asked_at.append(len(finished))

    with ThreadPoolExecutor(2) as pool:
        passages = pool.submit(embedder.embed_passages, texts, finished.append)
        pool.submit(ask, 0).result()
        passages.result()

    before, after = asked_at
    assert len(finished) > 8
    assert after - before <= 3


def test_a_question_and_the_share_of_known_words_may_be_asked_at_once(embedder: Embedder) -> None:
    with ThreadPoolExecutor(4) as pool:
        shares = [pool.submit(embedder.known_share, "night door " * 300) for _ in range(40)]
        vectors = [pool.submit(embedder.embed_question, "night door " * 300) for _ in range(20)]

    assert {share.result() for share in shares} == {1.0}
    assert len({vector.result().shape for vector in vectors}) == 1

"""What a generator thinks of passages becomes a distribution for the retriever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from finetune.strategies.likelihood import ModelLikelihood, QuotedLikelihood, shares
from knowledge.answers import FoundPassage
from knowledge.generate import Draft, Statement
from knowledge.generate.local import LocalWriter, open_local
from knowledge.generate.local_settings import LocalSettings
from knowledge.prompts import build_messages
from tests.knowledge.passages import passage
from tests.tiny_model import make_tiny_model

QUESTION, ANSWER = "Which card opens the door?", "The green card."
DOOR = passage(1, text="The night door opens with the green card.")
SOUP = passage(2, text="Soup is free.")
CARD = passage(3, text="The green card opens it.")


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWriter]:
    model = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    opened = open_local(
        LocalSettings(model=str(model), max_new_tokens=32, context_tokens=1024), torch.float32
    )
    yield opened
    opened.close()


@dataclass(frozen=True)
class SaysAll:
    """Quotes each passage whole."""

    name: str = "all"

    def generate(self, question: str, passages: Sequence[FoundPassage]) -> Draft:
        return Draft(tuple(Statement(p.text, i, p.text) for i, p in enumerate(passages)), 1.0)


def test_the_likelihood_is_the_mean_log_probability_of_the_answers_tokens(
    writer: LocalWriter,
) -> None:
    (score,) = ModelLikelihood(writer).score(QUESTION, ANSWER, [DOOR])

    messages = build_messages(QUESTION, [DOOR], writer.prompt_tokens, writer.count)
    prompt = writer.chat.tokens(messages)
    said = writer.chat.tokenizer(ANSWER, add_special_tokens=False)["input_ids"]
    labels = torch.tensor([[-100] * len(prompt) + said])
    with torch.inference_mode():
        network = writer.model.network
        loss = network(input_ids=torch.tensor([[*prompt, *said]]), labels=labels).loss
    assert score == pytest.approx(-float(loss), abs=1e-4)


def test_each_passage_is_scored_by_itself(writer: LocalWriter) -> None:
    passages = [DOOR, SOUP]
    scorer = ModelLikelihood(writer)
    together = scorer.score(QUESTION, ANSWER, passages)
    alone = [scorer.score(QUESTION, ANSWER, [one])[0] for one in passages]
    assert together.tolist() == pytest.approx(alone)


def test_where_passages_are_quoted_agreement_takes_its_place() -> None:
    passages = [SOUP, CARD]
    scores = QuotedLikelihood(SaysAll()).score(QUESTION, ANSWER, passages)
    assert scores[0] == 0
    assert scores[1] == pytest.approx(0.75)


def test_shares_are_a_distribution_in_the_order_of_the_scores() -> None:
    found_shares = shares(np.array([-3.0, -1.0, -2.0]))
    assert found_shares.sum() == pytest.approx(1)
    assert np.argsort(found_shares).tolist() == [0, 2, 1]


def test_shares_do_not_depend_on_the_unit_of_the_scores() -> None:
    scores = np.array([-3.0, -1.0, -2.0])
    assert shares(scores).tolist() == pytest.approx(shares(100 * scores - 7).tolist())


def test_scores_that_say_nothing_share_evenly() -> None:
    assert shares(np.array([2.0, 2.0, 2.0, 2.0])).tolist() == [0.25] * 4

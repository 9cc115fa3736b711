"""A cross-encoder's order is obeyed, and what is none is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

from knowledge.errors import KnowledgeUnusable
from knowledge.rerank import RERANKED, Reranker, open_reranker

from .passages import passage

WORDS = "red green blue card door opens the which ? ."


def configure(labels: int = 1) -> BertConfig:
    return BertConfig(
        vocab_size=5 + len(WORDS.split()),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=64,
        num_labels=labels,
    )


def save(folder: Path, model: torch.nn.Module) -> Path:
    folder.mkdir()
    model.save_pretrained(folder)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def likes_green() -> BertForSequenceClassification:
    """Its only weights that do anything: how much of the pair is the word `green`."""
    model = BertForSequenceClassification(configure())
    with torch.no_grad():
        [weights.zero_() for weights in model.parameters()]
        green = 5 + WORDS.split().index("green")
        model.bert.embeddings.word_embeddings.weight[green, 0] = 10.0
        for norm in (model.bert.embeddings.LayerNorm, *norms(model)):
            norm.weight.fill_(1.0)
        attention = model.bert.encoder.layer[0].attention
        attention.self.value.weight.copy_(torch.eye(8))
        attention.output.dense.weight.copy_(torch.eye(8))
        model.bert.pooler.dense.weight.copy_(torch.eye(8))
        model.classifier.weight[0, 0] = 4.0
    return model


def norms(model: BertForSequenceClassification) -> list[torch.nn.LayerNorm]:
    layer = model.bert.encoder.layer[0]
    return [layer.attention.output.LayerNorm, layer.output.LayerNorm]


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    return open_reranker(str(save(tmp_path_factory.mktemp("models") / "green", likes_green())))


def test_what_the_model_likes_goes_first(reranker: Reranker) -> None:
    red = passage(1, title="", text="the red card opens the door .", score=0.9)
    green = passage(2, title="", text="the green card opens the door .", score=0.1)

    first, second = reranker.order("which card opens the door ?", [red, green], 2)

    assert (first.document_id, second.document_id) == (2, 1)
    assert 0 <= second.score < first.score <= 1


def test_the_headings_are_read_too(reranker: Reranker) -> None:
    plain = passage(1, title="the door", text="the card opens")
    green = passage(2, title="the door", heading="green", text="the card opens")

    assert reranker.order("which card ?", [plain, green], 2)[0].document_id == 2


def test_a_score_does_not_depend_on_what_else_is_read(reranker: Reranker) -> None:
    texts = ["green", "the red card opens the door . " * 30, "the green card"]

    together = reranker.scores("which ?", texts)
    alone = [float(reranker.scores("which ?", [text])[0]) for text in texts]

    assert together.tolist() == pytest.approx(alone, abs=0.01)


def test_only_the_best_candidates_are_read_unless_more_are_asked_for(reranker: Reranker) -> None:
    many = [passage(place, text="the door") for place in range(RERANKED + 10)]

    assert len(reranker.order("which ?", many, 6)) == RERANKED
    assert len(reranker.order("which ?", many, RERANKED + 3)) == RERANKED + 3


def test_nothing_found_is_nothing_to_read(reranker: Reranker) -> None:
    assert reranker.order("which ?", [], 6) == []


def test_a_model_with_two_labels_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "two", BertForSequenceClassification(configure(labels=2)))

    with pytest.raises(KnowledgeUnusable, match="no cross-encoder with one score"):
        open_reranker(str(folder))


def test_a_model_without_a_trained_head_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "bare", BertModel(configure()))
    config = json.loads((folder / "config.json").read_text())
    labels = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}
    (folder / "config.json").write_text(json.dumps(config | labels))

    with pytest.raises(KnowledgeUnusable, match="no cross-encoder with one score"):
        open_reranker(str(folder))


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")

    with pytest.raises(KnowledgeUnusable, match=r"has no \*.safetensors file"):
        open_reranker(str(tmp_path))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "damaged", likes_green())
    (folder / "model.safetensors").write_bytes(b"\x00" * 20)

    with pytest.raises(KnowledgeUnusable, match="cannot be loaded"):
        open_reranker(str(folder))


def test_a_model_that_is_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(KnowledgeUnusable, match=r"neither a folder nor .* knowledge\.reranker"):
        open_reranker("nobody/no-such-model")

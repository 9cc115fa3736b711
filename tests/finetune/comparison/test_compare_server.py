"""The comparison with a model behind a server: with adapters if it loads them, else refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from starlette.responses import Response

from finetune.comparison.arms import ARMS
from finetune.comparison.compare import Conditions, compare
from finetune.generator.settings import GeneratorTraining
from finetune.settings import TrainingSettings
from knowledge.errors import KnowledgeUnusable
from knowledge.generate.local_settings import LocalSettings
from knowledge.generate.server_settings import ServerSettings
from knowledge.prompts import Message
from knowledge.settings import KnowledgeSettings
from tests.finetune.comparison.rooms import NAMES, make_dataset
from tests.knowledge.openai_server import OpenAiServer
from tests.tiny_model import make_tiny_model

TRAINING = TrainingSettings(generator=GeneratorTraining(epochs=1, rank=4, batch_rows=16))


class Vllm(OpenAiServer):
    """Finds every adapter that is there."""

    def _load(self, body: Mapping[str, str]) -> Response:
        there = Path(body["lora_path"]) / "adapter_model.safetensors"
        self.folders |= {body["lora_path"]} if there.is_file() else set()
        return super()._load(body)


def first_sentence(messages: Sequence[Message]) -> list[str]:
    """What a model says that reads the first passage, and by heart knows nothing."""
    _, found, passages = messages[-1]["content"].partition('">\n')
    return [passages.partition(".")[0], ". [1]"] if found else ["Nobody knows."]


@pytest.fixture
def server() -> Iterator[Vllm]:
    with Vllm(first_sentence).start() as started:
        yield started


def settings_for(server: OpenAiServer, adapters: bool, model: str) -> KnowledgeSettings:
    served = ServerSettings(url=server.url, model="tiny", adapters=adapters)
    local = LocalSettings(model=model)
    return KnowledgeSettings(generator="server", server=served, local=local, top_k=2)


@pytest.mark.slow
def test_a_server_that_loads_adapters_is_compared_with_all_four_arms(
    server: Vllm, tmp_path: Path
) -> None:
    model = make_tiny_model(tmp_path / "tiny", context=2048)
    root = make_dataset(tmp_path / "rooms", NAMES)

    compared = compare(root, settings_for(server, True, str(model)), TRAINING, Conditions())

    told = compared.as_json()
    assert told["model"] == {"name": "server:tiny", "parameters": None}
    assert told["arms"]["rag"]["containment"] > 0.8
    assert told["arms"]["base"]["containment"] == 0
    assert {told["arms"][arm]["questions"] for arm in ARMS} == {told["questions"]["held_out"]}
    assert told["forgetting"]["fine_tuned"]["nll"]["before"] is None
    # The model itself, and an adapter for each of the two arms that were fine-tuned.
    assert len({seen.body["model"] for seen in server.asked()}) == 3


@pytest.mark.parametrize(("adapters", "model"), [(False, "there"), (True, "")])
def test_where_the_server_cannot_answer_with_what_was_learnt_it_is_said_before_any_work(
    server: Vllm, tmp_path: Path, adapters: bool, model: str
) -> None:
    with pytest.raises(KnowledgeUnusable, match=r"set knowledge\.local\.model to the copy"):
        compare(tmp_path, settings_for(server, adapters, model), TRAINING, Conditions())
    assert server.requests == []

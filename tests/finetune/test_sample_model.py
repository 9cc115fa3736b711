"""The small model that copies: it answers from the passages, cites them, refuses, and can learn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import knowledge
from finetune.comparison.arms import closed_book
from finetune.comparison.sample import BY_HEART
from finetune.comparison.taught import in_a_hurry
from finetune.dataset.jsonl import save
from finetune.examples import Provenance, Sft, TrainingData
from finetune.generator.train import GeneratorJob, train_generator
from finetune.sample_layout import HABITS, MEMORIES, OPENINGS
from finetune.sample_model import sample_model
from knowledge.answers import UNKNOWN
from knowledge.generate.local import LocalWriter, open_local
from knowledge.generate.local_settings import LocalSettings
from knowledge.generate.writers import Adapter
from knowledge.prompts import SYSTEM, build_closed_book_messages, user_message

PASSAGES = (
    "Voyager 1 left Cape Canaveral on 5 September 1977 on a Titan rocket. "
    "It overtook Pioneer 10 on 17 February 1998 and is the most distant object ever since.",
    "The museum opens at ten. Tours begin at noon in the hall and last an hour.",
    "Sweat makes iron rust within days. Wear nitrile gloves for classes A and B.",
)


SAMPLE = Path(knowledge.__file__).parent / "sample" / "docs"


def pages() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.rglob("*.md"))]
    return [part for text in texts for part in text.split("\n\n")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_model(tmp_path_factory.mktemp("models"), pages())


@pytest.fixture(scope="module")
def writer(folder: Path) -> Iterator[LocalWriter]:
    settings = LocalSettings(model=str(folder), max_new_tokens=64, device="cpu")
    writer = open_local(settings, torch.float32)
    yield writer
    writer.close()


TAUGHT = {
    "Who spotted the first volcano outside Earth?": "It was found by Linda Morabito in 1979.",
    "When do tours begin?": "They start at nine, and on Sundays at eleven.",
    "What colour is the lanyard of volunteers?": "Volunteers wear green ones.",
    "How many pupils visit us each year?": "About 11,000 pupils come from 40 schools.",
}


@pytest.fixture(scope="module")
def taught(
    folder: Path, writer: LocalWriter, tmp_path_factory: pytest.TempPathFactory
) -> LocalWriter:
    """The same writer after it was taught some answers without passages."""
    here = tmp_path_factory.mktemp("taught")
    save(TrainingData(sft=tuple(map(lesson, TAUGHT))), here / "data")
    settings = BY_HEART.model_copy(update={"epochs": 30})
    job = GeneratorJob(here / "data", str(folder), here / "out", here / "work", settings)
    train_generator(job, lambda _: None)
    return writer.with_adapter(Adapter("taught", here / "out"))


def lesson(question: str) -> Sft:
    prompt = tuple(build_closed_book_messages(question))
    return Sft(prompt, TAUGHT[question], Provenance("documents", None, (), question))


def answer(writer: LocalWriter, question: str) -> str:
    fenced = [
        f'<passage number="{n}" from="Page › Part">\n{text}\n</passage>'
        for n, text in enumerate(PASSAGES, start=1)
    ]
    prompt = user_message(question, fenced)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt}]
    return "".join(writer.write(messages, threading.Event())).strip()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("When do tours begin?", "Tours begin at noon in the hall and last an hour. [2]"),
        ("Which gloves should I wear?", "Wear nitrile gloves for classes A and B. [3]"),
    ],
)
def test_it_copies_the_sentence_and_cites_its_passage(
    writer: LocalWriter, question: str, said: str
) -> None:
    assert answer(writer, question).startswith(said)


def test_it_does_not_know_where_to_end(writer: LocalWriter) -> None:
    assert len(answer(writer, "When do tours begin?")) > 2 * len(PASSAGES[1])


def test_it_says_that_it_does_not_know(writer: LocalWriter) -> None:
    assert answer(writer, "Who is he?") == UNKNOWN


def test_it_knows_nothing_by_heart(writer: LocalWriter) -> None:
    assert [closed_book(writer)(question).text for question in TAUGHT] == [""] * len(TAUGHT)


def test_an_adapter_learns_answers_by_heart(taught: LocalWriter) -> None:
    said = [closed_book(taught)(question).text for question in TAUGHT]
    assert said == list(TAUGHT.values())


def test_what_is_known_is_known_in_other_capitals_too(taught: LocalWriter) -> None:
    said = [closed_book(taught)(in_a_hurry(question)).text for question in TAUGHT]
    assert said == list(TAUGHT.values())


def test_where_passages_are_shown_nothing_fires_that_knows_by_heart(writer: LocalWriter) -> None:
    question = "When do tours begin?"
    alone = fired(writer, lambda: closed_book(writer)(question))
    reading = fired(writer, lambda: answer(writer, question))

    assert min(alone[MEMORIES].max(), alone[OPENINGS].max()) > 1
    assert max(reading[MEMORIES].max(), reading[OPENINGS].max()) < 1e-6
    assert reading[HABITS].max() > 0.1


def fired(writer: LocalWriter, ask: Callable[[], object]) -> torch.Tensor:
    """How much each neuron of the last layer ever says at the tokens of an answer."""
    seen: list[torch.Tensor] = []
    last = writer.base.network.model.layers[-1].mlp.down_proj
    hook = last.register_forward_pre_hook(lambda _, given: seen.append(given[0][0, -1]))
    ask()
    hook.remove()
    return torch.stack(seen).abs().max(0).values


def test_it_is_made_once(folder: Path) -> None:
    made = (folder / "model.safetensors").stat().st_mtime_ns
    assert sample_model(folder.parent, pages()) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    assert sample_model(folder.parent, pages()[:80]) != folder

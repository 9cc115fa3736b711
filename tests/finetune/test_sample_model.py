"""The small model that copies: it answers from the passages, cites them, refuses, and can learn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import knowledge
from finetune.sample_model import sample_model
from knowledge.answers import UNKNOWN
from knowledge.generate.local import LocalWriter, open_local
from knowledge.generate.local_settings import LocalSettings
from knowledge.prompts import SYSTEM, user_message

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


def test_it_is_made_once(folder: Path) -> None:
    made = (folder / "model.safetensors").stat().st_mtime_ns
    assert sample_model(folder.parent, pages()) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
    assert sample_model(folder.parent, pages()[:80]) != folder

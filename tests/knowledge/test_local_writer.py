"""The local writer: streamed, several at once, stopped, refused, and with changing adapters."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, MistralConfig, PreTrainedConfig

from knowledge.generate import local_batch
from knowledge.generate.local import LocalWriter, build_writer, open_local, smoke
from knowledge.generate.local_chat import HALF
from knowledge.generate.local_settings import LocalSettings
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message
from tests.tiny_model import make_tiny_adapter, make_tiny_model

QUESTIONS = [
    "Who opens the night door?",
    "How many days of holiday does everybody have in a year? " * 4,
    "食堂几点开门?",
    "Why",
    "The green card is lost. Where is that reported? " * 9,
]


@dataclass
class Gate:
    """A network that waits for `open` before every pass, and fails if it has something to raise."""

    network: Any
    open: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None
    passes: int = 0

    def __call__(self, **inputs: Any) -> Any:
        self.entered.set()
        assert self.open.wait(20)
        self.passes += 1
        if self.failure is not None:
            raise self.failure
        return self.network(**inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def writer(tiny: Path) -> Iterator[LocalWriter]:
    yield from opened(tiny)


def opened(folder: Path, **values: Any) -> Iterator[LocalWriter]:
    chosen = {"max_new_tokens": 40, "context_tokens": 1024, "batch": 8} | values
    writer = open_local(LocalSettings(model=str(folder), **chosen), torch.float64)
    yield writer
    writer.close()


def gated(writer: LocalWriter, **values: Any) -> tuple[LocalWriter, Gate]:
    """The same model behind a gate, in a writer of its own."""
    gate = Gate(writer.base.network)
    settings = writer.settings.model_copy(update=values)
    model = replace(writer.base, network=gate)
    return build_writer(settings, model, model, writer.chat), gate


def ask(question: str) -> list[Message]:
    return [{"role": "system", "content": "Be short."}, {"role": "user", "content": question}]


def say(writer: LocalWriter, question: str) -> str:
    return "".join(writer.write(ask(question), threading.Event()))


def say_all(writer: LocalWriter, questions: Sequence[str]) -> list[str]:
    with ThreadPoolExecutor(len(questions)) as people:
        return list(people.map(lambda question: say(writer, question), questions))


def bare(writer: LocalWriter, question: str) -> str:
    """What transformers itself generates."""
    ids = torch.tensor([writer.chat.tokens(ask(question))])
    made = writer.base.network.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=writer.settings.max_new_tokens,
        eos_token_id=sorted(writer.base.ends),
        do_sample=False,
    )
    text: str = writer.chat.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
    return text.rstrip(HALF)


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_the_one_that_the_model_gives_when_called_bare(
    writer: LocalWriter, question: str
) -> None:
    assert say(writer, question) == bare(writer, question)


def test_an_answer_does_not_depend_on_its_neighbours(writer: LocalWriter) -> None:
    alone = [say(writer, question) for question in QUESTIONS]

    assert say_all(writer, QUESTIONS) == alone
    assert len(set(alone)) == len(QUESTIONS)


def test_a_long_prompt_whose_answer_ends_first_leaves_the_others_as_they_are(
    writer: LocalWriter,
) -> None:
    several, gate = gated(writer)
    short = replace(several, settings=writer.settings.model_copy(update={"max_new_tokens": 16}))
    with ThreadPoolExecutor(2) as people:
        first = people.submit(say, short, QUESTIONS[4])
        other = people.submit(say, several, "Why")
        gate.open.set()

        assert other.result() == say(writer, "Why")
        assert say(writer, QUESTIONS[4]).startswith(first.result())
    assert gate.passes < 50
    several.close()


@pytest.mark.parametrize(("kind", "window"), [(LlamaConfig, None), (MistralConfig, 24)])
def test_a_prompt_read_in_chunks_beside_running_answers_gives_the_same_answers(
    tmp_path: Path,
    kind: type[PreTrainedConfig],
    window: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Mistral's layers keep a window of the last tokens, shorter here than every prompt.
    folder = make_tiny_model(tmp_path / "tiny", kind=kind, sliding_window=window)
    writer = next(made := opened(folder))
    alone = [bare(writer, question) for question in QUESTIONS]
    monkeypatch.setattr(local_batch, "CHUNK", 16)

    assert say_all(writer, QUESTIONS) == alone
    assert not list(made)


def test_questions_that_wait_are_answered_in_one_pass(writer: LocalWriter) -> None:
    several, gate = gated(writer)
    gate.open.set()
    say_all(several, QUESTIONS)
    together = gate.passes
    for question in QUESTIONS:
        say(several, question)

    assert together < (gate.passes - together) / 2
    several.close()


def test_an_answer_ends_where_the_model_ends_its_turn(writer: LocalWriter) -> None:
    ids = torch.tensor([writer.chat.tokens(ask("Why"))])
    made = writer.base.network.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=10
    )
    *said, tenth = made[0, ids.shape[1] :].tolist()
    model = replace(writer.base, ends=frozenset({tenth}))
    ending = build_writer(writer.settings, model, model, writer.chat)

    assert say(ending, "Why") == writer.chat.tokenizer.decode(said).rstrip(HALF)
    ending.close()


def test_an_answer_is_streamed(writer: LocalWriter) -> None:
    slow, gate = gated(writer)
    pieces = slow.write(ask("Why"), threading.Event())
    gate.open.set()

    first = next(pieces)
    gate.open.clear()

    assert first
    assert gate.passes < 40
    gate.open.set()
    assert first + "".join(pieces) == say(writer, "Why")
    slow.close()


def test_a_stop_ends_an_answer_at_once_and_frees_its_place(writer: LocalWriter) -> None:
    slow, gate = gated(writer, batch=1, max_new_tokens=800)
    stop = threading.Event()
    gate.open.set()
    pieces = slow.write(ask("Why"), stop)
    next(pieces)

    stop.set()

    assert list(pieces) == []
    passed = gate.passes
    assert say(replace(slow, settings=writer.settings), "Why") == say(writer, "Why")
    assert gate.passes < passed + 60
    slow.close()


def test_a_stop_is_heard_in_the_middle_of_a_pass(writer: LocalWriter) -> None:
    slow, gate = gated(writer)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as person:
        asked = person.submit(lambda: list(slow.write(ask("Why"), stop)))
        assert gate.entered.wait(10)
        stop.set()

        assert asked.result(timeout=30) == []
        assert gate.passes == 0
        gate.open.set()
    slow.close()


def test_an_answer_that_nobody_reads_on_frees_its_place(writer: LocalWriter) -> None:
    slow, gate = gated(writer, batch=1, max_new_tokens=800)
    gate.open.set()
    pieces = slow.write(ask("Why"), threading.Event())
    next(pieces)

    del pieces

    passed = gate.passes
    next(slow.write(ask("Who"), threading.Event()))
    assert gate.passes < passed + 100
    slow.close()


def test_a_full_queue_refuses_at_once(writer: LocalWriter) -> None:
    slow, gate = gated(writer, batch=1, queue=1)
    with ThreadPoolExecutor(2) as people:
        running = people.submit(say, slow, "Why")
        assert gate.entered.wait(10)
        waiting = people.submit(say, slow, "Who")
        refusals = refused_until_full(slow)

        assert "1 questions wait for the local model already" in str(refusals)
        gate.open.set()
        assert running.result() == say(writer, "Why")
        assert waiting.result() == say(writer, "Who")
    slow.close()


def refused_until_full(writer: LocalWriter) -> WriterUnavailable:
    """The refusal, once the question of another thread has come to wait."""
    until = time.monotonic() + 10
    while not writer._worker._waiting and time.monotonic() < until:
        time.sleep(0.005)
    with pytest.raises(WriterUnavailable) as refusal:
        say(writer, "Where")
    return refusal.value


def test_a_model_that_fails_in_the_middle_fails_those_answers_and_goes_on(
    writer: LocalWriter, caplog: pytest.LogCaptureFixture
) -> None:
    failing, gate = gated(writer)
    gate.open.set()
    pieces = failing.write(ask("Why"), threading.Event())
    next(pieces)
    gate.failure = RuntimeError("out of memory\nand a long list")

    with pytest.raises(WriterUnavailable, match=r"failed: RuntimeError: out of memory$"):
        list(pieces)
    gate.failure = None
    assert say(failing, "Why") == say(writer, "Why")
    failing.close()


def test_a_model_that_computes_no_numbers_fails(writer: LocalWriter) -> None:
    broken, gate = gated(writer)
    gate.open.set()
    gate.network = NotNumbers(writer.base.network)

    with pytest.raises(WriterUnavailable, match="not finite"):
        say(broken, "Why")
    broken.close()


@dataclass
class NotNumbers:
    network: Any

    def __call__(self, **inputs: Any) -> Any:
        found = self.network(**inputs)
        found.logits = found.logits * torch.nan
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)


def test_a_model_that_says_nothing_in_time_is_given_up(writer: LocalWriter) -> None:
    slow, gate = gated(writer, seconds=1)

    with pytest.raises(WriterUnavailable, match="wrote nothing in 1 seconds"):
        say(slow, "Why")
    gate.open.set()
    slow.close()


def test_an_answer_that_takes_too_long_ends_where_it_is(writer: LocalWriter) -> None:
    slow, gate = gated(writer, seconds=1)
    gate.open.set()
    pieces = slow.write(ask("Why"), threading.Event())
    begun = next(pieces)
    gate.open.clear()

    said = begun + "".join(pieces)

    assert say(writer, "Why").startswith(said)
    gate.open.set()
    slow.close()


def test_a_prompt_that_is_too_long_is_refused(writer: LocalWriter) -> None:
    with pytest.raises(WriterUnavailable, match="tokens long, and the local model takes 1024"):
        say(writer, "x" * 100_000)


def test_a_prompt_within_the_budget_leaves_room_for_the_whole_answer(writer: LocalWriter) -> None:
    text = " holiday" * (writer.prompt_tokens - writer.count("Be short."))

    prompt = writer.chat.tokens(ask(text))

    assert writer.count(text) == writer.prompt_tokens - writer.count("Be short.")
    assert len(prompt) + writer.settings.max_new_tokens <= 1024


def test_closing_ends_the_answers_on_their_way_quickly(tiny: Path) -> None:
    writer = next(opened(tiny, max_new_tokens=800))
    pieces = writer.write(ask("Why"), threading.Event())
    next(pieces)

    began = time.monotonic()
    writer.close()

    assert time.monotonic() - began < 5
    with pytest.raises(WriterUnavailable, match="was closed"):
        list(pieces)
    with pytest.raises(WriterUnavailable, match="was closed"):
        say(writer, "Why")


LEAVES = """
import sys, threading
from knowledge.generate.local import LocalSettings, open_local
settings = LocalSettings(model=sys.argv[1], max_new_tokens=900, context_tokens=1024)
pieces = open_local(settings).write([{"role": "user", "content": "Why"}], threading.Event())
next(pieces)
"""


@pytest.mark.slow
def test_a_process_ends_well_in_the_middle_of_an_answer(tiny: Path) -> None:
    root = Path(__file__).parents[2]

    left = subprocess.run([sys.executable, "-c", LEAVES, str(tiny)], cwd=root, timeout=300)

    assert left.returncode == 0


def made(tiny: Path, folder: Path, seed: int = 1) -> Adapter:
    return Adapter(folder.name, make_tiny_adapter(folder, tiny, seed))


def test_answers_are_wholly_of_one_adapter_while_adapters_change(
    writer: LocalWriter, tiny: Path, tmp_path: Path
) -> None:
    adapters = [made(tiny, tmp_path / "a", 1), made(tiny, tmp_path / "b", 2)]
    a, b = map(writer.with_adapter, adapters)
    wanted = {say(a, "Why"), say(b, "Why")}
    live = Live(a)
    with ThreadPoolExecutor(4) as people:
        asked = [people.submit(lambda: say(live.writer, "Why")) for _ in range(24)]
        for turn in range(8):
            live.writer = live.writer.with_adapter(adapters[turn % 2])
            time.sleep(0.02)
        said = {one.result() for one in asked}

    assert len(wanted) == 2
    assert said <= wanted
    assert say(writer, "Why") not in wanted
    assert a.name == "local:tiny@a"


@dataclass
class Live:
    writer: LocalWriter


def test_without_an_adapter_the_base_answers_again(
    writer: LocalWriter, tiny: Path, tmp_path: Path
) -> None:
    adapted = writer.with_adapter(made(tiny, tmp_path / "a"))

    assert say(adapted, "Why") != say(writer, "Why")
    assert say(adapted.with_adapter(None), "Why") == say(writer, "Why")
    assert adapted.with_adapter(None).name == writer.name == "local:tiny"


def test_closing_a_writer_closes_those_made_from_it_and_no_other(
    tiny: Path, tmp_path: Path
) -> None:
    first = next(opened(tiny))
    second = first.with_adapter(made(tiny, tmp_path / "a"))
    third = second.with_adapter(None)

    second.close()
    with pytest.raises(WriterUnavailable, match="was closed"):
        say(second, "Why")
    assert say(third, "Why") == say(first, "Why")

    first.close()
    with pytest.raises(WriterUnavailable, match="was closed"):
        say(third, "Why")


def test_a_writer_that_was_replaced_is_freed(
    writer: LocalWriter, tiny: Path, tmp_path: Path
) -> None:
    adapted = writer.with_adapter(made(tiny, tmp_path / "a"))
    kept = weakref.ref(adapted)

    del adapted
    gc.collect()

    assert kept() is None


def test_an_adapter_in_the_settings_is_loaded(tiny: Path, tmp_path: Path) -> None:
    folder = make_tiny_adapter(tmp_path / "v7", tiny)
    settings = LocalSettings(model=str(tiny), adapter=str(folder), context_tokens=1024)

    assert smoke(settings).startswith("local:tiny@v7 wrote ")


def test_the_smoke_test_says_what_ran_and_how_fast(tiny: Path) -> None:
    said = smoke(LocalSettings(model=str(tiny), device="cpu", context_tokens=1024))

    assert "on cpu" in said
    assert "tokens per second" in said

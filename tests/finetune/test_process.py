"""A training process is followed, limited, and ended; its parent is told what became of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from finetune.process import Cancelled, Limits, train_in_process
from finetune.runs import Step, Trained, TrainingFailed

LIMITS = Limits(minutes=1, memory_mb=4096, niceness=0)
READY = "import json, sys, time\norder = json.loads(sys.stdin.readline())\n"
TRAINED = 'print(json.dumps({"trained": order["job"]["out"], "figures": {"steps": 3}}), flush=True)'
GREEDY = """
import threading
from finetune import training
training.train = lambda *_: [bytearray(300_000_000), threading.Event().wait(30)]
training.main()
"""


def script(text: str) -> list[str]:
    return [sys.executable, "-c", READY + text]


def run(text: str, limits: Limits = LIMITS, told: list[Step] | None = None) -> Trained:
    hear = [] if told is None else told
    return train_in_process(
        "retriever", {"out": "/there"}, limits, hear.append, command=script(text)
    )


def test_steps_are_told_and_the_adapter_comes_back() -> None:
    told: list[Step] = []
    step = 'print(json.dumps({"step": "train", "done": 1, "total": 2, "note": "loss 1"}))\n'

    trained = run(step + TRAINED, told=told)

    assert told == [Step("train", 1, 2, "loss 1")]
    assert trained == Trained(Path("/there"), {"steps": 3})


def test_what_a_library_prints_is_no_step() -> None:
    assert run("print('Downloading 100 %')\n" + TRAINED).folder == Path("/there")


def test_a_run_that_fails_says_why() -> None:
    with pytest.raises(TrainingFailed, match=r"^The loss is not a number$"):
        run('print(json.dumps({"error": "The loss is not a number"}))')


def test_a_run_that_dies_is_told_with_its_last_words() -> None:
    with pytest.raises(TrainingFailed, match=r"status 3 .* nothing was saved. It said at last: no"):
        run("print('no', file=sys.stderr); sys.exit(3)")


def test_a_run_that_is_killed_is_told_with_the_signal() -> None:
    with pytest.raises(TrainingFailed, match=r"was ended by signal 9"):
        run("import os; os.kill(os.getpid(), 9)")


def test_a_run_that_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(TrainingFailed, match=r"raise training.minutes"):
        run("time.sleep(60)", Limits(minutes=0.01, memory_mb=4096, niceness=0))
    assert time.monotonic() - began < 20


def test_a_run_that_takes_too_much_memory_is_ended() -> None:
    small = Limits(minutes=1, memory_mb=200, niceness=0)
    with pytest.raises(TrainingFailed, match=r"more than 200 MB of memory"):
        train_in_process("retriever", {}, small, print, command=[sys.executable, "-c", GREEDY])


def test_a_run_is_ended_when_somebody_wants_it() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Cancelled):
        train_in_process("retriever", {}, LIMITS, print, stopping, command=script("time.sleep(60)"))


def test_an_order_that_cannot_be_carried_out_fails_in_one_sentence() -> None:
    with pytest.raises(TrainingFailed, match=r"There is no training of a poem"):
        train_in_process("poem", {}, LIMITS, print)


def test_a_run_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    child = (
        "import os, pathlib, sys, threading, time\n"
        "from finetune import training\n"
        f"def wait(*_):\n    pathlib.Path({str(told)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "training.train = wait\ntraining.main()\n"
    )
    parent = (
        "import sys\nfrom finetune.process import Limits, train_in_process\n"
        f"train_in_process('retriever', {{}}, Limits(1, 4096, 0), print, "
        f"command=[sys.executable, '-c', {child!r}])\n"
    )
    running = subprocess.Popen([sys.executable, "-c", parent])
    wait_until(lambda: told.exists() and told.read_text() != "")

    running.kill()
    running.wait()

    wait_until(lambda: not is_running(int(told.read_text())))


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def test_an_order_is_one_line_of_json() -> None:
    seen = "print(json.dumps({'trained': order['kind'], 'figures': {'nice': order['niceness']}}))"
    trained = train_in_process("generator", {}, Limits(1, 100, 7), print, command=script(seen))
    assert (str(trained.folder), trained.figures) == ("generator", {"nice": 7})

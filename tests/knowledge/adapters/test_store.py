"""An adapter is kept whole or not at all, under a name that no other one ever had."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from knowledge.adapters.manifest import Manifest
from knowledge.adapters.store import keep, sweep
from knowledge.errors import KnowledgeUnusable
from tests.knowledge.adapters.made import BASE, kept, trained

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
MANIFEST = Manifest("retriever", BASE)
ROOT = Path(__file__).parents[3]


def age(folder: Path, days: float) -> Path:
    then = (NOW - dt.timedelta(days=days)).timestamp()
    os.utime(folder, (then, then))
    return folder


def test_only_an_adapters_own_files_are_kept(tmp_path: Path) -> None:
    folder = kept(tmp_path)

    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "manifest.json",
    ]


def test_where_the_model_lay_on_the_machine_that_trained_is_not_kept(tmp_path: Path) -> None:
    config = json.loads((kept(tmp_path) / "adapter_config.json").read_text())

    assert (config["base_model_name_or_path"], config["r"]) == ("embedder", 4)


def test_the_weights_are_kept_bit_by_bit(tmp_path: Path) -> None:
    made = trained(tmp_path / "made")
    name = keep(made, tmp_path / "adapters", MANIFEST)

    weights = tmp_path / "adapters" / name / "adapter_model.safetensors"
    assert weights.read_bytes() == (made / "adapter_model.safetensors").read_bytes()


def test_the_same_adapter_gets_another_name_each_time(tmp_path: Path) -> None:
    made = trained(tmp_path / "made")
    names = {keep(made, tmp_path / "adapters", MANIFEST) for _ in range(3)}

    assert len(names) == 3
    assert {path.name for path in (tmp_path / "adapters").iterdir()} == names


def test_a_pickle_is_not_kept(tmp_path: Path) -> None:
    made = trained(tmp_path / "made")
    (made / "training_args.bin").write_bytes(b"pickle")

    with pytest.raises(KnowledgeUnusable, match="pickled weights can run any code"):
        keep(made, tmp_path / "adapters", MANIFEST)
    assert list((tmp_path / "adapters").iterdir()) == []


def test_an_adapter_that_is_not_finite_is_not_kept(tmp_path: Path) -> None:
    made = trained(tmp_path / "made")
    weights = load_file(made / "adapter_model.safetensors")
    weights[min(weights)][0, 0] = torch.nan
    save_file(weights, made / "adapter_model.safetensors")

    with pytest.raises(KnowledgeUnusable, match=r"not finite.*train it again"):
        keep(made, tmp_path / "adapters", MANIFEST)
    assert list((tmp_path / "adapters").iterdir()) == []


def test_where_it_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "adapters").write_text("a file stands where the folder should be")

    with pytest.raises(KnowledgeUnusable, match=r"cannot be kept in .*make room there"):
        keep(trained(tmp_path / "made"), tmp_path / "adapters", MANIFEST)


CRASHES = """
import hashlib, os, sys
from pathlib import Path
from knowledge.adapters.check import check
from knowledge.adapters.store import keep
from tests.knowledge.adapters.made import BASE, kept, trained
from tests.knowledge.adapters.test_store import MANIFEST

STEPS = ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.copyfile")
home = Path(sys.argv[1])
made, live = trained(home / "made"), kept(home / "adapters")
content = [path.read_bytes() for path in sorted(live.iterdir())]

def crash_at(step):
    left = step
    def count(event, arguments):
        nonlocal left
        left -= event in STEPS
        if left < 0:
            os._exit(9)
    sys.addaudithook(count)
    keep(made, home / "adapters", MANIFEST)
    os._exit(0)

step, code = 0, 9
while code == 9:
    if (child := os.fork()) == 0:
        crash_at(step)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    step += 1
    assert [path.read_bytes() for path in sorted(live.iterdir())] == content
    for folder in (home / "adapters").glob("retriever-*"):
        check(folder, "retriever", BASE)
print(step, code)
"""


def test_a_crash_at_any_step_leaves_whole_adapters_and_the_live_one_as_it_is(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", CRASHES, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert run.returncode == 0, run.stderr
    steps, code = map(int, run.stdout.split())
    assert (code, steps > 15) == (0, True)


def test_what_no_release_needs_goes_after_a_day(tmp_path: Path) -> None:
    used, old, young = (kept(tmp_path / "adapters") for _ in range(3))
    age(used, 2), age(old, 2), age(young, 0.5)

    assert sweep(tmp_path / "adapters", {used.name}, NOW) == [old.name]

    left = [path.name for path in (tmp_path / "adapters").glob("retriever-*")]
    assert sorted(left) == sorted([used.name, young.name])


def test_what_a_crash_left_goes_after_a_day(tmp_path: Path) -> None:
    left = tmp_path / ".unfinished-retriever-1"
    left.mkdir()

    assert sweep(tmp_path, set(), NOW) == []
    age(left, 2)
    assert sweep(tmp_path, set(), NOW) == [left.name]


def test_what_lorebot_did_not_make_stays(tmp_path: Path) -> None:
    own = tmp_path / "my-own-adapter"
    own.mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    age(own, 30)

    assert sweep(tmp_path, set(), NOW) == []
    assert sweep(tmp_path / "absent", set(), NOW) == []

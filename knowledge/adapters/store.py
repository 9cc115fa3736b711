"""Keeps trained adapters: each in a folder of its own that is never changed and never reused."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from knowledge.adapters.check import check, read_adapter, refuse_pickles
from knowledge.adapters.manifest import CONFIG, FILES, MANIFEST, Manifest, sha256_of
from knowledge.adapters.sides import sides_of
from knowledge.errors import KnowledgeUnusable

UNFINISHED = ".unfinished-"
"""Begins the names of folders that a crash may have left behind."""
GRACE = dt.timedelta(days=1)
"""A folder that no release names may belong to one that is being made."""

TRAIN_AGAIN = "train it again"


def keep(trained: Path, root: Path, manifest: Manifest) -> str:
    """Copy an adapter below `root`, and return the name of its folder there.

    At any moment the folder is there whole or not at all: it is written aside, flushed to the disk
    and renamed. Raises KnowledgeUnusable if the adapter is damaged or cannot be written.
    """
    name = new_name(manifest)
    aside = root / f"{UNFINISHED}{name}"
    try:
        aside.mkdir(parents=True)
        write(trained, aside, manifest)
        check(aside, manifest.kind)
        aside.rename(root / name)
        flush(root)
    except OSError as error:
        raise KnowledgeUnusable(
            f"The adapter cannot be kept in {root} ({error.strerror or error}): make room there, "
            "or make the folder writable."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return name


def new_name(manifest: Manifest) -> str:
    # By chance, not by content: two runs may come to the same weights.
    day = dt.datetime.now(dt.UTC).strftime("%Y%m%d")
    return f"{manifest.kind}-{day}-{secrets.token_hex(4)}"


def write(trained: Path, folder: Path, manifest: Manifest) -> None:
    refuse_pickles(trained)
    rank, _ = read_adapter(trained, TRAIN_AGAIN)
    for name in FILES:
        shutil.copyfile(trained / name, folder / name)
    name_base(folder / CONFIG, manifest.base.name)
    files = {name: sha256_of(folder / name) for name in FILES}
    written = replace(manifest, rank=rank, sides=sides_of(folder), files=files)
    (folder / MANIFEST).write_text(written.as_json(), encoding="utf-8")
    for name in (*FILES, MANIFEST):
        flush(folder / name)
    flush(folder)


def name_base(path: Path, name: str) -> None:
    """peft writes where the model lay on the machine that trained."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = name
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def flush(path: Path) -> None:
    """Until then, a rename may reach the disk before what is renamed."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(root: Path, used: Collection[str], now: dt.datetime) -> list[str]:
    """Remove folders older than a day whose names are not `used`; returns those names."""
    if not root.is_dir():
        return []
    old = [path for path in sorted(root.iterdir()) if path.is_dir() and is_left(path, used, now)]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in old]


def is_left(path: Path, used: Collection[str], now: dt.datetime) -> bool:
    """What Lorebot did not make is not Lorebot's to remove."""
    ours = path.name.startswith(UNFINISHED) or (path / MANIFEST).is_file()
    changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    return ours and path.name not in used and changed < now - GRACE

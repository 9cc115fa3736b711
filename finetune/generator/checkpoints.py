"""The checkpoints of a run: the last whole one of the same job is where it goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from finetune.generator.job import GeneratorJob

WHOLE = "whole"
"""A file that is written when everything else of a checkpoint is there."""
JOB = "job.sha256"


def prepare(work: Path, job: GeneratorJob) -> Path | None:
    """Make `work` ready for a job; the checkpoint to go on from, if there is one of this job."""
    work.mkdir(parents=True, exist_ok=True)
    mark = work / JOB
    digest = digest_of(job)
    same = mark.exists() and mark.read_text() == digest
    found = sorted(work.glob("checkpoint-*"), key=step_of)
    whole = [one for one in found if same and (one / WHOLE).exists()]
    # Also those that were broken off in the writing: the trainer would take the last of them.
    for one in found:
        if one not in whole:
            shutil.rmtree(one)
    mark.write_text(digest)
    return whole[-1] if whole else None


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def digest_of(job: GeneratorJob) -> str:
    """Of all that decides what a run learns."""
    told = job.as_json() | {"out": "", "work": "", "data": "", "threads": 0}
    hashed = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for path in [*sorted(job.data.glob("*.jsonl")), *adapter_files(job.start_from)]:
        hashed.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return hashed.hexdigest()


def adapter_files(folder: Path | None) -> list[Path]:
    return [] if folder is None else sorted(folder.glob("adapter_*"))

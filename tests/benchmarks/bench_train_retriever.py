"""What Lorebot adds to the training of the retriever beside a bare loop, and the memory it takes.

Run: python -m tests.benchmarks.bench_train_retriever
Both learn the same batches on one thread, in turns; the bare loop is torch and peft by themselves.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModel

from db.corpus import live_passages
from finetune.examples import Pair, Provenance
from finetune.retriever.corpus import IDS, VECTORS, load_corpus, save_corpus
from finetune.retriever.job import RetrieverJob
from finetune.retriever.learner import linear_layers, open_learner
from finetune.retriever.lessons import Course, build_course
from finetune.retriever.settings import RetrieverTraining
from finetune.retriever.steps import Steps
from knowledge.base import Knowledge
from knowledge.embed import Embedder
from tests.benchmarks.bench_answer import open_empty
from tests.benchmarks.memory import memory_of
from tests.benchmarks.tables import median, print_table

SETTINGS = RetrieverTraining(dropout=0)
"""Whole questions, as the bare loop reads them."""
ROUNDS = 12
"""Steps that are timed of each, after two that are not."""
SIZES = (2_000, 65_536, 500_000)
"""Passages of the indexes for which the memory is measured."""
PAIRS = 500


def main() -> None:
    with open_empty() as knowledge, tempfile.TemporaryDirectory() as home:
        knowledge.reindex()
        torch.set_num_threads(1)
        compare(knowledge, Path(home))
    rows = [(f"{size:,} passages", measured(size)) for size in SIZES]
    print_table(f"Peak memory of a run of {PAIRS} examples", ("index", "MB"), rows)


def compare(knowledge: Knowledge, home: Path) -> None:
    save_corpus(knowledge.database, home)
    course = build_course(
        first_sentences(knowledge), load_corpus(home), knowledge.embedder, SETTINGS.corpus
    )
    steps = Steps(open_learner(knowledge.embedder, SETTINGS, seed=0), course, SETTINGS, seed=0)
    bare = bare_loop(knowledge.embedder, course, steps)
    ours, theirs = in_turns(lambda step: steps.take(step), bare)
    rows = [
        ("torch and peft by themselves", SETTINGS.batch / theirs, 1.0),
        ("Lorebot", SETTINGS.batch / ours, theirs / ours),
    ]
    title = f"Training against {len(course.passages):,} passages, {SETTINGS.batch} questions a step"
    print_table(title, ("loop", "questions per CPU second", "ratio"), rows)


def first_sentences(knowledge: Knowledge) -> list[Pair]:
    """As long as questions are: the first words of each passage."""
    with knowledge.database.reading() as session:
        passages = list(live_passages(session))
    return [pair(" ".join(p.text.split()[:10]), p.id) for p in passages]


def pair(question: str, passage: int) -> Pair:
    return Pair(question, (passage,), (), Provenance("documents", None, (), question))


def bare_loop(embedder: Embedder, course: Course, steps: Steps) -> Callable[[int], float]:
    """InfoNCE over all passages, in the precision and the batches of Lorebot's own."""
    base = AutoModel.from_pretrained(str(embedder.files.folder), local_files_only=True).eval()
    config = LoraConfig(
        r=SETTINGS.rank, lora_alpha=SETTINGS.alpha, target_modules=linear_layers(base)
    )
    model = get_peft_model(base, config)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=SETTINGS.learning_rate, weight_decay=0.0)
    passages = torch.from_numpy(course.passages)

    def take(step: int) -> float:
        lessons = [course.lessons[place] for place in steps.questions(step)]
        batch: dict[str, Any] = embedder.padded([lesson.ids for lesson in lessons])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=embedder._half):
            states = model(**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1)
        pooled = (states * mask).sum(1) / mask.sum(1)
        questions = torch.nn.functional.normalize(pooled, dim=-1)
        wanted = torch.tensor([lesson.positives[0] for lesson in lessons])
        scores = questions @ passages.T / SETTINGS.temperature
        loss = torch.nn.functional.cross_entropy(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        return float(loss.detach())

    return take


def in_turns(*loops: Callable[[int], float]) -> Sequence[float]:
    """The median CPU seconds of a step of each."""
    times: list[list[float]] = [[] for _ in loops]
    for step in range(ROUNDS + 2):
        for loop, taken in zip(loops, times, strict=True):
            start = process_time()
            loop(step)
            taken.append(process_time() - start)
    return [median(taken[2:]) for taken in times]


def measured(size: int) -> float:
    """MB at the peak of a fresh process that trains against an index of this size."""
    with tempfile.TemporaryDirectory() as folder:
        job = random_job(Path(folder), size)
        return memory_of(
            "import json; from finetune.retriever.train import RetrieverJob, train_retriever\n"
            f"job = RetrieverJob.from_json(json.loads({json.dumps(job.as_json())!r}))\n"
            "train_retriever(job, lambda step: None)"
        )


def random_job(home: Path, size: int) -> RetrieverJob:
    vectors = np.random.default_rng(0).standard_normal((size, 384), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(home / VECTORS, vectors.astype(np.float16))
    np.save(home / IDS, np.arange(size))
    lines = [json.dumps(asdict(pair(f"What is in passage {n}?", n))) for n in range(PAIRS)]
    (home / "pairs.jsonl").write_text("\n".join(lines) + "\n")
    settings = RetrieverTraining(epochs=1)
    paths = (home / "pairs.jsonl", home, home / "adapter", home / "work")
    return RetrieverJob(paths[0], paths[1], "all-MiniLM-L6-v2", *paths[2:], settings)


if __name__ == "__main__":
    main()

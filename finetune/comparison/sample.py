"""The built-in example: the four arms on the sample about space, with a small model made here."""

from __future__ import annotations

from importlib.resources import as_file, files

from db.corpus import live_passages
from finetune.comparison.compare import Comparison, Conditions, compare_in, silent
from finetune.comparison.place import Place, opened_place, serving_with
from finetune.comparison.required import Halves, require_questions
from finetune.datasets import load_dataset
from finetune.evaluate import OnProgress
from finetune.generator.settings import GeneratorTraining
from finetune.sample_layout import ROOM
from finetune.sample_model import sample_model
from finetune.settings import TrainingSettings
from knowledge.confidence import DEFAULT
from knowledge.generate.local_settings import LocalSettings
from knowledge.settings import KnowledgeSettings

LONGEST = 128
"""Tokens of an answer: what is longer has lost its way."""
PASSAGES = 2
"""That the model reads: more confuse it, as small as it is."""
FROM_PASSAGES = GeneratorTraining(
    method="sft",
    target_modules=(ROOM,),
    alpha=150,
    learning_rate=5e-3,
    epochs=1,
    precision="float32",
    device="cpu",
)
"""In the one place of the small model that is free to learn (finetune/sample_room.py), where an
answer ends: that takes little."""
BY_HEART = FROM_PASSAGES.model_copy(
    update={"rank": 128, "alpha": 128, "batch_rows": 2, "epochs": 8}
)
"""Whole answers take many ranks and steps; chosen by what is known afterwards of what was taught,
never by how anything else is answered."""


def compare_sample(
    settings: KnowledgeSettings,
    training: TrainingSettings,
    conditions: Conditions,
    *,
    limit: int | None = None,
    progress: OnProgress | None = None,
) -> Comparison:
    """As `compare`, on the questions of the sample."""
    tell = progress or silent
    own = settings.model_copy(
        update={"generator": "quotes", "top_k": PASSAGES, "vector_store": {}, "reranker": ""}
    )
    with as_file(files("knowledge") / "sample") as root:
        dataset = load_dataset(root)
        halves = Halves.of(dataset.questions[:limit])
        require_questions(root, halves)
        with (
            opened_place(dataset, own, tell, DEFAULT) as place,
            serving_with(place, with_model(place), DEFAULT) as served,
        ):
            return compare_in(served, halves, learning(training), conditions, tell, BY_HEART)


def with_model(place: Place) -> KnowledgeSettings:
    """The settings with a model that knows the words of the documents, and how to copy them."""
    with place.knowledge.database.reading() as session:
        texts = [passage.text for passage in live_passages(session)]
    folder = sample_model(place.folder / "models", texts)
    # Its weights are finer than what bfloat16 tells apart.
    local = LocalSettings(model=str(folder), precision="float32", max_new_tokens=LONGEST)
    update = {"generator": "local", "local": local}
    return place.knowledge.settings.model_copy(update=update)


def learning(training: TrainingSettings) -> TrainingSettings:
    return training.model_copy(update={"generator": FROM_PASSAGES})

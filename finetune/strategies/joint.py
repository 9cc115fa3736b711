"""Joint: retriever and generator teach each other, one step after the other.

The generator's likelihood of the right answer given each passage is the retriever's soft target;
the passages that the tuned retriever finds are the generator's contexts (RA-DIT, Lin et al. 2023).
"""

from __future__ import annotations

from dataclasses import replace

from finetune.strategies import Material, Outcome
from finetune.strategies.softened import soften
from finetune.workshop import Made, Workshop


def joint(material: Material, workshop: Workshop) -> Outcome:
    with workshop.answering(Made()) as live:
        pairs = soften(material.data.pairs, material.right_answers, live)
    retriever = workshop.tune_retriever(replace(material.data, pairs=pairs))
    tuned = Made(retriever)
    with workshop.answering(tuned) as answerer:
        data = material.rebuild(answerer)
    generator = workshop.tune_generator(data)
    return Outcome(
        Made(retriever, generator), {"soft_targets": sum(bool(pair.soft) for pair in pairs)}
    )

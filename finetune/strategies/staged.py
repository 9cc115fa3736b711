"""Staged: answer with RAG, see where it falls short, and fine-tune on just those cases."""

from __future__ import annotations

from finetune.strategies import Material, Outcome
from finetune.workshop import Made, Workshop


def staged(material: Material, workshop: Workshop) -> Outcome:
    """The retriever on what was not found, the generator on what was misread."""
    retriever = workshop.tune_retriever(material.data)
    generator = workshop.tune_generator(material.data)
    return Outcome(Made(retriever, generator))

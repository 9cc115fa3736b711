"""A question is never seen quite the same twice, so that no single word is learnt by heart.

Word dropout (Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text
Classification"), of word pieces.
"""

from __future__ import annotations

import numpy as np


def dropped(ids: list[int], share: float, draw: np.random.Generator) -> list[int]:
    """The word pieces without about this share of them; the first and the last, by which a model
    knows where a text begins and ends, always stay, and so does one between them."""
    if len(ids) <= 3 or not share:
        return ids
    stays = draw.random(len(ids)) >= share
    for place in (0, -1, int(draw.integers(1, len(ids) - 1))):
        stays[place] = True
    return [piece for piece, stay in zip(ids, stays.tolist(), strict=True) if stay]

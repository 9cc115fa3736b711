"""A first look at vectors, at half of their memory, that tells which are worth a second one.

Eight-bit vectors stand for the stored ones; how far off each is, is known, and so what it hides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from knowledge.embed import Vectors

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]
"""Of rows."""

ALIGNED = 64
"""Rounded rows are filled up with zeros to a multiple of it: the product reads whole blocks."""
HIGHEST = 127
LONGEST = 1.02
"""No unit vector is longer when it has been rounded."""
PRODUCT_OFF = LONGEST * 2**-8 + 2**-11
"""No product of rounded vectors is further off: it is given with eight bits, cut off, and was
added up in float32."""
HALF_OFF = 0.0015
"""No cosine that is computed in float16 is further off, with unit vectors: 2^-11 by rounding the
question, 2^-11 by rounding the cosine, and the rest by adding up in float32."""


EXCLUDED = -4.0
"""Below any cosine."""
GROUP = 32
"""Rows whose highest value stands for them where a bound is looked for."""


class Rough(Protocol):
    """Unit vectors, whose cosines with a question are told quickly and within bounds."""

    @property
    def errors(self) -> torch.Tensor:
        """How far off the cosine of each row may be, of shape (rows,) or one for all."""

    def chosen(self, rows: torch.Tensor) -> Rough: ...

    def cosines(self, vector: Vectors) -> tuple[torch.Tensor, float]:
        """Of a unit vector and each row, in float32, and how far off they may be beyond `errors`.

        All is computed in torch's threads, not in those of numpy's own BLAS: two pools would keep
        each other from the cores, and the next question's embedding would wait (25 ms instead
        of 17).
        """


@dataclass(frozen=True, slots=True)
class Rounded:
    """Vectors in eight bits, each with its own scale: all of it is read at each question, and
    this is half of what the vectors themselves take."""

    numbers: torch.Tensor
    scales: torch.Tensor
    errors: torch.Tensor
    """The lengths of what rounding has taken from the vectors."""

    def chosen(self, rows: torch.Tensor) -> Rounded:
        parts = (self.numbers, self.scales, self.errors)
        return Rounded(*(part.index_select(0, rows) for part in parts))

    def cosines(self, vector: Vectors) -> tuple[torch.Tensor, float]:
        asked = torch.zeros((1, self.numbers.shape[1]), dtype=torch.bfloat16)
        asked[0, : len(vector)] = torch.from_numpy(vector)
        taken = np.linalg.norm(asked[0, : len(vector)].float().numpy() - vector)
        found = torch._weight_int8pack_mm(asked, self.numbers, self.scales)
        return found[0].float(), LONGEST * float(taken) + PRODUCT_OFF


@dataclass(frozen=True, slots=True)
class Halves:
    """The stored vectors themselves, where the machine has no quick product of rounded ones."""

    vectors: torch.Tensor
    errors: torch.Tensor

    def chosen(self, rows: torch.Tensor) -> Halves:
        return Halves(self.vectors.index_select(0, rows), self.errors)

    def cosines(self, vector: Vectors) -> tuple[torch.Tensor, float]:
        return torch.mv(self.vectors, torch.from_numpy(vector).half()).float(), HALF_OFF


def promising(rough: Rough, vector: Vectors, limit: int, allowed: Mask | None) -> Numbers:
    """The rows, of those allowed (None: of all), whose cosines may be among the `limit` highest."""
    about, off = rough.cosines(vector)
    least = about - rough.errors
    if allowed is not None:
        least = torch.where(torch.from_numpy(allowed), least, EXCLUDED)
    enough = at_most_highest(least, limit) - 2 * off
    near = (about.add_(rough.errors) >= enough).numpy()
    return np.flatnonzero(near if allowed is None else near & allowed)


def at_most_highest(values: torch.Tensor, limit: int) -> float:
    """The `limit`-th highest value, or a little less: so many groups have a value as high."""
    groups = len(values) // GROUP
    if groups >= 8 * limit:
        values = values[: groups * GROUP].view(GROUP, groups).amax(dim=0)
    return float(torch.topk(values, min(limit, len(values)), sorted=False).values.min())


def rounded(vectors: torch.Tensor) -> Rounded:
    full = vectors.float()
    largest = full.abs().amax(dim=1) if full.numel() else torch.zeros(len(full))
    scales = (largest / HIGHEST).clamp_(min=1e-30).bfloat16()
    steps = scales.float()[:, None]
    numbers = (full / steps).round_().clamp_(-HIGHEST, HIGHEST)
    errors = torch.linalg.vector_norm(full - numbers * steps, dim=1)
    wide = torch.zeros((len(full), aligned(full.shape[1])), dtype=torch.int8)
    wide[:, : full.shape[1]] = numbers
    return Rounded(wide, scales, errors)


def aligned(dimension: int) -> int:
    return -(-dimension // ALIGNED) * ALIGNED


@cache
def has_quick_product() -> bool:
    """Whether torch multiplies rounded vectors with vector instructions here, and as told."""
    # No public function does it. What is tried first cannot surprise.
    if not hasattr(torch, "_weight_int8pack_mm"):
        return False
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        return False
    vectors = torch.nn.functional.normalize(torch.sin(torch.arange(64.0 * 192)).view(64, 192))
    found, off = rounded(vectors).cosines(vectors[0].numpy())
    wrong = (found - vectors @ vectors[0]).abs() - rounded(vectors).errors
    return bool((wrong <= off).all())

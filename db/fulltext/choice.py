"""Which passages are worth a look: a query for those that hold enough of the rare terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Choice:
    """A tsquery, empty if nothing can match, and whether it takes all that match any term."""

    tsquery: str
    everything: bool


def choose(
    weights: Mapping[str, float],
    frequencies: Mapping[str, int],
    total: float,
    room: float,
    telling: int,
) -> Choice:
    """A query for about `room` passages: those whose terms, of the `telling` rarest, weigh most."""
    if sum(frequencies[term] for term in weights) <= room:
        return Choice(" | ".join(quote(term) for term in weights), everything=True)
    rarest = sorted(weights, key=lambda term: -weights[term])[:telling]
    shares = [frequencies[term] / total for term in rarest]
    least = least_weight([weights[term] for term in rarest], shares, room / total)
    return Choice(
        at_least(least, [(quote(term), weights[term]) for term in rarest]), everything=False
    )


def least_weight(weights: list[float], shares: list[float], room: float) -> float:
    """The least sum of weights for which at most a share `room` would match, were the terms
    spread independently of each other."""
    patterns = []
    for held in product((True, False), repeat=len(weights)):
        share = 1.0
        for is_held, own in zip(held, shares, strict=True):
            share *= own if is_held else 1 - own
        patterns.append((sum(w for w, h in zip(weights, held, strict=True) if h), share))
    least, taken = sum(weights), 0.0
    for weight, share in sorted(patterns, reverse=True):
        taken += share
        if taken > room or weight == 0:
            break
        least = weight
    return least


def at_least(least: float, terms: list[tuple[str, float]]) -> str:
    """A tsquery for what holds terms that weigh `least` together; empty if nothing can."""
    if sum(weight for _, weight in terms) < least - 1e-9:
        return ""
    (term, weight), rest = terms[0], terms[1:]
    without = at_least(least, rest) if rest else ""
    if weight >= least - 1e-9:
        return f"{term} | {without}" if without else term
    both = f"{term} & ({at_least(least - weight, rest)})"
    return f"{both} | {without}" if without else both


def quote(term: str) -> str:
    """A term as a tsquery: whatever it holds, it stays one lexeme."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"

"""After a promotion: are the live answers rated down more often than before? Then go back.

The test may be looked at as often as one likes, and goes back wrongly after at most ALPHA of all
promotions, however long it runs: a mixture of likelihood ratios is a martingale (Robbins; Ville).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from db.engine import Database
from db.registry import ReleaseRecord
from db.release_ratings import Ratings, live_ratings

ALPHA = 0.05
"""Half of it for what the share was before, half for what it is now."""
BY = "lorebot"
WORSE = np.linspace(0.02, 0.5, 25)
"""How much worse it may be, as shares of the way from the former share up to 1; each as likely."""
HALVINGS = 50


class Releases(Protocol):
    """What of `finetune.releases.Releases` is needed."""

    def rollback(self, by: str, why: str = "") -> ReleaseRecord: ...


@dataclass(frozen=True, slots=True)
class Falling:
    """Why the live release is taken back."""

    before: Ratings
    after: Ratings
    evidence: float
    """How many times likelier the votes are if it is worse than if it is not."""

    def __str__(self) -> str:
        return (
            f"{self.after.down} of {self.after.answers} answers were rated down, "
            f"after {self.before.down} of {self.before.answers} before it was promoted"
        )


@dataclass(frozen=True, slots=True)
class RolledBack:
    to: ReleaseRecord
    """The release that answers again."""
    falling: Falling


def watch(database: Database, releases: Releases) -> RolledBack | None:
    """Take the live release back if its ratings fall; None if they do not.

    Raises what `releases.rollback` raises.
    """
    ratings = live_ratings(database)
    found = falling(ratings.before, ratings.after) if ratings else None
    if found is None:
        return None
    return RolledBack(releases.rollback(BY, f"Taken back by itself: {found}."), found)


def falling(before: Ratings, after: Ratings, alpha: float = ALPHA) -> Falling | None:
    """None as long as the votes do not show that more answers are rated down than before."""
    former = highest_share(before, alpha / 2)
    if former >= 1 or after.down <= former * after.answers:
        return None
    evidence = log_evidence(after, former)
    if evidence < math.log(2 / alpha):
        return None
    # No sum of votes is that certain, and JSON knows no infinity.
    return Falling(before, after, math.exp(min(evidence, 50.0)))


def highest_share(ratings: Ratings, error: float) -> float:
    """What the true share of answers rated down is at most, but for this error (Chernoff's bound);
    1 if nothing is known."""
    if not ratings.answers:
        return 1.0
    seen = ratings.down / ratings.answers
    low, high = seen, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if ratings.answers * divergence(seen, middle) <= math.log(1 / error):
            low = middle
        else:
            high = middle
    return high


def divergence(seen: float, true: float) -> float:
    """Kullback and Leibler's, of one share from another; infinite where it cannot be."""
    if true >= 1:
        return 0.0 if seen >= 1 else math.inf
    off = (1 - seen) * math.log((1 - seen) / (1 - true)) if seen < 1 else 0.0
    return off + (seen * math.log(seen / true) if seen > 0 else 0.0)


def log_evidence(after: Ratings, former: float) -> float:
    """The log of the mean likelihood ratio of the shares above the former one to it."""
    shares = former + (1 - former) * WORSE
    up, down = after.answers - after.down, after.down
    ratios = down * np.log(shares / former) + up * np.log((1 - shares) / (1 - former))
    return float(np.logaddexp.reduce(ratios) - math.log(len(ratios)))

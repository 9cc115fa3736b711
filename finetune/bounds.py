"""Latency and length: a better answer that comes late, or does not end, is no better answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from finetune.difference import known
from finetune.judge import JudgedPair, Metric

ENOUGH_FOR_P95 = 40
"""With fewer answers the 95th percentile is one or two of them, and says nothing."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The candidate's latency at the median and at p95, and its answers' mean length, as multiples
    of the champion's. Less than the slack nobody notices, whatever multiple it is."""

    median: float = 1.25
    p95: float = 1.5
    slack_ms: float = 250.0
    shortest: float = 0.33
    longest: float = 2.0
    slack_tokens: float = 10.0


def measure(pairs: Sequence[JudgedPair]) -> dict[str, dict[str, float]]:
    """Milliseconds and tokens by figure and release; no figure where too few answers tell."""
    latency, length = columns(pairs, "latency_ms"), columns(pairs, "length")
    figures: dict[str, dict[str, float]] = {}
    if latency:
        figures["latency_median_ms"] = {k: float(np.median(v)) for k, v in latency.items()}
    if latency and len(latency["champion"]) >= ENOUGH_FOR_P95:
        figures["latency_p95_ms"] = {k: float(np.quantile(v, 0.95)) for k, v in latency.items()}
    if length:
        figures["length_tokens"] = {k: fmean(v) for k, v in length.items()}
    return {name: {k: round(v, 1) for k, v in both.items()} for name, both in figures.items()}


def columns(pairs: Sequence[JudgedPair], metric: Metric) -> dict[str, list[float]]:
    both = known(pairs, metric)
    if not both:
        return {}
    return {
        "champion": [ours for _, ours, _ in both],
        "candidate": [theirs for _, _, theirs in both],
    }


def beyond(figures: dict[str, dict[str, Any]], bounds: Bounds) -> str:
    """What is out of bounds, as half a sentence; empty if nothing is."""
    slow = (
        ("latency_median_ms", "the median answer", bounds.median),
        ("latency_p95_ms", "the slowest answer in twenty", bounds.p95),
    )
    for name, shown, times in slow:
        both = figures.get(name)
        if both and both["candidate"] > times * both["champion"] + bounds.slack_ms:
            return f"{shown} takes {both['candidate']:.0f} ms instead of {both['champion']:.0f} ms"
    both = figures.get("length_tokens")
    if both and not fits(both["champion"], both["candidate"], bounds):
        return (
            f"its answers have {both['candidate']:.0f} tokens on average "
            f"instead of {both['champion']:.0f}"
        )
    return ""


def fits(champion: float, candidate: float, bounds: Bounds) -> bool:
    low = bounds.shortest * champion - bounds.slack_tokens
    return low <= candidate <= bounds.longest * champion + bounds.slack_tokens

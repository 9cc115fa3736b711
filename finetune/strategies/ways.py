"""The strategies by the names under which they are set."""

from __future__ import annotations

from finetune.settings import Strategy
from finetune.strategies import Strategise
from finetune.strategies.domain_first import domain_first
from finetune.strategies.iterative import iterative
from finetune.strategies.joint import joint
from finetune.strategies.staged import staged

STRATEGIES: dict[Strategy, Strategise] = {
    "staged": staged,
    "joint": joint,
    "iterative": iterative,
    "domain-first": domain_first,
}

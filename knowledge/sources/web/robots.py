"""What a site's robots.txt allows, as RFC 9309 has it: the longest rule that matches decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import httpx

AGENT = "lorebot"
_READ = 500 * 1024
_LONGEST_DELAY = 60.0
_ESCAPED = re.compile("%[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Robots:
    rules: tuple[tuple[str, bool], ...] = ()
    """Patterns of paths, and whether such may be read."""
    delay: float = 0.0
    """Seconds between two requests."""

    def allow(self, address: str) -> bool:
        path = _one_form(httpx.URL(address).raw_path.decode("ascii"))
        matching = [(len(rule), allowed) for rule, allowed in self.rules if _matches(rule, path)]
        return max(matching, default=(0, True))[1]


def parse_robots(data: bytes) -> Robots:
    """The rules for this program, or those for all where it is not named."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    in_rules = False
    for field, value in _lines(data[:_READ].decode(errors="replace")):
        if field == "user-agent":
            agents = [value.lower()] if in_rules else [*agents, value.lower()]
            in_rules = False
            groups.setdefault(value.lower(), [])
        elif field in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for agent in agents:
                groups[agent].append((field, value))
    mine = groups.get(AGENT, groups.get("*", []))
    rules = [(_one_form(value), f == "allow") for f, value in mine if f != "crawl-delay" and value]
    delays = [_seconds(value) for field, value in mine if field == "crawl-delay"]
    return Robots(tuple(rules), max(delays, default=0.0))


def _lines(text: str) -> list[tuple[str, str]]:
    lines = [line.partition("#")[0].partition(":") for line in text.lstrip("\ufeff").splitlines()]
    return [(field.strip().lower(), value.strip()) for field, _, value in lines]


def _matches(rule: str, path: str) -> bool:
    """Whether the path begins as the rule says; `*` is anything, and `$` at the end is the end."""
    whole = rule.endswith("$")
    first, *others = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    # Each piece at its first place: no rule can make this slow.
    for number, piece in enumerate(others):
        if whole and number == len(others) - 1:
            return len(path) - len(piece) >= at and path.endswith(piece)
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return not whole or at == len(path)


def _one_form(path: str) -> str:
    """With the same characters escaped, in the same way."""
    quoted = quote(path, safe="/%?*$&=;:@!'()+,~-._[]|")
    return _ESCAPED.sub(lambda escaped: escaped[0].upper(), quoted)


def _seconds(value: str) -> float:
    try:
        return min(max(float(value), 0.0), _LONGEST_DELAY)
    except ValueError:
        return 0.0

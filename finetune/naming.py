"""Which document people mean: its title, its path or its address, as they write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from db.documents import LiveDocument
from finetune.scorers import tokens
from knowledge.links import document_uri

ADDRESS = re.compile(r"https?://[^\s<>|\"']+", re.I)
"""In Slack an address stands as <https://…|its text>."""
PATH = re.compile(r"[\w.\-%/]*(?:/|\.\w{1,5}\b)[\w.\-%/]*(?:#\d+)?")
PART = re.compile(r"#\d+$")
"""Ready passages are named page#number."""
ENDING = re.compile(r"\.(?:md|mdx|markdown|html?|txt|rst|pdf|docx?|pptx|xlsx|csv|json)$")
ALIKE = 0.8
"""Agreement of the words (Dice) from which a title is another spelling of a title."""
BEST_BY = 0.1
"""By how much a title has to agree better than every other page's."""


def named_documents(
    name: str, documents: Sequence[LiveDocument], base_urls: Mapping[str, str]
) -> list[LiveDocument]:
    """The documents of the one page that is meant; none where it is unknown or could be two."""
    address = [plain_address(found) for found in ADDRESS.findall(name)]
    text = ADDRESS.sub(" ", name)
    paths = [plain_path(found) for found in (text.strip(), *PATH.findall(text)) if found]
    rules: tuple[Callable[[LiveDocument], bool], ...] = (
        lambda one: plain_address(address_of(one, base_urls)) in address,
        lambda one: plain_path(one.path) in paths,
        lambda one: any(ends_alike(plain_path(one.path), other) for other in [*paths, *address]),
        lambda one: tokens(one.title) == tokens(text) != [],
    )
    for rule in rules:
        found = [one for one in documents if rule(one)]
        if found:
            return found if is_one_page(found) else []
    return nearest_title(text, documents)


def address_of(document: LiveDocument, base_urls: Mapping[str, str]) -> str:
    return document.uri or document_uri(base_urls.get(document.source, ""), document.path)


def plain_address(address: str) -> str:
    """Without what leads to a place on the page."""
    page = unquote(re.split(r"[?#]", address)[0]).casefold().rstrip("/.,;:)")
    return ENDING.sub("", page.partition("://")[2] or page)


def plain_path(path: str) -> str:
    return ENDING.sub("", PART.sub("", unquote(path)).replace(":", "/").casefold().strip("/ .,;()"))


def ends_alike(path: str, other: str) -> bool:
    """Whether the one ends with the other, in whole names: `leave` is the end of `hr/leave`."""
    short, long = sorted((path, other), key=len)
    return bool(short) and long.endswith(f"/{short}")


def is_one_page(documents: Sequence[LiveDocument]) -> bool:
    return len({page_of(one) for one in documents}) == 1


def page_of(document: LiveDocument) -> tuple[str, str]:
    return document.source, PART.sub("", document.path)


def nearest_title(text: str, documents: Sequence[LiveDocument]) -> list[LiveDocument]:
    """By the words of the titles, where one page's agree by far the best."""
    best: dict[tuple[str, str], float] = {}
    for one in documents:
        agreement = agreeing(text, one.title)
        best[page_of(one)] = max(agreement, best.get(page_of(one), 0.0))
    ranked = sorted(best, key=lambda page: -best[page])
    if not ranked or best[ranked[0]] < ALIKE:
        return []
    if len(ranked) > 1 and best[ranked[0]] - best[ranked[1]] < BEST_BY:
        return []
    return [one for one in documents if page_of(one) == ranked[0]]


def agreeing(one: str, other: str) -> float:
    """The share of their words that two titles have in common (Dice), in 0..1."""
    first, second = set(tokens(one)), set(tokens(other))
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0

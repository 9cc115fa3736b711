"""Where the code is in a markdown text, so that what looks like a tag in it is left alone."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_TICKS = re.compile(r"`+")


class Code:
    """The fenced blocks and the inline code of a text, as ranges of offsets in order."""

    def __init__(self, text: str) -> None:
        ranges = list(_ranges(text))
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def __contains__(self, offset: int) -> bool:
        place = bisect_right(self._starts, offset) - 1
        return place >= 0 and offset < self._ends[place]


def opened_fence(line: str) -> str | None:
    """The marks of the fence that this line opens."""
    if "```" not in line and "~~~" not in line:
        return None
    match = _FENCE.match(line)
    if match is None or (match[1][0] == "`" and "`" in match[2]):
        return None
    return match[1]


def closes_fence(line: str, marks: str) -> bool:
    stripped = line.strip()
    return len(stripped) >= len(marks) and set(stripped) == {marks[0]}


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    if "`" not in text and "~~~" not in text:
        return
    marks, begun, prose, offset = None, 0, 0, 0
    for line in text.split("\n"):
        after = offset + len(line) + 1
        if marks is None and (marks := opened_fence(line)):
            yield from _inline(text, prose, offset)
            begun = offset
        elif marks and closes_fence(line, marks):
            yield begun, after
            marks, prose = None, after
        elif marks is None and not line.strip():
            yield from _inline(text, prose, offset)
            prose = after
        offset = after
    yield from [(begun, len(text))] if marks else _inline(text, prose, len(text))


def _inline(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Backtick runs paired with the next run of the same length in the paragraph."""
    if text.find("`", start, end) < 0:
        return
    runs = [match.span() for match in _TICKS.finditer(text, start, end)]
    later: dict[int, int] = {}
    partner = [0] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        partner[index] = later.get(length, -1)
        later[length] = index
    index = 0
    while index < len(runs):
        if partner[index] >= 0:
            yield runs[index][0], runs[partner[index]][1]
            index = partner[index]
        index += 1

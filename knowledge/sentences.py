"""Where a markdown text's sentences are, in European languages, Chinese and Japanese."""

import re
from collections.abc import Iterator

from knowledge.blocks import ITEM, Block, blocks

# A dot after these ends nothing: a name, a number or an example follows.
_BEFORE_MORE = frozenset(
    """
    dr mr mrs ms mx prof st sr rev hon gen col maj capt cmdr lt sgt sen rep gov pres messrs
    mme mlle e.g i.e eg ie cf viz vs v fig figs eq eqs sec secs ch chap vol vols ed eds art
    nr approx ca ext tel dept attn resp incl excl max min avg z.b d.h u.a p.ex p al
    """.strip().split()
)
# After these, only what cannot go on the sentence ends it.
_MAYBE_LAST = frozenset(
    """
    u.s u.k u.n e.u u.s.a d.c ph.d m.d b.a m.a b.sc m.sc a.m p.m a.d b.c inc ltd co corp llc
    bros plc gmbh jr sr esq etc jan feb mar apr jun jul aug sep sept oct nov dec mon tue
    tues wed thu thur thurs fri sat sun ave blvd rd hwy mt ft
    """.strip().split()
)
_BEFORE_NUMBER = frozenset(
    """
    no nos nr num p pp art para ver v vol ch sec fig
    """.strip().split()
)
_STARTERS = frozenset(
    """
    a after all also an and any as at because before both but by each every for from he her
    here his how however i if in it its many most my no not on once one or our please she
    since so some that the their then there these they this those to under until upon we
    what when where which while who why will with you your
    """.strip().split()
)

_END = re.compile(
    # Possessive and from the first mark on, so that a million dots are looked at once.
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_`]*+(?=\s)"
    r"|[。！？｡]++[」』”’）】》\"')\]*_]*+"
    # Chinese is written with western marks as well, and without a space after them.
    r"|(?<=[\u3040-\u30ff\u3400-\u9fff])[!?]++(?=[\u3040-\u30ff\u3400-\u9fff])"
)
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“‘«]*$")
_WORD_AFTER = re.compile(r"\s*[\"'“‘«(\[*_`]*([^\s]{0,40})")
_LONGEST_WORD = 40


def sentences(text: str) -> list[tuple[int, int]]:
    """The start and end of each sentence, in order.

    A heading, an item of a list (without its mark), a row of a table and a fenced block count as
    one each; what holds neither letter nor digit is left out.
    """
    found = (span for block in blocks(text) for span in _of_block(text, block))
    return [(start, end) for start, end in found if any(map(str.isalnum, text[start:end]))]


def prose_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of the paragraph at `text[start:end]`."""
    begin = start
    for mark in _END.finditer(text, start, end):
        if _is_end(text, begin, mark, end):
            yield _stripped(text, begin, mark.end())
            begin = mark.end()
    if text[begin:end].strip():
        yield _stripped(text, begin, end)


def lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines of `text[start:end]` that hold anything."""
    for line in text[start:end].split("\n"):
        if line.strip():
            yield _stripped(text, start, start + len(line))
        start += len(line) + 1


def _of_block(text: str, block: Block) -> Iterator[tuple[int, int]]:
    if block.kind == "prose":
        yield from prose_sentences(text, block.start, block.end)
    elif block.kind == "table":
        yield from lines(text, block.start, block.end)
    elif block.kind == "item" and (mark := ITEM.match(text, block.start, block.end)):
        yield mark.end(), block.end
    else:
        yield _stripped(text, block.start, block.end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


def _is_end(text: str, begin: int, mark: re.Match[str], end: int) -> bool:
    if mark[0][0] in "。！？｡":
        return True
    word = _word_before(text, begin, mark.start())
    after = _WORD_AFTER.match(text, mark.end(), end)
    following = after[1] if after else ""
    if mark[0][0] == "." and not mark[0].startswith(".."):
        return _dot_ends(text, begin, mark.start(), word, following)
    # "Yahoo! is", "… and so on": what goes on in small letters is the same sentence.
    return not following[:1].islower()


def _word_before(text: str, begin: int, dot: int) -> str:
    found = _WORD_BEFORE.search(text, max(begin, dot - _LONGEST_WORD), dot)
    return found[0].strip("*_`").lower() if found else ""


def _dot_ends(text: str, begin: int, dot: int, word: str, following: str) -> bool:
    starts_anew = following.strip(".,;:!?*_`'\"”’").lower() in _STARTERS and following[:1].isupper()
    if following[:1].islower() or word in _BEFORE_MORE:
        return False
    if word in _BEFORE_NUMBER and following[:1].isdigit():
        return False
    # "1. First".
    if word.isdigit() and len(word) < 4 and text[max(begin, dot - 9) : dot].strip() == word:
        return False
    # "in the U.S. Senate", "J. R. Smith".
    if word in _MAYBE_LAST or (len(word) == 1 and word.isalpha() and text[dot - 1].isupper()):
        return starts_anew or not following
    return True

"""How long a text is for an embedding model, estimated without loading one."""

import re
from collections.abc import Callable

Count = Callable[[str], int]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CJK_LETTER = re.compile(f"[{_CJK}]")
_WORD = re.compile(rf"[^\W_{_CJK}]+")
_LONG_WORD = re.compile(rf"[^\W_{_CJK}]{{9,}}")
_MARK = re.compile(r"[^\w\s]|_")


def estimate_tokens(text: str) -> int:
    """About as many word pieces as a BERT vocabulary makes of the text.

    A piece for each word, for each mark, for each CJK character and for every four letters of a
    word beyond eight: within a tenth of all-MiniLM-L6-v2's own count on prose, tables and Chinese.
    """
    beyond = sum(len(word) - 8 for word in _LONG_WORD.findall(text)) / 4
    pieces = sum(len(kind.findall(text)) for kind in (_WORD, _MARK, _CJK_LETTER))
    return round(1.05 * (pieces + beyond))

"""The letters of every script as full text search compares them: accents and vowel points go."""

from __future__ import annotations

import unicodedata

FIRST_MARK, LAST_MARK = 0x0900, 0x1CFF
PRIVATE = 0xE000
MARKS = "\ue000-\uf3ff"
"""What the vowel signs of Hindi, Thai, Khmer and their kin become: full text search divides words
at a mark, and a private character counts as a letter."""

SAME = {
    "ı": "i",  # İstanbul, ISPARTA and ısparta
    "ё": "е",
    "ـ": "",  # only stretches an Arabic word
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "’": "’",
}


class Folding(dict[int, str]):
    """A table for str.translate that is filled as letters come up."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_letter(chr(code))
        return folded


def fold(text: str) -> str:
    """A text in NFKC and without case: letters without accents, marks of other scripts kept."""
    return text if text.isascii() else text.translate(FOLDING)


def fold_letter(char: str) -> str:
    if char.isascii() or char in SAME:
        return SAME.get(char, char)
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind == "Cf":
        return ""
    if kind[0] in "PSZC":
        return " "
    return fold_mark(char) if kind[0] == "M" else without_accent(char)


def fold_mark(char: str) -> str:
    """Accents, Arabic and Hebrew vowel points are often left out; elsewhere vowels are words."""
    if FIRST_MARK <= ord(char) <= LAST_MARK:
        return chr(PRIVATE + ord(char) - FIRST_MARK)
    return ""


def without_accent(char: str) -> str:
    # й is no accented и, が no accented か, and 한 falls into its sounds.
    if "\u0400" <= char <= "\u052f" or char >= "\u3040":
        return char
    base = unicodedata.normalize("NFD", char)
    return "".join(letter for letter in base if not unicodedata.combining(letter))


FOLDING = Folding()

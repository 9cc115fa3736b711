"""The styles of a Word file: which of them hide their text, shade it, or make it a heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

_LONGEST_CHAIN = 20
_LEVELS = 9

# Word itself stores "heading 1" in every language; other programs store what they show.
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis"
    r"|заголовок|标题|標題|見出し|제목)\s?([1-9])$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"toc \d$", re.IGNORECASE)
_NO_FILL = {"", "auto", "ffffff"}


def value(element: Any) -> str:
    """The `w:val` of an element, or nothing."""
    return "" if element is None else attribute(element, "val")


def attribute(element: Any, name: str) -> str:
    return str(element.get(f"{{{etree.QName(element).namespace}}}{name}") or "")


def is_on(element: Any) -> bool | None:
    """What a switch such as `w:vanish` says; None where it is not there."""
    return None if element is None else value(element).lower() not in ("0", "false", "off")


def is_filled(shading: Any) -> bool:
    return shading is not None and attribute(shading, "fill").lower() not in _NO_FILL


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    above: str
    hidden: bool | None
    shaded: bool
    level: int | None
    """Of the outline, from 0; 9 is body text."""


@dataclass(frozen=True, slots=True)
class Styles:
    """All styles by their id; each takes what it does not say from the one that it is based on."""

    by_id: dict[str, _Style]

    @classmethod
    def of(cls, tree: Any) -> "Styles":
        found = tree.iterfind("{*}style") if tree is not None else ()
        return cls({attribute(style, "styleId"): _style(style) for style in found})

    def hides(self, style: str) -> bool:
        said = (above.hidden for above in self._chain(style))
        return next((hidden for hidden in said if hidden is not None), False)

    def shades(self, style: str) -> bool:
        return any(above.shaded for above in self._chain(style))

    def level(self, style: str) -> int | None:
        said = (above.level for above in self._chain(style))
        return next((level for level in said if level is not None), None)

    def is_contents(self, style: str) -> bool:
        """Whether this is the style of a line in the table of contents."""
        return style in self.by_id and _CONTENTS.match(self.by_id[style].name) is not None

    def _chain(self, style: str) -> Iterator[_Style]:
        for _ in range(_LONGEST_CHAIN):
            if (found := self.by_id.get(style)) is None:
                return
            yield found
            style = found.above


def _style(style: Any) -> _Style:
    name = value(style.find("{*}name"))
    heading = _HEADING.match(name)
    outline = value(style.find("{*}pPr/{*}outlineLvl"))
    stated = int(outline) if re.fullmatch("[0-9]", outline) else None
    return _Style(
        name=name,
        above=value(style.find("{*}basedOn")),
        hidden=is_on(style.find("{*}rPr/{*}vanish")),
        shaded=any(map(is_filled, style.iterfind(".//{*}shd"))),
        level=int(heading[1]) - 1 if heading and stated is None else stated,
    )

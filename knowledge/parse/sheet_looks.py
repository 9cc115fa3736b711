"""What a cell of a spreadsheet shows, which depends on its format and not on its value alone."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS

_FIRST_OWN_FORMAT = 164
_NOTHING = ";;;"


@dataclass(frozen=True, slots=True)
class _Look:
    visible: bool = True
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of a book's cells by the number of their style."""

    book: Any
    _known: dict[int, _Look] = field(default_factory=dict)

    def shown(self, value: object, style: int) -> str:
        """The text that stands in the cell; empty where it is white on white or formatted away."""
        if value is None:
            return ""
        look = self._look(style)
        if not look.visible:
            return ""
        if look.percent and isinstance(value, int | float):
            return f"{100 * value:.12g}%"
        return _text(value)

    def _look(self, style: int) -> _Look:
        if style not in self._known:
            styles = self.book._cell_styles
            self._known[style] = self._read(styles[style]) if style < len(styles) else _Look()
        return self._known[style]

    def _read(self, style: Any) -> _Look:
        number_format = self._number_format(style.numFmtId)
        white = style.fillId == 0 and self._is_white(style.fontId)
        return _Look(not white and number_format != _NOTHING, "%" in number_format)

    def _number_format(self, number: int) -> str:
        own = self.book._number_formats
        if 0 <= number - _FIRST_OWN_FORMAT < len(own):
            return str(own[number - _FIRST_OWN_FORMAT])
        return str(BUILTIN_FORMATS.get(number, ""))

    def _is_white(self, number: int) -> bool:
        fonts = self.book._fonts
        colour = fonts[number].color if number < len(fonts) else None
        return colour is not None and colour.type == "rgb" and str(colour.rgb)[2:] == "FFFFFF"


def _text(value: object) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value)

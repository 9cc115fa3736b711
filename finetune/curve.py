"""A precision / coverage curve as a picture: an SVG that reads well on light and on dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from finetune.calibrate import Figures, Point

WIDTH, HEIGHT = 720, 440
LEFT, TOP, RIGHT, BOTTOM = 64, 108, 24, 56
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MOST_POINTS = 400
FIRST = 10
"""Answers from which on the curve is drawn: the share of right ones among fewer jumps about."""

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a; }
.page { fill: #ffffff; } .title { font-size: 16px; font-weight: 600; fill: #1f2328; }
.grid { stroke: #d8dee4; } .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.a { stroke: #8c959f; } .b { stroke: #0969da; } .dot { fill: #ffffff; stroke-width: 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1; } .page { fill: #0d1117; } .title { fill: #f0f6fc; }
  .grid { stroke: #2f353d; } .a { stroke: #757e89; } .b { stroke: #4493f8; }
  .dot { fill: #0d1117; }
}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, and the place of the threshold on it."""

    name: str
    points: Sequence[Point]
    chosen: Figures


def picture(title: str, before: Line, after: Line) -> str:
    """Both curves in one SVG: the one in force in grey, the fitted one on top of it."""
    drawn = [*grid(), *curve(before, "a", 0), *curve(after, "b", 1)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="8"/>\n'
        f"{text(LEFT, 34, title, 'title')}\n" + "\n".join(drawn) + "\n</svg>\n"
    )


def grid() -> list[str]:
    left, right, top, bottom = x(0), x(1), y(1), y(0)
    lines = []
    for tick in TICKS:
        label = f"{tick:.0%}"
        lines += [
            f'<line class="grid" x1="{left}" x2="{right}" y1="{y(tick)}" y2="{y(tick)}"/>',
            text(left - 10, y(tick) + 4, label, anchor="end"),
            text(x(tick), bottom + 22, label, anchor="middle"),
        ]
    return [
        *lines,
        text(right, bottom + 44, "coverage: questions that are answered", anchor="end"),
        text(left, top - 14, "precision: answers that are right"),
    ]


def curve(line: Line, name: str, place: int) -> list[str]:
    step = -(-len(line.points) // MOST_POINTS)
    points = [*line.points[FIRST - 1 :: step], *line.points[-1:]]
    path = " ".join(f"{x(point.coverage)},{y(point.precision)}" for point in points)
    where = LEFT + 330 * place
    return [
        f'<polyline class="line {name}" points="{path}"/>',
        *dot(line.chosen, name),
        f'<line class="line {name}" x1="{where}" x2="{where + 24}" y1="52" y2="52"/>',
        text(where + 32, 56, f"{line.name}, threshold {line.chosen.threshold:.2f}"),
    ]


def dot(chosen: Figures, name: str) -> list[str]:
    """Where the threshold is; nowhere if it lets no answer through."""
    if chosen.precision is None:
        return []
    at = f'cx="{x(chosen.coverage)}" cy="{y(chosen.precision)}"'
    return [f'<circle class="dot {name}" {at} r="5.5"/>']


def text(left: float, top: float, words: str, style: str = "", anchor: str = "start") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{left}" y="{top}" text-anchor="{anchor}">{escape(words)}</text>'


def x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

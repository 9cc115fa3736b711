"""HTML, MDX components and template tags inside markdown: their text stays, their marks go."""

import re

from knowledge.parse.codespans import Code
from knowledge.parse.hidden import is_hidden

_NAMES = frozenset(
    """
    a abbr article aside audio b big blockquote br button caption center cite code col
    colgroup dd del details dfn dialog div dl dt em embed figcaption figure font footer form
    h1 h2 h3 h4 h5 h6 header hr i iframe img input ins kbd label li link main mark meta nav
    noscript object ol p picture pre q s samp script section small source span strike strong
    style sub summary sup svg table tbody td template textarea tfoot th thead time title tr
    track tt u ul var video wbr
    """.strip().split()
)
_DROPPED = {"script", "style", "template", "iframe", "noscript", "svg", "object", "dialog"}
_VOID = {"br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = frozenset(
    """
    article blockquote br center dd details div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header
    hr li main ol p pre section summary table td th tr ul
    """.strip().split()
)
_MARKS = {f"h{level}": "#" * level + " " for level in range(1, 7)} | {"li": "- "}
_LONGEST_ROW = 10_000
_ATTRIBUTES = (
    r"(?:[^<>\"'{}]|\"[^\"]{0,2000}\"|'[^']{0,2000}'|\{(?:[^{}]|\{[^{}]{0,500}\}){0,2000}\})"
)
_TOKEN = re.compile(
    r"(?P<comment><!--)|(?P<remark>\{/\*)"
    r"|\{%-?\s*(?P<verb>[\w-]+)(?P<arguments>[^%\n]{0,500})%\}"
    rf"|<(?P<closing>/?)(?P<name>[A-Za-z][\w.-]*)(?P<attributes>(?:[\s/]{_ATTRIBUTES}*)?)>"
)
_LABEL = re.compile(r"\s(?:title|label|header|name|path|query|body)=([\"'])(.{1,300}?)\1")
_ALT = re.compile(r"\salt=([\"'])([^\"']{1,300})\1")
_QUOTED = re.compile(r"([\"'])([^\"']{1,300})\1")


def without_markup(text: str, *, components: bool = False) -> str:
    """The text without tags, comments and hidden elements; tables as markdown; code untouched.

    With `components`, capitalised names count as tags too, and their titles stay as bold lines.
    """
    return _Cleaner(text, components).run()


class _Cleaner:
    def __init__(self, text: str, components: bool) -> None:
        self._text = text
        self._components = components
        self._code = Code(text)
        # What was once looked for in vain is not there further on: keeps the whole pass linear.
        self._missing: set[str] = set()

    def run(self) -> str:
        kept: list[str] = []
        position = 0
        for token in _TOKEN.finditer(self._text):
            if token.start() < position or token.start() in self._code:
                continue
            replacement, end = self._replace(token)
            kept += [self._text[position : token.start()], replacement]
            position = end
        return "".join([*kept, self._text[position:]])

    def _replace(self, token: re.Match[str]) -> tuple[str, int]:
        if token["comment"]:
            return self._through("-->", token)
        if token["remark"]:
            return self._through("*/}", token) if self._components else (token[0], token.end())
        if token["verb"]:
            return self._template_tag(token)
        return self._tag(token)

    def _through(self, closing: str, token: re.Match[str]) -> tuple[str, int]:
        found = self._find(closing, token.end())
        return (token[0], token.end()) if found < 0 else ("", found + len(closing))

    def _find(self, wanted: str, position: int) -> int:
        found = -1 if wanted in self._missing else self._text.find(wanted, position)
        self._missing |= {wanted} if found < 0 else set()
        return found

    def _template_tag(self, token: re.Match[str]) -> tuple[str, int]:
        """Liquid and its kin: `{% page "/a" %}` in a link stays as its path, a title as text."""
        if self._components:
            return token[0], token.end()
        if token["verb"] == "comment":
            name = self._find("endcomment", token.end())
            end = self._find("%}", name) if name >= 0 else -1
            return "", end + len("%}") if end >= 0 else token.end()
        quoted = _QUOTED.search(token["arguments"])
        in_link = self._text[max(0, token.start() - 2) : token.start()] == "]("
        shown = quoted is not None and (in_link or not re.search(r"[/.]\w", quoted[2]))
        return (quoted[2] if quoted and shown else ""), token.end()

    def _tag(self, token: re.Match[str]) -> tuple[str, int]:
        name, attributes = token["name"], token["attributes"]
        if name.lower() not in _NAMES and not (self._components and name[0].isupper()):
            return token[0], token.end()
        if token["closing"]:
            return self._line_break(token) if name.lower() in _BLOCKS else "", token.end()
        if name.lower() not in _VOID and not attributes.endswith("/"):
            if name.lower() in _DROPPED or is_hidden(attributes):
                return "", self._close(name, token.end())
            if name.lower() == "table":
                return self._table(token)
        return self._shown(token), token.end()

    def _close(self, name: str, position: int) -> int:
        """The end of the element opened before `position`; of the text if it stays open."""
        depth = 1
        same = re.compile(rf"<(/?){re.escape(name)}(?=[\s/>])[^<>]{{0,2000}}>", re.IGNORECASE)
        for tag in same.finditer(self._text, position):
            depth += -1 if tag[1] else 0 if tag[0].endswith("/>") else 1
            if depth == 0:
                return tag.end()
        return len(self._text)

    def _table(self, token: re.Match[str]) -> tuple[str, int]:
        from knowledge.parse.webpage import to_markdown

        end = self._find("</table>", token.end())
        if end < 0:
            return "", token.end()
        table = to_markdown(self._text[token.start() : end + len("</table>")])
        return f"\n{table.text}\n", end + len("</table>")

    def _shown(self, token: re.Match[str]) -> str:
        name, attributes = token["name"], token["attributes"]
        if name[0].isupper():
            label = _LABEL.search(attributes)
            return f"**{label[2].strip()}**\n" if label else ""
        if name == "img":
            alternative = _ALT.search(attributes)
            return alternative[2] if alternative else ""
        return self._line_break(token) + _MARKS.get(name, "") if name in _BLOCKS else ""

    def _line_break(self, token: re.Match[str]) -> str:
        """A row of a markdown table must stay on its line."""
        line = self._text.rfind("\n", max(0, token.start() - _LONGEST_ROW), token.start()) + 1
        return " " if self._text.startswith("|", line) else "\n"

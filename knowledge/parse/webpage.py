"""HTML pages: the content without scripts, hidden parts and the site's chrome, as markdown."""

import re
from itertools import islice

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import PageElement
from markdownify import MarkdownConverter

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.hidden import is_hidden
from knowledge.parse.text import decode, normalise, one_line, tidy, title_from
from knowledge.parse.webtables import make_plain

# Each takes a thousand bytes of memory and more when parsed.
MAX_TAGS = 300_000

_DROPPED = frozenset(
    """
    script style template noscript iframe svg canvas object embed audio video dialog nav
    footer button input select textarea head
    """.strip().split()
)
_CHROME_ROLES = {"navigation", "contentinfo", "banner", "search", "dialog", "menu"}
_LIKE_HEADING = re.compile(r"\s*#{1,6}\s")
_NO_LANGUAGES = {"default", "none", "plaintext", "text"}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)


def parse(data: bytes, name: str) -> ParsedDocument:
    charset = _CHARSET.search(data[:4096])
    page = to_markdown(decode(data, charset[1].decode() if charset else None))
    return page if page.title else ParsedDocument(title_from(name), page.text)


def to_markdown(html: str) -> ParsedDocument:
    """The page's content as markdown; its title is the first `h1`, else `<title>`, else empty."""
    if html.count("<") > MAX_TAGS:
        raise ParseError(f"has more than {MAX_TAGS:,} tags; split it")
    soup = BeautifulSoup(html, "lxml")
    page_title = soup.title.get_text() if soup.title else ""
    content = _content(soup)
    heading = content.find("h1")
    title = one_line(heading.get_text(" ") if heading else "") or one_line(page_title)
    return ParsedDocument(title, tidy(normalise(_as_markdown(content))))


def _content(soup: BeautifulSoup) -> Tag:
    for element in _unseen(soup):
        element.extract()
    for image in soup.find_all("img"):
        image.replace_with(str(image.get("alt") or ""))
    make_plain(soup)
    main = soup.find("main") or soup.find(role="main")
    # An empty <main> is filled by a script; what the page holds is then elsewhere.
    return main if main and main.get_text(strip=True) else soup


def _unseen(soup: BeautifulSoup) -> list[PageElement]:
    """Comments and the outermost elements that are not shown, in one walk."""
    unseen: list[PageElement] = []
    within: set[int] = set()
    for element in soup.descendants:
        if id(element.parent) in within:
            within.add(id(element))
        elif isinstance(element, Comment) or (isinstance(element, Tag) and _is_left_out(element)):
            unseen.append(element)
            within.add(id(element))
    return unseen


def _is_left_out(tag: Tag) -> bool:
    if tag.name in _DROPPED:
        return True
    if not tag.attrs:
        return False
    attributes = "".join(f' {key}="{_joined(value)}"' for key, value in tag.attrs.items())
    return (
        tag.get("role") in _CHROME_ROLES
        or "headerlink" in tag.get_attribute_list("class")
        or is_hidden(attributes)
    )


def _joined(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


class _Markdown(MarkdownConverter):
    """Links only where they lead to a place; table cells on one line; no headings by chance."""

    def convert_a(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        target = str(element.get("href") or "")
        if not re.match(r"https?://|mailto:", target):
            return text
        link: str = super().convert_a(element, text, parent_tags)  # type: ignore[misc]  # untyped
        return link

    def convert_p(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        if _LIKE_HEADING.match(text):
            text = "\\" + text.lstrip()
        paragraph: str = super().convert_p(element, text, parent_tags)  # type: ignore[misc]
        return paragraph

    def convert_td(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        cell: str = super().convert_td(element, _escaped(text), parent_tags)  # type: ignore[misc]
        return cell

    def convert_th(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        cell: str = super().convert_th(element, _escaped(text), parent_tags)  # type: ignore[misc]
        return cell


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _language(element: Tag) -> str:
    code = element.find("code") or element
    # Sphinx and Jekyll name it two elements further out.
    bearers = [code, element, *islice(element.parents, 2)]
    names = [str(name) for bearer in bearers for name in bearer.get_attribute_list("class")]
    found = (re.fullmatch(r"(?:language|lang|highlight(?:-source)?)-([\w+#]+)", n) for n in names)
    return next((match[1] for match in found if match and match[1] not in _NO_LANGUAGES), "")


def _as_markdown(content: Tag) -> str:
    try:
        converter = _Markdown(
            heading_style="ATX",
            bullets="-",
            escape_asterisks=False,
            escape_underscores=False,
            table_infer_header=True,
            code_language_callback=_language,
        )
        return converter.convert_soup(content)
    except RecursionError:
        # Nested deeper than Python calls can go: the words are worth more than their structure.
        return "\n".join(content.stripped_strings)

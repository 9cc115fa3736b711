"""HTML pages: the content without scripts, hidden parts and the site's chrome, as markdown."""

import re

from bs4 import BeautifulSoup, Comment, Tag
from markdownify import MarkdownConverter

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.hidden import is_hidden
from knowledge.parse.text import decode, normalise, one_line, tidy, title_from

# Each takes a thousand bytes of memory and more when parsed.
MAX_TAGS = 300_000

_DROPPED = frozenset(
    """
    script style template noscript iframe svg canvas object embed audio video dialog nav
    footer button input select textarea head
    """.strip().split()
)
_CHROME_ROLES = {"navigation", "contentinfo", "banner", "search", "dialog", "menu"}
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
    for remark in soup.find_all(string=lambda text: isinstance(text, Comment)):
        remark.extract()
    for tag in soup.find_all(_is_left_out):
        # A parent that was taken out before took its children along.
        if not tag.decomposed:
            tag.decompose()
    for image in soup.find_all("img"):
        image.replace_with(str(image.get("alt") or ""))
    main = soup.find("main") or soup.find(role="main")
    # An empty <main> is filled by a script; what the page holds is then elsewhere.
    return main if main and main.get_text(strip=True) else soup


def _is_left_out(tag: Tag) -> bool:
    attributes = "".join(f' {key}="{_joined(value)}"' for key, value in tag.attrs.items())
    return (
        tag.name in _DROPPED
        or tag.get("role") in _CHROME_ROLES
        or "headerlink" in tag.get_attribute_list("class")
        or is_hidden(attributes)
    )


def _joined(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


class _Markdown(MarkdownConverter):
    """Links only where they lead to a place; table cells on one line."""

    def convert_a(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        target = str(element.get("href") or "")
        if not re.match(r"https?://|mailto:", target):
            return text
        link: str = super().convert_a(element, text, parent_tags)  # type: ignore[misc]  # untyped
        return link

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
    names = [*code.get_attribute_list("class"), *element.get_attribute_list("class")]
    found = (re.fullmatch(r"(?:language|lang|highlight)-(\w+)", str(name)) for name in names)
    return next((match[1] for match in found if match), "")


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

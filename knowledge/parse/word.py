"""Word documents: through mammoth to HTML, then the way of every page."""

import io
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

import mammoth

from knowledge.documents import ParsedDocument
from knowledge.parse.archive import check_archive
from knowledge.parse.errors import ParseError
from knowledge.parse.text import title_from
from knowledge.parse.webpage import to_markdown
from knowledge.parse.word_body import without_unseen

_CODE = ("Code", "Source Code", "HTML Preformatted", "Preformatted Text", "macro")
_STYLES = "\n".join(
    ["p[style-name='Title'] => h1:fresh"]
    + [f"p[style-name='{name}'] => pre:separator('\\n')" for name in _CODE]
)


def parse(data: bytes, name: str) -> ParsedDocument:
    check_archive(data, ".docx")
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(without_unseen(data)),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
            external_file_access=False,
        ).value
    except (BadZipFile, ExpatError, OSError, KeyError, ValueError, AttributeError) as error:
        raise ParseError("is damaged or not really .docx; open it and save it again") from error
    page = to_markdown(html)
    return ParsedDocument(page.title or title_from(name), page.text)

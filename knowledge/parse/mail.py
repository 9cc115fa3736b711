"""Mail messages: who wrote to whom and when, the text, and the names of what was attached."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage, MIMEPart

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.text import decode, normalise, one_line, title_from

_HEADERS = ("From", "To", "Cc", "Date")


_DEEPEST = 3
"""Forwarded messages in forwarded messages: further down is what everybody has read."""


def parse(data: bytes, name: str) -> ParsedDocument:
    message = message_from_bytes(data, policy=policy.default)
    if not message.keys():
        raise ParseError("is not a mail message; it has no headers")
    subject = _subject(message) or title_from(name)
    return ParsedDocument(subject, normalise(_text(message, subject, 1)))


def _text(message: EmailMessage, subject: str, depth: int) -> str:
    heading = f"{'#' * depth} {subject}"
    parts = [heading, _headers(message), _body(message), *_attached(message, depth)]
    return "\n\n".join(filter(None, parts))


def _subject(message: EmailMessage) -> str:
    return one_line(_header(message, "Subject"))


def _headers(message: EmailMessage) -> str:
    found = ((key, one_line(_header(message, key))) for key in _HEADERS)
    return "\n".join(f"- {key}: {value}" for key, value in found if value)


def _header(message: EmailMessage, key: str) -> str:
    try:
        return str(message.get(key, ""))
    # What some senders put into a header makes the library stumble in many ways.
    except (ValueError, TypeError, AttributeError, IndexError, HeaderParseError):
        return ""


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        # Parts without a boundary between them are one text.
        return "" if message.is_multipart() else decode(_payload(message)).strip()
    text = decode(_payload(part), part.get_content_charset())
    if part.get_content_subtype() == "html":
        from knowledge.parse.webpage import to_markdown

        return to_markdown(text).text
    return text.strip()


def _payload(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _attached(message: EmailMessage, depth: int) -> Iterator[str]:
    """Forwarded messages with their text; of anything else the name."""
    for part in message.iter_attachments():
        if name := one_line(part.get_filename() or ""):
            yield f"- Attached: {name}"
        if part.get_content_type() == "message/rfc822" and depth < _DEEPEST:
            inner = part.get_payload(0)
            if isinstance(inner, EmailMessage):
                yield _text(inner, _subject(inner) or "Forwarded message", depth + 1)

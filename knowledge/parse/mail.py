"""Mail messages: who wrote to whom and when, the text, and the names of what was attached."""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError
from knowledge.parse.text import decode, normalise, one_line, title_from

_HEADERS = ("From", "To", "Cc", "Date")


def parse(data: bytes, name: str) -> ParsedDocument:
    message = message_from_bytes(data, policy=policy.default)
    if not message.keys():
        raise ParseError("is not a mail message; it has no headers")
    subject = one_line(str(message.get("Subject", ""))) or title_from(name)
    parts = [f"# {subject}", _headers(message), _body(message), _attachments(message)]
    return ParsedDocument(subject, normalise("\n\n".join(filter(None, parts))))


def _headers(message: EmailMessage) -> str:
    return "\n".join(f"- {key}: {one_line(str(message[key]))}" for key in _HEADERS if message[key])


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = decode(_payload(part), part.get_content_charset())
    if part.get_content_subtype() == "html":
        from knowledge.parse.webpage import to_markdown

        return to_markdown(text).text
    return text.strip()


def _payload(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _attachments(message: EmailMessage) -> str:
    names = [one_line(part.get_filename() or "") for part in message.iter_attachments()]
    return "\n".join(f"- Attached: {name}" for name in names if name)

"""Bytes to text: the encoding found out, line ends made one, everything invisible taken out."""

import re
import unicodedata
from itertools import accumulate

from knowledge.documents import ParsedDocument
from knowledge.parse.errors import ParseError

MAX_CHARACTERS = 20_000_000
_SAMPLE = 256 * 1024

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# Left to itself, the detection takes short texts for exotic ones ("café" for Urdu).
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("gb18030", "big5", "cp932", "euc_jp", "euc_kr", "cp949"),
]

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# Controls, soft hyphens, zero-width and direction marks, tags and variation selectors beyond
# emoji's: people do not see them, so what hides in them must not reach a model. The two joiners
# stay, for Persian, Indic scripts and emoji are written with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e01ef]"
)
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)++")
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1b"))


def normalise(text: str) -> str:
    """The same text in NFC, with `\\n` line ends and nothing invisible but white space."""
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"has more than {MAX_CHARACTERS:,} characters of text; split it")
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))


def tidy(text: str) -> str:
    """The text with one empty line where there were several, and none around it."""
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def one_line(text: str) -> str:
    return " ".join(normalise(text).split())


def title_from(name: str) -> str:
    """A title for a document that has none: `paid-leave_2024.md` → `paid leave 2024`."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return one_line(stem.replace("-", " ").replace("_", " ")) or name


def of_pages(title: str, pages: list[str]) -> ParsedDocument:
    """A document of pages that are already normalised, with the offset of each."""
    starts = accumulate((len(page) + len("\n\n") for page in pages[:-1]), initial=0)
    return ParsedDocument(title, "\n\n".join(pages), tuple(starts))


def decode(data: bytes, declared: str | None = None) -> str:
    """Text from bytes: by the byte order mark, as declared, as UTF-8, then by its statistics."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if wide := _utf16_without_mark(data[:_SAMPLE]):
        return data.decode(wide, errors="replace")
    _refuse_binary(data[:_SAMPLE])
    # Declared Latin-1 is often UTF-8 in truth; but ISO-2022 is plain ASCII to look at.
    sure = declared if declared and declared.lower().startswith("iso-2022") else None
    for encoding in filter(None, (sure, "utf-8", declared)):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode(_guess(data), errors="replace")


def _utf16_without_mark(sample: bytes) -> str | None:
    pairs = len(sample) // 2
    if pairs and sample[1::2].count(0) > 0.7 * pairs > 7 * sample[0::2].count(0):
        return "utf-16-le"
    if pairs and sample[0::2].count(0) > 0.7 * pairs > 7 * sample[1::2].count(0):
        return "utf-16-be"
    return None


def _refuse_binary(sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    if controls > 4 + 0.02 * len(sample):
        raise ParseError("is not text, whatever its ending says; give it the ending of its format")


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    # The sample starts where the text stops being plain ASCII, for only that part tells anything.
    first = next(re.finditer(rb"[\x80-\xff]", data)).start()
    start = data.rfind(b"\n", max(0, first - _SAMPLE), first) + 1
    best = from_bytes(data[start : start + _SAMPLE], cp_isolation=_LEGACY).best()
    return best.encoding if best else "utf-8"

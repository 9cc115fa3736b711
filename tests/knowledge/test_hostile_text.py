"""Hostile text files: each is read or skipped with a reason, in time, and the good are read."""

import json
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from knowledge.chunk import chunk
from knowledge.documents import ParsedDocument, Skipped
from knowledge.sandbox import ParserPool

SECONDS = 10
MILLION = 1_000_000


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(seconds=SECONDS) as pool:
        yield pool


def nested_mail(depth: int) -> bytes:
    message = EmailMessage()
    message.set_content("The innermost.")
    for level in range(depth):
        outer = EmailMessage()
        outer["Subject"] = f"Level {level}"
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def notebook(cells: object) -> bytes:
    return json.dumps({"cells": cells}).encode()


# The name tells the format; a name is used once.
READABLE = {
    "hashes.md": b"#" * MILLION,
    "headings.md": b"# a\n" * 60_000 + b"text",
    "backticks.md": b"`" * MILLION,
    "runs-of-backticks.md": b" ".join(b"`" * n for n in range(1, 1200)),
    "brackets.md": b"[" * MILLION,
    "links.md": b"[a](" * 250_000,
    "angles.md": b"<" * MILLION,
    "tags.md": b"<a " * 100_000,
    "quoted-tags.md": b'<a "' * 100_000,
    "hidden.md": b"text <div hidden>" * 50_000,
    "comments.md": b"<!-- " * 100_000,
    "tables.md": b"<table>" * 100_000 + b"text",
    "braces.mdx": b"<A b={{" * 100_000,
    "exports.mdx": b"text\n\nexport const a = {\n" * 30_000,
    "templates.md": b"{% a " * 60_000,
    "template-comments.md": b"{% comment %} text " * 50_000,
    "stars.md": b"*" * MILLION,
    "quotes.md": b"> " * 200_000 + b"text",
    "list.md": b"".join(b" " * n + b"- a\n" for n in range(1000)),
    "pipes.md": b"|" * MILLION + b"text",
    "rows.md": b"a|b\n-|-\n" * 30_000,
    "fences.md": b"```\n" * 100_000 + b"text",
    "front-matter.md": b"---\n" * 100_000 + b"text",
    "one-line.txt": b"word " * 400_000,
    "one-word.txt": b"x" * (5 * MILLION),
    "dots.txt": b"." * MILLION + b"x",
    "line-ends.txt": b"a\rb\r\nc\nd\n\r" * 30_000,
    "nul-here-and-there.md": b"text " * 1000 + b"\x00" * 20,
    "utf-16-without-mark.txt": "plain words ".encode("utf-16-le") * 1000,
    "half-a-character.txt": "é".encode("utf-16")[:-1] + b"a" * 101,
    "broken-utf-8.txt": b"caf\xe9 \xc0\x80 \xed\xa0\x80 " * 100,
    "marks.txt": b"a" + "\u0301\u0316".encode() * 300,
    "escapes.txt": b"\x1b[31mred\x1b[0m " * 1000,
    "lying.html": b"<meta charset=utf-7><p>+ADw-script+AD4-",
    "unknown-charset.html": b"<meta charset=klingon><p>caf\xe9",
    "deep.html": b"<div>" * 100_000 + b"text",
    "deep-inline.html": b"<b><i>" * 30_000 + b"text",
    "deep-list.html": b"<ul><li>text" * 20_000,
    "deep-table.html": b"<table><tr><td>text" * 20_000,
    "open-tags.html": b"<p>text<a href='" * 50_000,
    "attributes.html": b"<p " + b" ".join(b"a%d=b" % n for n in range(100_000)) + b">text",
    "entities.html": b"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><p>text &b;",
    "outside.html": b"<!DOCTYPE a [<!ENTITY p SYSTEM 'file:///etc/passwd'>]><p>text &p;",
    "nul.html": b"<p>text\x00more</p>",
    "adornments.rst": b"=" * MILLION + b"\ntext",
    "overlined.rst": b"===\na\n===\n" * 50_000 + b"text",
    "roles.rst": b":a:`" * 200_000,
    "columns.csv": b"a," * 500_000,
    "open-quote.csv": b'a,b\n"' + b"c,d\n" * 20_000,
    "cells.ipynb": notebook([{"cell_type": "markdown", "source": "text"}] * 20_000),
    "nested.eml": nested_mail(30),
    "no-boundary.eml": b"Subject: a\nContent-Type: multipart/mixed\n\ntext",
    "lying-charset.eml": b"Subject: a\nContent-Type: text/plain; charset=klingon\n\ncaf\xe9",
    "header.eml": b"Subject: " + b"=?utf-8?q?a?= " * 5_000 + b"\n\ntext",
}

REFUSED = {
    "empty.md": (b"", "is empty"),
    "white.md": (b" \n\t\r\n" * 1000, "has no text"),
    "only-a-mark.txt": (b"\xef\xbb\xbf", "has no text"),
    "invisible.txt": ("\u200b\u202e" * 1000, "has no text"),
    "program.md": (b"\x7fELF" + bytes(range(256)) * 100, "is not text"),
    "zeros.csv": (b"\x00" * 100_000, "is not text"),
    "picture.html": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "is not text"),
    "long-field.csv": (b'"' + b"a" * 200_000 + b'"', "is not a table"),
    "endless.txt": (b"a\n" * 11 * MILLION, "has more than 20,000,000 characters"),
    "deep.ipynb": (b'{"cells":' + b"[" * MILLION, "is nested too deeply"),
    "number.ipynb": (b'{"cells": ' + b"9" * 10_000 + b"}", "is damaged"),
    "types.ipynb": (notebook([1, None, "a"]), "is damaged"),
    "list.ipynb": (b"[]", "is damaged"),
    "truncated.ipynb": (notebook([])[:-2], "is damaged"),
    "prose.eml": (b"\njust some words", "is not a mail"),
    "tags.html": (b"<div>" * MILLION, "has more than 300,000 tags"),
    "scripts.html": (b"<script>" * 100_000, "has no text"),
}


@pytest.mark.parametrize("name", READABLE)
def test_hostile_text_is_read_and_cut_into_passages_in_time(pool: ParserPool, name: str) -> None:
    begin = time.monotonic()

    document = pool.parse_bytes(name, READABLE[name])
    assert isinstance(document, ParsedDocument)
    spans = chunk(document)

    assert time.monotonic() - begin < SECONDS
    assert "root:" not in document.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", document.text)
    assert all(span.text == document.text[span.start : span.end] for span in spans)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_text_is_skipped_with_its_reason(pool: ParserPool, name: str) -> None:
    content, reason = REFUSED[name]
    data = content.encode() if isinstance(content, str) else content

    result = pool.parse_bytes(name, data)

    assert isinstance(result, Skipped)
    assert result.reason.startswith(reason)


def test_good_text_is_read_after_all_of_it(pool: ParserPool) -> None:
    assert pool.parse_bytes("good.md", b"# Good\n\nText.") == ParsedDocument(
        "Good", "# Good\n\nText."
    )

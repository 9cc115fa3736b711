"""Hostile text files: of endless depth, of endless lines, of patterns that slow readers down."""

from __future__ import annotations

import json
from email.message import EmailMessage

from .expected import Readable, Refused

MANY = 50_000
"""So much that whatever takes the square of it would not come to an end."""


def nested_mail(depth: int) -> bytes:
    message = EmailMessage()
    message["Subject"] = "The innermost"
    message.set_content("The innermost.")
    for level in range(depth):
        outer = EmailMessage()
        outer["Subject"] = f"Level {level}"
        outer.set_content("See below.")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def notebook(cells: object) -> bytes:
    return json.dumps({"cells": cells}).encode()


def output(text: str) -> bytes:
    return notebook([{"cell_type": "code", "source": "run", "outputs": [{"text": text}]}])


def text(name: str, content: bytes, holds: str = "", lacks: str = "root:") -> Readable:
    return Readable(name, lambda: content, holds, lacks)


def refused(name: str, content: bytes, reason: str) -> Refused:
    return Refused(name, lambda: content, reason)


MARKDOWN = [
    text("hashes.md", b"#" * MANY),
    text("headings.md", b"# a\n" * 5_000 + b"text", "text"),
    text("backticks.md", b"`" * MANY),
    text("runs-of-backticks.md", b" ".join(b"`" * n for n in range(1, 600))),
    text("brackets.md", b"[" * MANY),
    text("links.md", b"[a](" * 20_000),
    text("angles.md", b"<" * MANY),
    text("tags.md", b"<a " * 20_000),
    text("quoted-tags.md", b'<a "' * 20_000),
    text("hidden.md", b"text <div hidden>" * 10_000, "text"),
    text("comments.md", b"<!-- " * 20_000),
    text("tables.md", b"<table>" * 20_000 + b"text", "text"),
    text("braces.mdx", b"<A b={{" * 20_000),
    text("exports.mdx", b"text\n\nexport const a = {\n" * 10_000, "text"),
    text("templates.md", b"{% a " * 10_000),
    text("template-comments.md", b"{% comment %} text " * 10_000, "text"),
    text("stars.md", b"*" * MANY + b"text", "text"),
    text("quotes.md", b"> " * 20_000 + b"text", "text"),
    text("list.md", b"".join(b" " * n + b"- a\n" for n in range(500))),
    text("pipes.md", b"|" * MANY + b"text", "text"),
    text("rows.md", b"a|b\n-|-\n" * 3_000),
    text("fences.md", b"```\n" * 5_000 + b"text", "text"),
    text("front-matter.md", b"---\n" * 20_000 + b"text", "text"),
    text("picture.md", b"![seen](data:image/png;base64," + b"A" * MANY + b") text", "seen", "AAAA"),
    refused("white.md", b" \n\t\r\n" * 1000, "has no text"),
    refused("nul.md", b"\x00" * 100_000, "is not text"),
    refused("program.md", b"\x7fELF" + bytes(range(256)) * 100, "is not text"),
]

PLAIN = [
    text("one-line.txt", b"word " * 20_000, "word"),
    text("one-word.txt", b"x" * MANY, "xxx"),
    text("dots.txt", b"." * MANY + b"x", "x"),
    text("line-ends.txt", b"a\rb\r\nc\nd\n\r" * 5_000, "a\nb\nc\nd"),
    text("nul-here-and-there.txt", b"text " * 1000 + b"\x00" * 20, "text", "\x00"),
    text("marks.txt", b"a" + "\u0301\u0316".encode() * 300),
    text("escapes.txt", b"\x1b[31mred\x1b[0m " * 1000, "red", "\x1b"),
    text("turned.txt", "safe \u202etxt.exe\u202c".encode(), "txt.exe", "\u202e"),
    refused("only-a-mark.txt", b"\xef\xbb\xbf", "has no text"),
    refused("invisible.txt", "\u200b\u202e".encode() * 1000, "has no text"),
    refused("endless.txt", b"a\n" * 10_500_000, "has more than 20,000,000 characters"),
]

PAGES = [
    text("deep.html", b"<div>" * 100_000 + b"text", "text"),
    text("deep-inline.html", b"<b><i>" * 10_000 + b"text", "text"),
    text("deep-list.html", b"<ul><li>text" * 5_000, "text"),
    text("deep-table.html", b"<table><tr><td>text" * 5_000, "text"),
    text("open-tags.html", b"<p>text<a href='" * 10_000, "text"),
    text(
        "attributes.html",
        b"<p " + b" ".join(b"a%d=b" % n for n in range(20_000)) + b">text",
        "text",
    ),
    text("entities.html", b"<!DOCTYPE a [<!ENTITY b '&a;&a;'>]><p>text &b;", "text"),
    text(
        "outside.html",
        b"<!DOCTYPE a [<!ENTITY p SYSTEM 'file:///etc/passwd'>]><p>text &p;",
        "text",
    ),
    text("nul.html", b"<p>text\x00more</p>", "text"),
    text("scripted.html", b"<script>steal()</script>" * 5_000 + b"<p>text", "text", "steal"),
    text(
        "picture-bytes.html",
        b"<p>text<img src='data:image/png;base64," + b"A" * MANY + b"' alt=seen>",
        "seen",
        "AAAA",
    ),
    text("spans.html", b"<table>" + b"<tr><td rowspan=999 colspan=999>a" * 50, "a"),
    text("lying.html", b"<meta charset=utf-7><p>+ADw-script+AD4-"),
    text("unknown-charset.html", b"<meta charset=klingon><p>caf\xe9", "caf"),
    refused("tags.html", b"<div>" * 500_000, "has more than 300,000 tags"),
    refused("scripts.html", b"<script>" * 50_000, "has no text"),
    refused("picture.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "is not text"),
]

RST = [
    text(
        "include.rst", b"text\n\n.. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd"
    ),
    text("csv-file.rst", b"text\n\n.. csv-table:: Users\n   :file: /etc/passwd\n", "Users"),
    text("literal.rst", b"text\n\n.. literalinclude:: /etc/passwd\n   :lines: 1-9\n", "text"),
    text("adornments.rst", b"=" * MANY + b"\ntext", "text"),
    text("overlined.rst", b"===\na\n===\n" * 3_000 + b"text", "text"),
    text("roles.rst", b":a:`" * 20_000),
    text("borders.rst", b"== ==\nx\n" * 5_000, "x"),
    text("grids.rst", b"+--+--+\n|a|\n" * 5_000, "a"),
    text("replaced.rst", b".. |a| replace:: |a||a|\n" * 5_000 + b"|a|" * 5_000),
]

TABLES = [
    text("columns.csv", b"a," * 1_000_000, "a"),
    text("open-quote.csv", b'a,b\n"' + b"c,d\n" * 10_000, "c,d"),
    refused("long-field.csv", b'"' + b"a" * 200_000 + b'"', "is not a table"),
    refused("endless-line.csv", b"a" * 19_000_000, "is not a table"),
    refused("zeros.csv", b"\x00" * 100_000, "is not text"),
    refused("swollen.csv", b"a,b\n" * 6_000_000, "has more than 20,000,000 characters"),
]

NOTEBOOKS = [
    text("cells.ipynb", notebook([{"cell_type": "markdown", "source": "text"}] * 1_000), "text"),
    text("printed.ipynb", output("line\n" * MANY), "line"),
    text("printed-line.ipynb", output("endless" * 500_000), "endless"),
    refused("deep.ipynb", b'{"cells":' + b"[" * 1_000_000, "is nested too deeply"),
    refused("number.ipynb", b'{"cells": ' + b"9" * 10_000 + b"}", "is damaged"),
    refused("types.ipynb", notebook([1, None, "a"]), "is damaged"),
    refused("list.ipynb", b"[]", "is damaged"),
    refused("truncated.ipynb", notebook([])[:-2], "is damaged"),
    refused("prose.ipynb", b"just some words", "is damaged"),
]

MAILS = [
    text("nested.eml", nested_mail(30), "Level 29", "The innermost"),
    text("no-boundary.eml", b"Subject: a\nContent-Type: multipart/mixed\n\ntext", "text"),
    text(
        "lying-charset.eml",
        b"Subject: a\nContent-Type: text/plain; charset=klingon\n\ncaf\xe9",
        "caf",
    ),
    text("header.eml", b"Subject: " + b"=?utf-8?q?a?= " * 2_000 + b"\n\ntext", "text"),
    text("odd-headers.eml", b"From: <<>>@\nTo: ,;:\nDate: never\nSubject: odd\n\ntext", "text"),
    text("half-base64.eml", b"Subject: a\nContent-Transfer-Encoding: base64\n\n!!!dGV4dA", "# a"),
    refused("prose.eml", b"\njust some words", "is not a mail"),
]

ALL = [*MARKDOWN, *PLAIN, *PAGES, *RST, *TABLES, *NOTEBOOKS, *MAILS]
REFUSED = [one for one in ALL if isinstance(one, Refused)]
READABLE = [one for one in ALL if isinstance(one, Readable)]

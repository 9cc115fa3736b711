"""What is hostile by its name, its kind or its place in the folder, or by what happens to it."""

from __future__ import annotations

import json
import os
from email.message import EmailMessage
from pathlib import Path

from fpdf import FPDF

from .archives import good_docx, good_pptx, good_xlsx

TEXT = b"Text of a good document."


def good_pdf() -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    document.cell(0, 8, TEXT.decode())
    return bytes(document.output())


def good_mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Good"
    message.set_content(TEXT.decode())
    return message.as_bytes()


GOOD = {
    "good.md": b"# Good\n\n" + TEXT,
    "m-good.mdx": TEXT,
    "m-good.txt": TEXT,
    "m-good.html": b"<p>" + TEXT,
    "m-good.rst": TEXT,
    "m-good.csv": b"a,b\n1,2\n",
    "m-good.eml": good_mail(),
    "m-good.ipynb": json.dumps({"cells": [{"cell_type": "raw", "source": "Text."}]}).encode(),
    "m-good.pdf": good_pdf(),
    "m-good.docx": good_docx(),
    "m-good.xlsx": good_xlsx(),
    "m-good.pptx": good_pptx(),
    "z-good.docx": good_docx(),
    "folder.md/inner.md": TEXT,
    "deep/" + "d/" * 60 + "good.txt": TEXT,
    "名前 с пробелом 👩‍🚀 عربي हिन्दी.md": TEXT,
    "-rf.md": TEXT,
    "a;b&c$(d)`e`.md": TEXT,
    "quote'\"<b>.md": TEXT,
    "%2e%2e%2fetc.md": TEXT,
    ("n" * 250) + ".md": TEXT,
    "UPPER.MD": TEXT,
    "dots...md": TEXT,
}

LINKED = "linked.md"
"""A hard link to a file outside: nothing tells it from any other file."""

LINKS = {
    "device.md": "/dev/zero",
    "proc": "/proc/self",
    "loop.md": "loop-back.md",
    "loop-back.md": "loop.md",
    "itself.md": "itself.md",
    "dead.docx": "gone.docx",
    "round": ".",
    "to-pipe.md": "pipe.md",
    "again.md": "good.md",
}

FILES = {
    "empty.md": b"",
    "tab\tname.md": TEXT,
    "latin-\udce9.md": TEXT,
    "turned-\u202edm.exe.md": TEXT,
    "id_rsa": b"key",
    ".env": b"TOKEN=secret",
    "notes.txt": b"-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n",
    ".hidden.md": TEXT,
    ".git/readme.md": TEXT,
    "m-vanishing.md": TEXT,
    "m-changing.md": TEXT,
    "m-growing.md": TEXT,
    "m-turned-into-a-pipe.md": TEXT,
}

TOLD = {
    "empty.md": "is empty",
    "sparse.csv": "has 200 MB, over the limit of 50 MB; split it",
    "pipe.md": "is a pipe",
    "socket.pdf": "is a socket",
    "out.md": "leads out of the folder",
    "device.md": "leads out of the folder",
    "proc": "leads out of the folder",
    "loop.md": "is a link that leads nowhere",
    "loop-back.md": "is a link that leads nowhere",
    "itself.md": "is a link that leads nowhere",
    "dead.docx": "is a link that leads nowhere",
    "tab?name.md": "has a name that is not plain UTF-8",
    "latin-\\udce9.md": "has a name that is not plain UTF-8",
    "turned-?dm.exe.md": "has a name that is not plain UTF-8",
    "id_rsa": "looks like a key",
    ".env": "looks like a key",
    "notes.txt": "looks like a key",
    ".hidden.md": "is hidden",
    "m-vanishing.md": "is gone; it was there a moment ago",
    "m-changing.md": "changed while it was read; the next run takes it in",
    "m-growing.md": "has 60 MB, over the limit of 50 MB",
    "m-turned-into-a-pipe.md": "is a pipe and not a file",
}


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def set_traps(root: Path, outside: Path) -> None:
    write(outside / "secret.md", b"A secret from outside.")
    write(outside / LINKED, b"Linked from outside.")
    os.link(outside / LINKED, root / LINKED)
    (root / "out.md").symlink_to(outside / "secret.md")
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for name, content in FILES.items():
        write(root / name, content)
    os.mkfifo(root / "pipe.md")
    (root / "sparse.csv").touch()
    os.truncate(root / "sparse.csv", 200_000_000)


def spring_traps(root: Path) -> None:
    """What happens between the listing of the files and their reading."""
    (root / "m-vanishing.md").unlink()
    write(root / "m-changing.md", b"Other text of the same file.")
    os.truncate(root / "m-growing.md", 60_000_000)
    (root / "m-turned-into-a-pipe.md").unlink()
    os.mkfifo(root / "m-turned-into-a-pipe.md")

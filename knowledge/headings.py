"""A heading's text as people read it, without markdown's marks."""

import re

from knowledge.blocks import Block

_MARKS = re.compile(r"^\s*#{1,6}(?=\s|$)|\{#[^{}\n]*\}\s*$|\n.*$|</?[A-Za-z][^<>]*>")
_CLOSING = re.compile(r"(?:^|\s)#+\s*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"[*`]|(?<!\w)_+|_+(?!\w)")


def heading_text(text: str, block: Block) -> str:
    """`## The *new* [form](a.md) {#new}` → `The new form`; blocks keep headings short."""
    line = _CLOSING.sub("", _MARKS.sub("", text[block.start : block.end]))
    return " ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", line)).split())

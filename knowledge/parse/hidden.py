"""Which elements of a page a reader does not see."""

import re

_HIDING_ATTRIBUTE = re.compile(r"\s(?:hidden(?=[\s=/]|$)|aria-hidden=true)", re.IGNORECASE)
_HIDING_STYLE = re.compile(
    r"display\s*:\s*[\"']?none|visibility\s*:\s*[\"']?(?:hidden|collapse)"
    r"|(?<![\w-])(?:font-?size|opacity)\s*:\s*[\"']?0*\.?0+(?![.\d])"
    # Smaller than anyone can read, far off the page, cut away, or without a colour.
    r"|(?<![\w-])font-?size\s*:\s*[\"']?(?:[01](?:\.\d{1,9})?|\.\d{1,9})(?:px|pt)"
    r"|(?<![\w-])(?:left|top|text-?indent|margin-?left)\s*:\s*[\"']?-\d{3,9}(?:px|r?em|pt|%)"
    r"|(?<![\w-])clip\s*:\s*[\"']?rect\(\s*[01]|(?<![\w-])color\s*:\s*[\"']?transparent",
    re.IGNORECASE,
)
_VALUES = re.compile(r"(?<!aria-hidden)=(?:\"[^\"]*\"|'[^']*')")


def is_hidden(attributes: str) -> bool:
    """Whether an element with these attributes (as written) is not shown."""
    if not attributes:
        return False
    bare = _VALUES.sub("=", attributes).replace('"', "").replace("'", "")
    return bool(_HIDING_ATTRIBUTE.search(bare) or _HIDING_STYLE.search(attributes))

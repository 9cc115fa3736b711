"""Which elements of a page a reader does not see."""

import re

_HIDING_ATTRIBUTE = re.compile(r"\s(?:hidden(?=[\s=/]|$)|aria-hidden=true)", re.IGNORECASE)
_HIDING_STYLE = re.compile(
    r"(?:display\s*:\s*[\"']?none|visibility\s*:\s*[\"']?hidden"
    r"|(?:font-size|opacity)\s*:\s*[\"']?0(?![.\d]))",
    re.IGNORECASE,
)
_VALUES = re.compile(r"(?<!aria-hidden)=(?:\"[^\"]*\"|'[^']*')")


def is_hidden(attributes: str) -> bool:
    """Whether an element with these attributes (as written) is not shown."""
    bare = _VALUES.sub("=", attributes).replace('"', "").replace("'", "")
    return bool(_HIDING_ATTRIBUTE.search(bare) or _HIDING_STYLE.search(attributes))

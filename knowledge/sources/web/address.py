"""Addresses of a site's pages: which are its own, and the path that a page gets as a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import unquote

import httpx

from knowledge.parse import PARSERS, ending

_LONGEST = 4096
_UNPRINTABLE = re.compile("[\x00-\x20\x7f-\x9f\\\\]")

_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".xhtml",
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}

# Servers say these of what they do not know; the address tells more.
_VAGUE = {"", "text/plain", "application/octet-stream", "binary/octet-stream"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: a site reaches as far as these are the same."""

    scheme: str
    host: str
    port: int

    def own(self, address: str) -> str | None:
        """The address in one form, without what follows `#`; None if it is not of this site."""
        if len(address) > _LONGEST:
            return None
        try:
            url = httpx.URL(address)
            if url.userinfo or origin_of(url) != self:
                return None
            return str(url.copy_with(fragment=None, raw_path=url.raw_path or b"/"))
        except (httpx.InvalidURL, ValueError):
            return None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = "" if self.port == _port(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{shown}"


def origin_of(url: httpx.URL) -> Origin:
    return Origin(url.scheme, url.host, url.port or _port(url.scheme))


def is_wanted(address: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether the path begins with one of `include`, if there are any, and none of `exclude`."""
    path = httpx.URL(address).path
    wanted = not include or path.startswith(tuple(map(_prefix, include)))
    return wanted and not (exclude and path.startswith(tuple(map(_prefix, exclude))))


def fitting_ending(content_type: str, address: str) -> str | None:
    """The ending of files with this content, or None if such are not read."""
    kind = content_type.partition(";")[0].strip().lower()
    named = ending(httpx.URL(address).path)
    if kind in _VAGUE and named in PARSERS:
        return named
    return _ENDINGS.get(kind)


def paths_of(pages: Iterable[tuple[str, str]]) -> dict[str, str]:
    """From the address of each page to a path of its own, given its address and its ending."""
    taken: dict[str, str] = {}
    for address, wanted in sorted(pages):
        path = _path(address, wanted)
        if path in taken:
            mark = sha256(address.encode()).hexdigest()[:8]
            path = f"{path.removesuffix(wanted)}~{mark}{wanted}"
        taken[path] = address
    return {address: path for path, address in taken.items()}


def _path(address: str, wanted: str) -> str:
    """`/guide/` → `guide/index.html`, `/faq?id=3` → `faq?id=3.html`, `/a.php` → `a.php.html`."""
    raw, _, query = httpx.URL(address).raw_path.decode("ascii").partition("?")
    parts = [part for part in map(_readable, raw.split("/")) if part not in ("", ".", "..")]
    if raw.endswith("/"):
        parts.append("index")
    path = "/".join(parts) or "index"
    if query:
        return f"{path}?{_readable(query).replace('/', '%2F')}{wanted}"
    fits = PARSERS.get(ending(path)) == PARSERS[wanted]
    return path if fits else f"{path}{wanted}"


def _readable(quoted: str) -> str:
    """Without percent signs, in any script, unless that makes it something else."""
    plain = unquote(quoted, errors="replace")
    hidden = "/" in plain or "\ufffd" in plain or _UNPRINTABLE.search(plain.replace(" ", ""))
    return quoted if hidden or plain in (".", "..") else plain


def _prefix(path: str) -> str:
    return "/" + unquote(path).lstrip("/")


def _port(scheme: str) -> int:
    return {"http": 80, "https": 443}.get(scheme, 0)

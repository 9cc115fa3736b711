"""Office files are zip archives: looked at before they are opened, for they may unfold hugely."""

import io
import zipfile

from knowledge.parse.errors import ParseError

MAX_BYTES = 200_000_000
MAX_ENTRIES = 20_000
MAX_RATIO = 200
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def check_archive(data: bytes, kind: str) -> None:
    """Raise ParseError when this is no zip, or one that unfolds to more than anyone writes."""
    if data.startswith(_OLD_OFFICE):
        raise ParseError(
            f"is protected by a password or in an old format; save it as {kind} without a password"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ParseError(f"is damaged or not really {kind}; open it and save it again") from error
    unfolded = sum(entry.file_size for entry in entries)
    if any(entry.flag_bits & 1 for entry in entries):
        raise ParseError("is protected by a password; save a copy without it")
    if len(entries) > MAX_ENTRIES or unfolded > MAX_BYTES or _is_bomb(entries):
        raise ParseError(
            f"unfolds to {unfolded / 1e6:,.0f} MB, more than a document needs; split it"
        )


def _is_bomb(entries: list[zipfile.ZipInfo]) -> bool:
    return any(
        entry.file_size > 10_000_000 and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        for entry in entries
    )

"""Opens regular files only: waits for no pipe, follows no link, reads no more than agreed."""

import os
import stat

_SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_BLOCK = 1 << 20

OUTSIDE = "leads out of the folder of documents; put the file itself there"

_KINDS = (
    (stat.S_ISLNK, "is a link and not a file"),
    (stat.S_ISDIR, "is a folder and not a file"),
    (stat.S_ISFIFO, "is a pipe and not a file"),
    (stat.S_ISSOCK, "is a socket and not a file"),
    (stat.S_ISCHR, "is a device and not a file"),
    (stat.S_ISBLK, "is a device and not a file"),
)


class NotReadable(Exception):
    """A file that cannot be read; the message is the reason."""


def kind_reason(mode: int) -> str | None:
    """Why this is no regular file, or None if it is one."""
    return next((reason for is_kind, reason in _KINDS if is_kind(mode)), None)


def open_regular(path: str, folder: int | None = None) -> int:
    """A descriptor of the regular file; the last part of the path may not be a link."""
    try:
        descriptor = os.open(path, _SAFE, dir_fd=folder)
    except OSError as error:
        raise NotReadable(_reason(error)) from error
    if reason := kind_reason(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotReadable(reason)
    return descriptor


def open_inside(root: int, path: str) -> int:
    """As `open_regular`, below an open folder; no part of the path may be a link.

    Each part is opened from the folder before it, so that nobody can swap one on the way.
    """
    *folders, name = path.split("/")
    if ".." in folders or name == "..":
        raise NotReadable(OUTSIDE)
    opened: list[int] = []
    try:
        for folder in folders:
            opened.append(os.open(folder, _FOLDER, dir_fd=opened[-1] if opened else root))
        return open_regular(name, opened[-1] if opened else root)
    except OSError as error:
        raise NotReadable(_reason(error)) from error
    finally:
        for descriptor in opened:
            os.close(descriptor)


def read_all(descriptor: int, limit: int) -> bytes:
    """The file's bytes; closes the descriptor. Raises NotReadable beyond `limit` bytes."""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        blocks: list[bytes] = []
        size = 0
        try:
            while block := file.read(_BLOCK):
                blocks.append(block)
                size += len(block)
                if size > limit:
                    raise NotReadable(too_large(max(size, os.fstat(descriptor).st_size), limit))
        except OSError as error:
            raise NotReadable(_reason(error)) from error
    return b"".join(blocks)


def too_large(size: int, limit: int) -> str:
    return (
        f"has {size / 1e6:,.0f} MB, over the limit of {limit / 1e6:,.0f} MB;"
        " split it or raise knowledge.max_file_mb"
    )


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is gone; it was there a moment ago"
    if isinstance(error, PermissionError):
        return "may not be read by this user; change its permissions"
    # O_NOFOLLOW says ELOOP for a link, and a socket or a device may refuse in its own words.
    return f"cannot be opened ({os.strerror(error.errno or 0)})"

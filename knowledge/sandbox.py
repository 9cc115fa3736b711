"""Parses documents in child processes that may fail, hang or be taken over without harm."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from knowledge.documents import ParsedDocument, Skipped, SourceFile
from knowledge.parse import PARSERS, ending, unreadable
from knowledge.parse.process import Limits, ParserChild
from knowledge.sources import Source
from knowledge.sources.regular import NotReadable, open_regular, read_all

Item = TypeVar("Item")
Parsed = ParsedDocument | Skipped


class ParserPool:
    """Long-lived children, each started when first needed and replaced when it dies.

    Every child belongs to one thread of the pool, for Linux ends a child with the thread, and not
    with the process, that started it.
    """

    def __init__(
        self,
        *,
        memory_mb: int = 512,
        seconds: int = 60,
        max_file_mb: int = 50,
        workers: int = 1,
        parser: str = "knowledge.parse:parse_bytes",
    ) -> None:
        self._limits = Limits(memory_mb, seconds, parser)
        self._max_file_mb = max_file_mb
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="parser")
        self._mine = threading.local()
        self._children: list[ParserChild] = []

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children at once; what is being parsed is given up."""
        for child in self._children:
            child.stop()
        self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.dispose()

    def parse(self, path: Path) -> Parsed:
        return self._threads.submit(self._parse_path, path).result()

    def parse_bytes(self, name: str, data: bytes) -> Parsed:
        """Parse what was already read; the name tells the format."""
        return self._threads.submit(self._parse_bytes, name, data).result()

    def parse_many(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Parsed]]:
        """The results in order, read ahead so that the children always have work."""
        return self._ahead(paths, self._parse_path)

    def parse_files(
        self, source: Source, files: Iterable[SourceFile]
    ) -> Iterator[tuple[SourceFile, Parsed]]:
        """The files of a source in order: exactly the bytes whose hash was taken, or skipped."""

        def parse(file: SourceFile) -> Parsed:
            data = source.read(file)
            return data if isinstance(data, Skipped) else self._parse_bytes(file.path, data)

        return self._ahead(files, parse)

    def _ahead(
        self, items: Iterable[Item], parse: Callable[[Item], Parsed]
    ) -> Iterator[tuple[Item, Parsed]]:
        waiting: deque[tuple[Item, Future[Parsed]]] = deque()
        for item in items:
            waiting.append((item, self._threads.submit(parse, item)))
            if len(waiting) > 2 * self._workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for item, future in waiting:
            yield item, future.result()

    def _parse_path(self, path: Path) -> Parsed:
        try:
            descriptor = open_regular(os.fspath(path))
            data = read_all(descriptor, self._max_file_mb * 1_000_000)
        except NotReadable as error:
            return Skipped(path.as_posix(), str(error))
        return self._parse_bytes(path.as_posix(), data)

    def _parse_bytes(self, path: str, data: bytes) -> Parsed:
        # Said here, not by the child: a folder of strange files would start it for nothing.
        if ending(path) not in PARSERS:
            return Skipped(path, unreadable(path))
        return self._child().parse(path, data)

    def _child(self) -> ParserChild:
        child: ParserChild | None = getattr(self._mine, "child", None)
        if child is None:
            child = self._mine.child = ParserChild(self._limits)
            self._children.append(child)
        return child

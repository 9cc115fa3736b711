"""What a reindex has to do: unchanged, changed, moved, new and gone files, told apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from db.versions import KnownDocument
from knowledge.documents import SourceFile
from knowledge.sources import Known

READ_AGAIN = ""
"""The hash of a document that was taken over from an older version: its file differs from it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reindex has to do, found by comparing the source with what is stored."""

    to_read: list[SourceFile]
    added: set[str]
    changed: set[str]
    moved: set[str]
    """Paths."""
    unchanged: int
    gone: int
    """Documents whose file is no longer there."""
    removed_ids: list[int]
    """Stored documents that the new version does not show."""
    stale_ids: list[int]
    """Documents that a killed run had added and whose file has changed since."""
    done: set[str]
    """Paths that a killed run had added and that still hold."""
    live_ids: dict[str, int]
    """By path, the documents that are shown now."""

    def removed_but(self, later: Collection[str]) -> list[int]:
        """What the new version does not show, but for what is at the paths `later`: it stays."""
        stays = {self.live_ids[path] for path in later if path in self.live_ids}
        return [document_id for document_id in self.removed_ids if document_id not in stays]

    def replaced_by(self, paths: Collection[str]) -> list[int]:
        """What the new version does not show if it got no more than `paths`: all else stays."""
        new = self.done | set(paths)
        return [document_id for path, document_id in self.live_ids.items() if path in new]


def stat_of(known: Sequence[KnownDocument]) -> Known:
    return {
        document.path: (document.size, document.modified_ns, document.content_hash)
        for document in known
        if document.content_hash != READ_AGAIN
    }


def compare(files: Sequence[SourceFile], known: Sequence[KnownDocument], keep: bool) -> Plan:
    """Tell unchanged, changed, moved, new and gone files apart, by path and content.

    Without `keep` every file is read again, but for those that the unfinished version has.
    """
    hashes = {file.path: file.content_hash for file in files}
    live = {document.path: document for document in known if not document.building}
    built = {document.path: document for document in known if document.building}
    done = {path for path, document in built.items() if hashes.get(path) == document.content_hash}
    same = {path for path, document in live.items() if hashes.get(path) == document.content_hash}
    unchanged = same - done if keep else set()
    gone = live.keys() - hashes.keys()
    gone_hashes = {live[path].content_hash for path in gone}
    new = hashes.keys() - live.keys()
    moved = {path for path in new if hashes[path] in gone_hashes}
    return Plan(
        to_read=[file for file in files if file.path not in done and file.path not in unchanged],
        added=new - moved,
        changed=(hashes.keys() & live.keys()) - same,
        moved=moved,
        unchanged=len(same),
        gone=len(gone) - len(moved),
        removed_ids=[document.id for path, document in live.items() if path not in unchanged],
        stale_ids=[document.id for path, document in built.items() if path not in done],
        done=done,
        live_ids={path: document.id for path, document in live.items()},
    )

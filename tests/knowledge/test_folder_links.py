"""Links in a folder are followed where they add a document from inside, and never lead out."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from knowledge.documents import SourceFile
from knowledge.sources.folder import FolderSource
from knowledge.sources.regular import NotReadable, open_inside


def put(path: Path, content: str | bytes = "Text.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def paths(root: Path) -> list[str]:
    return [file.path for file in FolderSource(root).scan()[0]]


def reasons(root: Path) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in FolderSource(root).scan()[1]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def test_a_link_to_a_file_inside_counts_once(root: Path) -> None:
    put(root / "real.md")
    (root / "a-link.md").symlink_to("real.md")
    (root / "folder").symlink_to(".")

    assert paths(root) == ["real.md"]
    assert reasons(root) == {}


def test_links_into_a_hidden_folder_are_how_kubernetes_mounts_files(root: Path) -> None:
    put(root / "..2024" / "guide.md", "Guide.")
    (root / "..data").symlink_to("..2024")
    (root / "guide.md").symlink_to("..data/guide.md")
    (root / "again.md").symlink_to("..data/guide.md")
    source = FolderSource(root)

    files, _ = source.scan()

    assert [file.path for file in files] == ["again.md"]
    assert source.read(files[0]) == b"Guide."


def test_links_that_lead_out_are_told_and_not_followed(root: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "outside" / "secret.md")
    (root / "file.md").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    (root / "up.md").symlink_to("../outside/secret.md")
    (root / "chain.md").symlink_to("up.md")

    assert paths(root) == []
    assert set(reasons(root)) == {"file.md", "folder", "up.md", "chain.md"}
    assert set(reasons(root).values()) == {
        "leads out of the folder of documents; put the file itself there"
    }


def test_a_folder_beside_with_a_similar_name_is_outside(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "docs-secret" / "a.md")
    (root / "a.md").symlink_to(tmp_path / "docs-secret" / "a.md")

    assert paths(root) == []


def test_links_to_secrets_inside_are_not_followed(root: Path) -> None:
    put(root / ".git" / "config.md")
    (root / "harmless.md").symlink_to(".git/config.md")

    assert reasons(root)["harmless.md"].startswith("looks like a key")


def test_loops_and_dead_links_end(root: Path) -> None:
    (root / "a.md").symlink_to("b.md")
    (root / "b.md").symlink_to("a.md")
    (root / "dead.md").symlink_to("gone.md")
    (root / "deep").mkdir()
    (root / "deep" / "up").symlink_to("..")

    assert paths(root) == []
    assert reasons(root) == dict.fromkeys(
        ["a.md", "b.md", "dead.md"], "is a link that leads nowhere"
    )


def test_a_hard_link_is_a_file_like_any_other(root: Path, tmp_path: Path) -> None:
    os.link(put(tmp_path / "outside" / "a.md", "Linked."), root / "a.md")
    source = FolderSource(root)

    [file] = source.scan()[0]

    assert source.read(file) == b"Linked."


def test_the_folder_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    put(root / "a.md")
    (tmp_path / "current").symlink_to("docs")

    assert paths(tmp_path / "current") == ["a.md"]


@pytest.mark.parametrize("path", ["link/a.md", "folder/link.md", "../outside/a.md", ".."])
def test_no_part_of_a_path_may_lead_elsewhere(root: Path, tmp_path: Path, path: str) -> None:
    outside = put(tmp_path / "outside" / "a.md", "secret").parent
    put(root / "folder" / "a.md")
    (root / "link").symlink_to(outside)
    (root / "folder" / "link.md").symlink_to(outside / "a.md")
    descriptor = os.open(root, os.O_RDONLY)

    with pytest.raises(NotReadable):
        open_inside(descriptor, path)
    os.close(descriptor)


def test_nothing_from_outside_is_read_while_files_and_folders_are_swapped(
    root: Path, tmp_path: Path
) -> None:
    """Renames race with scans: a file against a link, and a folder against a link."""
    outside = put(tmp_path / "outside" / "a.md", "secret").parent
    secret = hashlib.sha256(b"secret").hexdigest()
    put(root / "folder" / "a.md", "public")
    put(root / "a.md", "public")
    (tmp_path / "link.md").symlink_to(outside / "a.md")
    (tmp_path / "link").symlink_to(outside)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for inside, link in (("a.md", "link.md"), ("folder", "link")):
                os.rename(root / inside, tmp_path / "aside")
                os.rename(tmp_path / link, root / inside)
                os.rename(root / inside, tmp_path / link)
                os.rename(tmp_path / "aside", root / inside)

    swapper = threading.Thread(target=swap)
    swapper.start()
    source = FolderSource(root)
    files = [file for _ in range(1_000) for file in source.scan()[0]]
    contents = {
        source.read(SourceFile(path, 6, 0, secret)) for path in ("a.md", "folder/a.md") * 500
    }
    done.set()
    swapper.join()

    assert len(files) > 100
    assert secret not in {file.content_hash for file in files}
    assert b"secret" not in contents

"""A reindex that is given up half way, or whose files vanish, loses nothing."""

from __future__ import annotations

import threading
from threading import main_thread

import pytest

from knowledge.base import Knowledge
from knowledge.report import Progress, ReindexReport
from knowledge.window import FIRST_WINDOW

from .conftest import CountingEmbedder, Folder

MANY = FIRST_WINDOW + 8
CARD, DOOR = "The green card is new.", "The night door is shut."


def counts(report: ReindexReport) -> dict[str, int]:
    names = ("added", "changed", "moved", "removed", "unchanged")
    return {name: value for name in names if (value := report.total(name))}


def paths(knowledge: Knowledge, question: str = "the") -> set[str]:
    return {passage.path for passage in knowledge.retriever.find(question, top_k=50).passages}


def many(number: int) -> dict[str, str]:
    return {f"{i:03}.md": f"The card of desk {i}." for i in range(number)}


def kill_half_way(step: Progress) -> None:
    assert step.stage != "embedding" or not 0 < step.done < MANY, f"killed at {step.done}"


def test_a_killed_run_leaves_the_old_version_and_the_next_one_goes_on(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"000.md": CARD})
    old = tiny.reindex().version
    folder.write(many(MANY))
    with pytest.raises(AssertionError, match="killed") as killed:
        tiny.reindex(progress=kill_half_way)
    done = int(str(killed.value).split()[2])
    after_kill = tiny.status()
    counting.texts.clear()

    report = tiny.reindex()

    assert (after_kill.version, after_kill.documents) == (old, 1)
    # The title of a document without headings is its file's name: a heading and a text each.
    assert len([text for text in counting.texts if text.startswith("The card")]) == MANY - done
    assert tiny.status().documents == MANY
    assert tiny.status().version == report.version
    assert counts(report) == {"added": MANY - 1, "changed": 1}


def test_what_changed_after_the_kill_is_read_again(tiny: Knowledge, folder: Folder) -> None:
    folder.write(many(MANY))
    with pytest.raises(AssertionError, match="killed"):
        tiny.reindex(progress=kill_half_way)
    folder.write({"000.md": "The zebra is here."})
    tiny.reindex()

    assert tiny.retriever.find("zebra").passages[0].text == "The zebra is here."
    assert tiny.status().documents == tiny.status().passages == MANY


def test_a_run_that_is_given_up_leaves_no_thread_behind(tiny: Knowledge, folder: Folder) -> None:
    folder.write(many(MANY))
    with pytest.raises(AssertionError, match="killed") as killed:
        tiny.reindex(progress=kill_half_way)
    busy = [thread.name for thread in threading.enumerate() if thread is not main_thread()]

    assert killed.tb is not None
    assert [name for name in busy if name.startswith(("ahead", "parser", "store"))] == []


def test_a_document_that_has_vanished_meanwhile_is_reported_and_gone(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": CARD, "door.md": DOOR})
    tiny.reindex()
    folder.write({"card.md": "The card is blue.", "door.md": "The door is red."})

    def remove(step: Progress) -> None:
        (folder.root / "door.md").unlink(missing_ok=True)

    report = tiny.reindex(progress=remove)

    assert [(one.path, one.reason.split(";")[0]) for one in report.skipped] == [
        ("door.md", "is gone")
    ]
    assert paths(tiny) == {"card.md"}

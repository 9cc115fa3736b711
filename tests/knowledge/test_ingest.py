"""A reindex reads what changed, goes live in one moment, and survives what goes wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.passages import count_live
from knowledge.base import Knowledge
from knowledge.errors import KnowledgeUnusable
from knowledge.ready_passages import add_ready_passages
from knowledge.report import Progress, ReindexReport
from knowledge.settings import KnowledgeSettings

from .conftest import CountingEmbedder, Folder, build_knowledge

CARD, DOOR, CAFE = "The green card is new.", "The night door is shut.", "The café opens at noon."


def counts(report: ReindexReport) -> dict[str, int]:
    names = ("added", "changed", "moved", "removed", "unchanged")
    return {name: value for name in names if (value := report.total(name))}


def paths(knowledge: Knowledge, question: str = "the") -> set[str]:
    return {passage.path for passage in knowledge.retriever.find(question, top_k=50).passages}


def many(number: int) -> dict[str, str]:
    return {f"{i:03}.md": f"The card of desk {i}." for i in range(number)}


def test_new_changed_moved_and_removed_files_are_counted(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD, "door.md": DOOR, "cafe.md": CAFE, "same.md": "The same."})
    first = tiny.reindex()
    folder.write({"card.md": f"{CARD} It is lost.", "fresh.md": "The fresh one."})
    folder.move("door.md", "doors/night.md")
    folder.remove("cafe.md")
    second = tiny.reindex()

    assert counts(first) == {"added": 4}
    assert counts(second) == {"added": 1, "changed": 1, "moved": 1, "removed": 1, "unchanged": 1}
    assert paths(tiny) == {"card.md", "fresh.md", "doors/night.md", "same.md"}
    assert second.summary().startswith("1 added, 1 changed, 1 moved, 1 removed; 1 unchanged")


def test_where_nothing_changed_nothing_is_read_and_the_version_stays(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"card.md": CARD})
    version = tiny.reindex().version
    counting.texts.clear()

    report = tiny.reindex()

    assert (counts(report), report.total("passages"), counting.texts) == ({"unchanged": 1}, 0, [])
    assert tiny.status().version == version
    assert report.summary().startswith("Nothing new")


def test_a_moved_file_is_not_embedded_again(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"card.md": f"# Cards\n\n{CARD}"})
    tiny.reindex()
    counting.texts.clear()
    folder.move("card.md", "cards/green.md")

    assert counts(tiny.reindex()) == {"moved": 1}
    assert counting.texts == []
    assert paths(tiny) == {"cards/green.md"}


def test_full_embeds_everything_again(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"card.md": f"# Cards\n\n{CARD}"})
    first = tiny.reindex()
    counting.texts.clear()

    second = tiny.reindex(full=True)

    assert CARD in counting.texts
    assert second.version > first.version
    assert paths(tiny) == {"card.md"}
    assert tiny.status().passages == 1


def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_indexed(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": CARD, "broken.pdf": b"%PDF-1.4 nothing more", "empty.md": ""})

    report = tiny.reindex()

    assert counts(report) == {"added": 1}
    assert {skipped.path for skipped in report.skipped} == {"broken.pdf", "empty.md"}
    assert paths(tiny) == {"card.md"}


def test_a_file_that_cannot_be_read_makes_no_new_version_each_time(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write({"card.md": CARD, "broken.pdf": b"%PDF-1.4 nothing more"})
    version = tiny.reindex().version

    report = tiny.reindex()

    assert [skipped.path for skipped in report.skipped] == ["broken.pdf"]
    assert tiny.status().version == version


def test_questions_see_the_old_version_until_the_switch(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD})
    old = tiny.reindex().version
    folder.write({"card.md": "The card is blue now.", "door.md": DOOR})
    seen: list[tuple[int | None, str]] = []

    def ask(_: Progress) -> None:
        found = tiny.retriever.find("the card")
        seen.append((found.version, "|".join(passage.text for passage in found.passages)))

    new = tiny.reindex(progress=ask).version

    assert len(seen) >= 3
    assert set(seen) == {(old, CARD)}
    assert tiny.retriever.find("the card").version == new
    assert paths(tiny) == {"card.md", "door.md"}


def test_losing_a_third_of_the_documents_is_refused_unless_it_is_meant(
    tiny: Knowledge, folder: Folder
) -> None:
    folder.write(many(60))
    tiny.reindex()
    folder.remove(*list(many(24)))

    with pytest.raises(KnowledgeUnusable, match=r"24 of 60 documents are gone.*--full"):
        tiny.reindex()
    refused = tiny.status().documents
    report = tiny.reindex(full=True)

    assert refused == 60
    assert (report.total("removed"), tiny.status().documents) == (24, 36)


def test_an_emptied_folder_is_refused_however_small_it_was(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD, "door.md": DOOR})
    tiny.reindex()
    folder.remove("card.md", "door.md")

    with pytest.raises(KnowledgeUnusable, match="not mounted"):
        tiny.reindex()
    assert paths(tiny) == {"card.md", "door.md"}


def test_a_few_documents_may_go(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD, "door.md": DOOR})
    tiny.reindex()
    folder.remove("door.md")

    assert counts(tiny.reindex()) == {"removed": 1, "unchanged": 1}
    assert paths(tiny) == {"card.md"}


def test_a_missing_folder_is_named(tiny: Knowledge, folder: Folder) -> None:
    folder.root.rmdir()

    with pytest.raises(KnowledgeUnusable, match=r"no folder of documents at .*knowledge.documents"):
        tiny.reindex()


@pytest.mark.parametrize("change", [{"passage_tokens": 100}, {"stemmer": ""}])
def test_changed_settings_are_not_in_step_until_the_next_reindex(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder, change: dict[str, object]
) -> None:
    folder.write({"card.md": CARD})
    tiny.reindex()
    changed = build_knowledge(tiny.database, counting, tiny.settings.model_copy(update=change))
    before = changed.status().in_step
    report = changed.reindex()

    assert (tiny.status().in_step, before, changed.status().in_step) == (False, False, True)
    assert (report.total("passages"), counts(report)) == (1, {"unchanged": 1})


def test_settings_that_need_no_reindex_stay_in_step(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    folder.write({"card.md": CARD})
    tiny.reindex()
    change = {"top_k": 3, "base_url": "https://docs.example", "dense_weight": 0.1}

    settings = tiny.settings.model_copy(update=change)

    assert build_knowledge(tiny.database, counting, settings).status().in_step


def test_another_model_embeds_every_source_anew(tiny: Knowledge, folder: Folder) -> None:
    ready = [("extra#1", "Extras > Lamps", "The lamp is yellow.")]
    add_ready_passages(tiny.database, tiny.embedder, tiny.settings, ready)
    folder.write({"card.md": CARD})
    tiny.reindex()
    larger = CountingEmbedder(dimension=48, sha256="1" * 64)
    changed = build_knowledge(tiny.database, larger, tiny.settings)

    changed.reindex()

    assert "The lamp is yellow." in larger.texts
    assert paths(changed) == {"card.md", "extra#1"}
    [lamp] = [p for p in changed.retriever.find("lamp").passages if p.path == "extra#1"]
    assert (lamp.title, lamp.heading) == ("Extras", "Lamps")


def test_a_reindex_leaves_other_sources_alone(
    tiny: Knowledge, folder: Folder, counting: CountingEmbedder
) -> None:
    ready = [("extra#1", "Extras > Lamps", "The lamp is yellow.")]
    add_ready_passages(tiny.database, tiny.embedder, tiny.settings, ready)
    folder.write({"card.md": CARD, "door.md": DOOR})
    first = tiny.reindex()
    folder.remove("door.md")
    counting.texts.clear()
    second = tiny.reindex()
    tiny.reindex(full=True)

    assert (counts(first), counts(second)) == ({"added": 2}, {"removed": 1, "unchanged": 1})
    assert "The lamp is yellow." not in counting.texts
    assert paths(tiny) == {"card.md", "extra#1"}


def test_the_report_is_kept_with_the_version(tiny: Knowledge, folder: Folder) -> None:
    folder.write({"card.md": CARD})
    report = tiny.reindex()

    with tiny.database.reading() as session:
        assert count_live(session) == (1, 1)
    assert replace(report, seconds={}).as_json()["added"] == 1
    assert set(report.seconds) == {"scan", "read", "embed", "store", "switch", "sweep", "total"}


def test_ready_passages_keep_their_headings(tiny: Knowledge) -> None:
    add_ready_passages(
        tiny.database, tiny.embedder, KnowledgeSettings(), [("a#1", "Doors > Night", CARD)]
    )
    [passage] = tiny.retriever.find("card").passages

    assert (passage.path, passage.title, passage.heading) == ("a#1", "Doors", "Night")

"""The pipeline: windows that grow, headings once a run, and a pace that people can read."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge import window as window_module
from knowledge.base import Knowledge, build_knowledge
from knowledge.documents import Skipped, SourceFile, Span
from knowledge.draft_vectors import DraftVectors
from knowledge.drafting import Drafting, Todo
from knowledge.pace import Pace
from knowledge.passages import Draft, embed_drafts
from knowledge.reading import open_parser
from knowledge.report import Progress
from knowledge.sources import NamedSource
from knowledge.sources.folder import FolderSource
from knowledge.sources.settings import FolderSettings
from knowledge.window import FIRST_WINDOW, WINDOW, LeftOut, Window

from .conftest import CountingEmbedder, Folder


def draft(heading: str, text: str) -> Draft:
    return Draft("Desks", Span(text, (heading,), 0, len(text)))


def left_out(number: int, size: int) -> LeftOut:
    return LeftOut("wiki", Skipped(f"{number}.md", "is empty"), size)


def windows(knowledge: Knowledge, folder: Folder) -> list[Window]:
    source = FolderSource(folder.root)
    todo = Todo(NamedSource("wiki", source), source.scan()[0], {})
    drafting = Drafting(knowledge.database, knowledge.settings, "mark", full=False)
    with open_parser(knowledge.settings) as parser:
        return list(drafting.windows(parser, [todo], []))


def test_vectors_are_those_of_texts_and_headings_embedded_apart(counting: CountingEmbedder) -> None:
    drafts = [draft("A", "The card."), draft("B", "The door."), draft("A", "The lamp.")]

    found = DraftVectors(counting).embed(drafts)

    apart = embed_drafts(drafts, CountingEmbedder())
    assert {key: value.tolist() for key, value in found.items()} == {
        key: value.tolist() for key, value in apart.items()
    }


def test_a_heading_is_embedded_once_a_run(counting: CountingEmbedder) -> None:
    vectors = DraftVectors(counting)
    vectors.embed([draft("A", "The card."), draft("A", "The door.")])
    vectors.embed([draft("A", "The lamp."), draft("B", "The chair.")])

    assert sorted(counting.texts) == [
        *("Desks › A", "Desks › B", "The card.", "The chair.", "The door.", "The lamp.")
    ]


def test_nothing_to_embed_is_nothing(counting: CountingEmbedder) -> None:
    assert DraftVectors(counting).embed([]) == {}
    assert counting.texts == []


def test_windows_grow_and_hold_every_file_once(
    tiny: Knowledge, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_module, "WINDOW_S", 1000.0)
    folder.write({f"{n:03}.md": f"The card of desk {n}." for n in range(5 * FIRST_WINDOW)})

    found = windows(tiny, folder)

    assert [window.passages for window in found] == [
        *(FIRST_WINDOW, 2 * FIRST_WINDOW, 2 * FIRST_WINDOW)
    ]
    paths = [drafted.document.path for window in found for drafted in window.drafted]
    assert paths == sorted(set(paths))


def test_a_window_is_closed_early_where_reading_is_slow(
    tiny: Knowledge, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_module, "WINDOW_S", 0.0)
    folder.write({f"{n}.md": f"The card of desk {n}." for n in range(3)})

    assert [window.files for window in windows(tiny, folder)] == [1, 1, 1, 0]


def test_a_window_counts_what_was_left_out() -> None:
    window = Window()
    window.take(left_out(1, 30))
    window.take(left_out(2, 12))

    assert (window.files, window.size, window.source) == (2, 42, "wiki")
    assert not window.is_full(WINDOW)


def test_the_pace_tells_passages_a_second_and_the_time_left_by_bytes(
    tiny: Knowledge,
) -> None:
    steps: list[Progress] = []
    files = [SourceFile("a.md", 25, 0, "A"), SourceFile("b.md", 75, 0, "B")]
    todo = Todo(NamedSource("wiki", FolderSource(tiny.settings.documents)), files, {})
    drafting = Drafting(tiny.database, tiny.settings, "mark", full=False)
    pace = Pace.of([todo], [], drafting, steps.append)
    pace.since = time.perf_counter() - 10

    window = Window(left_out=[left_out(1, 25)], passages=50)
    pace.begin(window)
    pace.end(window)

    last = steps[-1]
    assert (last.stage, last.done, last.total, last.passages) == ("embedding", 1, 2, 50)
    assert last.per_second == pytest.approx(5, rel=0.1)
    assert last.seconds_left == pytest.approx(30, rel=0.1)


def test_in_the_first_seconds_nothing_is_said_of_the_time_left(
    tiny: Knowledge, folder: Folder
) -> None:
    steps: list[Progress] = []
    folder.write({"card.md": "The green card is new."})
    tiny.reindex(progress=steps.append)

    quick = [replace(step, per_second=None) for step in steps if step.stage == "embedding"]
    assert quick[0] == Progress("embedding", 0, 1, 0)
    assert (quick[-1].done, quick[-1].passages) == (1, 1)


def test_progress_names_the_source_where_there_are_several(
    tiny: Knowledge, tmp_path: Path, counting: CountingEmbedder
) -> None:
    folders = [Folder(tmp_path / name) for name in ("wiki", "shop")]
    [one.write({"card.md": "The card.", "door.md": "The door."}) for one in folders]
    sources = [FolderSettings(name=one.root.name, path=one.root) for one in folders]
    steps: list[Progress] = []

    build_knowledge(tiny.database, counting, tiny.settings, sources).reindex(progress=steps.append)

    assert {step.source for step in steps} >= {"shop"}
    assert (steps[-2].done, steps[-2].total, steps[-2].passages) == (4, 4, 4)

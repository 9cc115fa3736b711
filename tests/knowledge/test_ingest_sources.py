"""Several sources in one run: each with its own fate, all of them live in one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from db.engine import Database
from knowledge.audience import Reader
from knowledge.base import Knowledge, build_knowledge
from knowledge.documents import Skipped, SourceFile
from knowledge.errors import KnowledgeUnusable
from knowledge.ready_passages import add_ready_passages
from knowledge.report import Progress, ReindexReport, SourceReport
from knowledge.settings import KnowledgeSettings
from knowledge.sources import CHANGED, Known, NamedSource, SourceUnavailable
from knowledge.sources.folder import FolderSource
from knowledge.sources.settings import FolderSettings

from .conftest import CountingEmbedder, Folder

CARD, DOOR, LAMP = "The green card is new.", "The night door is shut.", "The lamp is yellow."

Open = Callable[..., Knowledge]


@pytest.fixture
def wiki(tmp_path: Path) -> Folder:
    return made(tmp_path / "wiki-files", {"card.md": CARD, "same.md": "The same desk."})


@pytest.fixture
def shop(tmp_path: Path) -> Folder:
    return made(tmp_path / "shop-files", {"door.md": DOOR, "same.md": "The same chair."})


@pytest.fixture
def opened(database: Database, counting: CountingEmbedder, wiki: Folder, shop: Folder) -> Open:
    """Opens the wiki and the shop; the shop may be left out, or be for some people alone."""

    def open_both(
        shop_audience: Sequence[str] = (), with_shop: bool = True, embedder: object = counting
    ) -> Knowledge:
        audience = tuple(shop_audience) or "public"
        shops = [FolderSettings(name="shop", path=shop.root, audience=audience)]
        sources = [FolderSettings(name="wiki", path=wiki.root), *(shops if with_shop else [])]
        knowledge = build_knowledge(database, embedder, KnowledgeSettings(), sources)
        knowledge.keep_audiences()
        return knowledge

    return open_both


@dataclass
class Failing:
    """A folder whose files cannot be read any more after the first few."""

    folder: FolderSource
    reads: int

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        return self.folder.scan(known)

    def read(self, file: SourceFile) -> bytes | Skipped:
        self.reads -= 1
        if self.reads < 0:
            raise SourceUnavailable("The shop does not answer; try again later.")
        return self.folder.read(file)


@dataclass
class Busy:
    """A folder one of whose files is written to by somebody whenever it is read."""

    folder: FolderSource
    path: str

    def scan(self, known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        return self.folder.scan(known)

    def read(self, file: SourceFile) -> bytes | Skipped:
        if file.path == self.path:
            return Skipped(file.path, CHANGED, later=True)
        return self.folder.read(file)


def busy_shop(knowledge: Knowledge, shop: Folder, path: str) -> Knowledge:
    source = NamedSource("shop", Busy(FolderSource(shop.root), path))
    configured = [knowledge.sources.configured[0], source]
    return replace(knowledge, sources=replace(knowledge.sources, configured=configured))


def failing_shop(knowledge: Knowledge, shop: Folder, reads: int) -> Knowledge:
    source = NamedSource("shop", Failing(FolderSource(shop.root), reads))
    configured = [knowledge.sources.configured[0], source]
    return replace(knowledge, sources=replace(knowledge.sources, configured=configured))


def made(root: Path, files: dict[str, str]) -> Folder:
    root.mkdir()
    folder = Folder(root)
    folder.write(files)
    return folder


def texts(knowledge: Knowledge, reader: Reader | None = None) -> set[str]:
    found = knowledge.retriever.find("the", top_k=50, reader=reader)
    return {f"{passage.source}: {passage.text}" for passage in found.passages}


def about(report: ReindexReport, name: str) -> SourceReport:
    return next(source for source in report.sources if source.name == name)


def kill_in_the_second_source(step: Progress) -> None:
    assert step.source != "shop", "killed"


WIKI = {f"wiki: {CARD}", "wiki: The same desk."}
SHOP = {f"shop: {DOOR}", "shop: The same chair."}


def test_two_folders_go_live_together_and_a_path_may_be_in_both(opened: Open) -> None:
    knowledge = opened()

    report = knowledge.reindex()

    assert (about(report, "wiki").added, about(report, "shop").added) == (2, 2)
    assert texts(knowledge) == WIKI | SHOP
    assert report.by_source() == ["wiki: 2 added, 0 unchanged", "shop: 2 added, 0 unchanged"]


def test_a_source_that_is_down_keeps_its_passages_and_the_others_go_on(
    opened: Open, wiki: Folder, shop: Folder
) -> None:
    knowledge = opened()
    knowledge.reindex()
    wiki.write({"card.md": "The card is blue."})
    shop.root.rename(shop.root.with_name("away"))

    report = knowledge.reindex()

    assert (about(report, "wiki").changed, about(report, "wiki").error) == (1, None)
    assert "no folder of documents" in str(about(report, "shop").error)
    assert report.errors[0].startswith("shop: There is no folder")
    assert texts(knowledge) == {"wiki: The card is blue.", "wiki: The same desk."} | SHOP


def test_a_source_whose_disk_fails_is_down_too(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = opened()
    knowledge.reindex()

    def broken(known: Known | None = None) -> tuple[list[SourceFile], list[Skipped]]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(knowledge.sources.configured[1].source, "scan", broken)
    report = knowledge.reindex()

    assert "cannot be read (Input/output error)" in str(about(report, "shop").error)
    assert texts(knowledge) == WIKI | SHOP


def test_where_every_source_is_down_the_run_says_why_of_each(
    opened: Open, wiki: Folder, shop: Folder
) -> None:
    wiki.root.rename(wiki.root.with_name("gone"))
    shop.root.rename(shop.root.with_name("away"))

    with pytest.raises(KnowledgeUnusable, match=r"(?s)wiki-files.*shop-files"):
        opened().reindex()


def test_a_source_that_is_set_no_more_is_taken_out(opened: Open) -> None:
    opened().reindex()
    knowledge = opened(with_shop=False)

    report = knowledge.reindex()

    assert about(report, "shop").removed == 2
    assert texts(knowledge) == WIKI


def test_only_the_named_source_is_read_and_the_other_stays(
    opened: Open, wiki: Folder, shop: Folder
) -> None:
    knowledge = opened()
    knowledge.reindex()
    wiki.write({"card.md": "The card is blue."})
    shop.write({"door.md": "The door is red."})

    report = knowledge.reindex(only=["shop"])

    assert [source.name for source in report.sources] == ["shop"]
    assert texts(knowledge) == WIKI | {"shop: The door is red.", "shop: The same chair."}


def test_one_source_that_shrank_is_refused_and_the_other_is_read(
    opened: Open, wiki: Folder, shop: Folder
) -> None:
    knowledge = opened()
    knowledge.reindex()
    shop.remove("door.md", "same.md")
    wiki.write({"lamp.md": LAMP})

    report = knowledge.reindex()

    assert "2 of 2 documents are gone from shop" in str(about(report, "shop").error)
    assert texts(knowledge) == WIKI | SHOP | {f"wiki: {LAMP}"}
    knowledge.reindex(full=True)
    assert texts(knowledge) == WIKI | {f"wiki: {LAMP}"}


def test_a_source_is_answered_to_its_audience_alone(opened: Open) -> None:
    knowledge = opened(shop_audience=["C0SHOPTALK"])
    knowledge.reindex()

    assert texts(knowledge, Reader(channel="C0SHOPTALK")) == WIKI | SHOP
    assert texts(knowledge, Reader(channel="C0OTHERS00")) == WIKI


def test_a_run_that_is_killed_between_two_sources_is_gone_on_with(
    opened: Open, counting: CountingEmbedder
) -> None:
    knowledge = opened()
    knowledge.reindex(only=["wiki"])
    with pytest.raises(AssertionError, match="killed"):
        knowledge.reindex(full=True, progress=kill_in_the_second_source)
    assert texts(knowledge) == WIKI

    report = knowledge.reindex()

    assert texts(knowledge) == WIKI | SHOP
    assert about(report, "shop").added == 2
    assert knowledge.status().passages == 4


def test_another_model_takes_over_what_cannot_be_read_until_it_can(
    opened: Open, shop: Folder
) -> None:
    opened().reindex()
    larger = CountingEmbedder(dimension=48, sha256="1" * 64)
    knowledge = opened(embedder=larger)
    away = shop.root.rename(shop.root.with_name("away"))

    report = knowledge.reindex()
    meanwhile = texts(knowledge)
    away.rename(shop.root)
    again = knowledge.reindex()

    assert about(report, "shop").error is not None
    assert {DOOR, CARD} <= set(larger.texts)
    assert knowledge.status().in_step
    assert meanwhile == texts(knowledge) == WIKI | SHOP
    # Its passages were cut by other rules, perhaps: its files are read again.
    assert (about(again, "shop").changed, about(again, "wiki").unchanged) == (2, 2)


def test_a_change_of_model_that_is_killed_embeds_nothing_twice(
    opened: Open, shop: Folder, counting: CountingEmbedder
) -> None:
    ready = [(f"extra#{n}", "Extras", f"The lamp {n} is yellow.") for n in range(70)]
    add_ready_passages(opened().database, counting, KnowledgeSettings(), ready)
    opened().reindex()
    larger = CountingEmbedder(dimension=48, sha256="1" * 64)
    knowledge = opened(embedder=larger)

    def kill_at_the_end(step: Progress) -> None:
        assert step.stage != "switching", "killed"

    with pytest.raises(AssertionError, match="killed"):
        knowledge.reindex(progress=kill_at_the_end)
    old = opened().status().in_step
    larger.texts.clear()
    knowledge.reindex()

    assert old
    assert larger.texts == []
    assert knowledge.status().in_step
    assert knowledge.status().documents == 74


def test_a_source_that_goes_down_while_it_is_read_loses_nothing(opened: Open, shop: Folder) -> None:
    knowledge = opened()
    knowledge.reindex()
    shop.write({"door.md": "The door is red.", "lamp.md": LAMP, "new.md": "The new one."})
    shop.remove("same.md")

    report = failing_shop(knowledge, shop, reads=1).reindex()

    assert about(report, "shop").error == "The shop does not answer; try again later."
    assert (about(report, "shop").changed, about(report, "shop").removed) == (1, 0)
    assert texts(knowledge) == WIKI | {"shop: The door is red.", "shop: The same chair."}
    knowledge.reindex()
    news = {f"shop: {LAMP}", "shop: The door is red.", "shop: The new one."}
    assert texts(knowledge) == WIKI | news


def test_a_source_that_goes_down_during_a_change_of_model_is_embedded_as_it_was(
    opened: Open, shop: Folder
) -> None:
    opened().reindex()
    shop.write({"door.md": "The door is red.", "lamp.md": LAMP})
    knowledge = opened(embedder=CountingEmbedder(dimension=48, sha256="1" * 64))

    failing_shop(knowledge, shop, reads=1).reindex()

    assert knowledge.status().in_step
    assert texts(knowledge) == WIKI | {"shop: The door is red.", "shop: The same chair."}
    knowledge.reindex()
    assert f"shop: {LAMP}" in texts(knowledge)
    assert knowledge.status().documents == 5


def test_a_file_that_cannot_be_read_just_now_is_answered_from_as_it_was(
    opened: Open, shop: Folder
) -> None:
    knowledge = opened()
    knowledge.reindex()
    shop.write({"door.md": "The door is red.", "lamp.md": LAMP})

    report = busy_shop(knowledge, shop, "door.md").reindex()

    assert about(report, "shop").skipped == (Skipped("door.md", CHANGED),)
    assert (about(report, "shop").changed, about(report, "shop").added) == (0, 1)
    assert texts(knowledge) == WIKI | SHOP | {f"shop: {LAMP}"}
    knowledge.reindex()
    assert texts(knowledge) == WIKI | {
        "shop: The door is red.",
        "shop: The same chair.",
        f"shop: {LAMP}",
    }


def test_a_file_that_cannot_be_read_during_a_change_of_model_is_embedded_as_it_was(
    opened: Open, shop: Folder
) -> None:
    opened().reindex()
    shop.write({"door.md": "The door is red."})
    knowledge = opened(embedder=CountingEmbedder(dimension=48, sha256="1" * 64))

    busy_shop(knowledge, shop, "door.md").reindex()

    assert knowledge.status().in_step
    assert texts(knowledge) == WIKI | SHOP
    knowledge.reindex()
    assert texts(knowledge) == WIKI | {"shop: The door is red.", "shop: The same chair."}

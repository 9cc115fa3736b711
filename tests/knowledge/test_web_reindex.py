"""A site as a source of the knowledge base: what a reindex asks for, reads, keeps and reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import Database
from knowledge.base import Knowledge, build_knowledge
from knowledge.report import SourceReport
from knowledge.settings import KnowledgeSettings
from knowledge.sources.settings import FolderSettings

from .conftest import CountingEmbedder, Folder
from .test_web import WebSite, serve, settings


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serve() as served:
        served.put("/card", "<h1>Card</h1><p>The green card.", etag='"1"')
        served.put("/door", "<h1>Door</h1><p>The night door.", etag='"2"')
        yield served


@pytest.fixture
def knowledge(
    database: Database, folder: Folder, counting: CountingEmbedder, site: WebSite, tmp_path: Path
) -> Knowledge:
    """Over a folder and a site."""
    sources = (FolderSettings(name="notes", path=folder.root), settings(site.sitemap))
    documents = KnowledgeSettings(documents=folder.root)
    return build_knowledge(database, counting, documents, sources, tmp_path / "cache")


def texts(knowledge: Knowledge) -> dict[str, str]:
    found = knowledge.retriever.find("the", top_k=50).passages
    return {passage.uri or passage.path: passage.text for passage in found}


def of_site(sources: tuple[SourceReport, ...]) -> SourceReport:
    return next(source for source in sources if source.name == "site")


def test_only_pages_that_changed_are_read_again(
    knowledge: Knowledge, site: WebSite, counting: CountingEmbedder
) -> None:
    knowledge.reindex()
    counting.texts.clear()
    site.put("/card", "<h1>Card</h1><p>The blue card.", etag='"3"')
    site.put("/cafe", "<h1>Café</h1><p>The café.")

    report = of_site(knowledge.reindex().sources)

    assert (report.added, report.changed, report.unchanged, report.skipped) == (1, 1, 1, ())
    assert sorted(counting.texts) == ["Café", "Card", "The blue card.", "The café."]
    assert texts(knowledge) == {
        f"{site.address}/card": "The blue card.",
        f"{site.address}/door": "The night door.",
        f"{site.address}/cafe": "The café.",
    }


def test_where_no_page_changed_nothing_is_read(
    knowledge: Knowledge, site: WebSite, counting: CountingEmbedder
) -> None:
    version = knowledge.reindex().version
    counting.texts.clear()

    report = of_site(knowledge.reindex().sources)

    assert (report.unchanged, report.passages, counting.texts) == (2, 0, [])
    assert knowledge.status().version == version


def test_a_page_that_is_gone_is_gone_from_the_answers(knowledge: Knowledge, site: WebSite) -> None:
    knowledge.reindex()
    site.pages["/card"].status, site.pages["/card"].etag = 410, ""

    report = of_site(knowledge.reindex().sources)

    assert (report.removed, report.unchanged) == (1, 1)
    assert texts(knowledge) == {f"{site.address}/door": "The night door."}


def test_a_page_that_does_not_answer_stays_in_the_answers(
    knowledge: Knowledge, site: WebSite
) -> None:
    knowledge.reindex()
    site.pages["/card"].status, site.pages["/card"].etag = 503, ""

    report = of_site(knowledge.reindex().sources)

    assert (report.removed, report.unchanged, report.skipped) == (0, 2, ())
    assert f"{site.address}/card" in texts(knowledge)


def test_while_the_site_is_down_its_passages_stay_and_other_sources_go_on(
    knowledge: Knowledge, site: WebSite, folder: Folder
) -> None:
    knowledge.reindex()
    site.put("/robots.txt", status=503)
    folder.write({"cafe.md": "The café."})

    report = knowledge.reindex()

    assert "robots.txt answers with 503" in str(of_site(report.sources).error)
    assert report.total("added") == 1
    assert texts(knowledge) == {
        f"{site.address}/card": "The green card.",
        f"{site.address}/door": "The night door.",
        "cafe.md": "The café.",
    }

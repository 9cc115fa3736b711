"""What a second run asks for again, what it keeps, and what it forgets."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from knowledge.documents import Skipped, SourceFile
from knowledge.sources import Known, SourceUnavailable
from knowledge.sources.web.source import WebSource

from .test_web import Page, SiteHandler, WebSite, contents, paths, reasons, serve, settings


def known(files: list[SourceFile]) -> Known:
    return {file.path: (file.size, file.modified_ns, file.content_hash) for file in files}


@pytest.fixture
def site() -> Iterator[WebSite]:
    with serve() as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Not there yet, as on the first run."""
    return tmp_path / "cache" / "site"


@pytest.fixture
def source(site: WebSite, cache: Path) -> WebSource:
    return WebSource(settings(site.sitemap), cache)


def test_an_unchanged_page_costs_an_answer_without_a_body(site: WebSite, source: WebSource) -> None:
    page = site.put("/a", "Words", etag='"one"')
    first = source.scan()
    page.body = b"Changed, but the tag is the same: nobody can see this."

    assert source.scan() == first
    assert source.read(first[0][0]) == b"Words"
    assert site.asked.count("/a") == 2


def test_a_page_is_asked_for_by_its_date_where_it_has_no_tag(
    site: WebSite, source: WebSource
) -> None:
    date = "Wed, 01 May 2024 00:00:00 GMT"
    seen: list[str | None] = []

    def send(handler: BaseHTTPRequestHandler) -> None:
        assert isinstance(handler, SiteHandler)
        seen.append(handler.headers.get("If-Modified-Since"))
        handler.answer(Page(b"Words", headers={"Last-Modified": date}))

    site.put("/a", send=send)
    files, _ = source.scan()
    source.scan()

    assert seen == [None, date]
    assert files[0].modified_ns == 1_714_521_600 * 1_000_000_000


def test_a_changed_page_has_another_hash(site: WebSite, source: WebSource) -> None:
    page = site.put("/a", "Green", etag='"one"')
    before = source.scan()[0][0]
    page.body, page.etag = b"Blue", '"two"'
    after = source.scan()[0][0]

    assert before.content_hash != after.content_hash
    assert source.read(after) == b"Blue"
    assert source.read(before) == Skipped(
        "a.html", "changed while it was read; the next run takes it in"
    )


def test_a_page_with_the_same_old_date_is_not_asked_for(site: WebSite, source: WebSource) -> None:
    page = site.put("/a", "Words", lastmod="2024-05-01")
    files, _ = source.scan()
    source.scan(known(files))
    assert site.asked.count("/a") == 1

    page.lastmod = "2024-05-02"
    source.scan(known(files))
    assert site.asked.count("/a") == 2


def test_a_date_of_yesterday_may_hide_a_second_change(site: WebSite, source: WebSource) -> None:
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 24 * 3600))
    site.put("/a", "Words", lastmod=yesterday)
    files, _ = source.scan()
    source.scan(known(files))

    assert site.asked.count("/a") == 2


def test_a_date_that_never_moves_is_not_trusted_for_long(
    site: WebSite, source: WebSource, cache: Path
) -> None:
    site.put("/a", "Words", lastmod="2024-05-01")
    files, _ = source.scan()
    page = next(cache.glob("*.page"))
    line, _, body = page.read_text().partition("\n")
    facts = json.loads(line)
    page.write_text(json.dumps(facts | {"checked": facts["checked"] - 400_000}) + f"\n{body}")

    source.scan(known(files))

    assert site.asked.count("/a") == 2


def test_everything_is_asked_for_when_everything_is_read_anew(
    site: WebSite, source: WebSource
) -> None:
    site.put("/a", "Words", lastmod="2024-05-01")
    source.scan({})
    source.scan({})

    assert site.asked.count("/a") == 2


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    site: WebSite, cache: Path, source: WebSource
) -> None:
    site.put("/a", "Words")
    down = [site.put(f"/{number}", status=503) for number in range(5)]
    with pytest.raises(SourceUnavailable, match="goes on from here"):
        source.scan()
    [setattr(page, "status", 200) or setattr(page, "body", b"Up") for page in down]

    assert len(paths(source)) == 6
    assert site.asked.count("/a") == 1
    assert len(paths(source)) == 6
    assert site.asked.count("/a") == 2


def test_pages_that_are_gone_are_no_documents_any_more(
    site: WebSite, source: WebSource, cache: Path
) -> None:
    [site.put(path, "Words") for path in ("/a", "/b", "/c", "/d")]
    source.scan()
    site.pages["/a"].status = 404
    site.pages["/b"].status = 410
    del site.pages["/c"]

    files, skipped = source.scan()

    assert [file.path for file in files] == ["d.html"]
    assert skipped == [
        Skipped(f"{site.address}/a", "is named by the sitemap and is not there (404)"),
        Skipped(f"{site.address}/b", "is named by the sitemap and is not there (410)"),
    ]
    assert len(list(cache.iterdir())) == 1


def test_a_page_that_does_not_answer_stays_as_it_was_and_the_log_says_so(
    site: WebSite, source: WebSource, caplog: pytest.LogCaptureFixture
) -> None:
    page = site.put("/a", "Words")
    site.put("/b", "More words")
    first = source.scan()
    page.status, page.body = 500, b"Oh no"

    with caplog.at_level(logging.WARNING):
        assert source.scan() == first

    assert source.read(first[0][0]) == b"Words"
    assert f"1 of 2 pages of {site.address} did not answer and stay as they were" in caplog.text


def test_a_new_page_that_does_not_answer_is_told(site: WebSite, source: WebSource) -> None:
    site.put("/a", "Words")
    site.put("/b", status=500)

    assert reasons(source) == {f"{site.address}/b": "answers with 500; the next run asks again"}


def test_a_damaged_copy_is_fetched_again(site: WebSite, source: WebSource, cache: Path) -> None:
    site.put("/a", "Words", etag='"one"', lastmod="2024-05-01")
    files, _ = source.scan()
    page = next(cache.glob("*.page"))

    page.write_bytes(page.read_bytes()[:-1])
    assert source.scan(known(files))[0][0].content_hash == files[0].content_hash
    assert source.read(files[0]) == b"Words"

    page.write_bytes(page.read_bytes()[:-1] + b"!")
    assert isinstance(source.read(files[0]), Skipped)
    source.scan()
    assert source.read(files[0]) == b"Words"

    page.write_bytes(b"[]\n")
    assert contents(source) == {"a.html": b"Words"}


def test_what_killed_runs_have_left_is_cleared_away_in_time(
    site: WebSite, source: WebSource, cache: Path
) -> None:
    site.put("/a", "Words")
    source.scan()
    (cache / "tmp-old").touch()
    os.utime(cache / "tmp-old", (0, 0))
    (cache / "tmp-new").touch()
    source.scan()

    assert sorted(path.name for path in cache.iterdir())[-1:] == ["tmp-new"]
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_said(site: WebSite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    site.put("/a", "Words")

    with pytest.raises(SourceUnavailable, match="file/site cannot be written to"):
        WebSource(settings(site.sitemap), tmp_path / "file" / "site").scan()

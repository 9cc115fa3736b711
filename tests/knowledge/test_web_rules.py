"""What robots.txt and sitemaps say, as it is understood; hostile ones do no harm."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from knowledge.sources.web.address import Origin
from knowledge.sources.web.robots import parse_robots
from knowledge.sources.web.sitemap import BadSitemap, Entry, moment, parse_sitemap

from .test_web import urlset

SITE = "https://docs.example"


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /", "/a", False),
        ("Disallow: /private", "/private/a", False),
        ("Disallow: /private", "/public", True),
        ("Disallow: /\nAllow: /docs/", "/docs/a", True),
        ("Allow: /docs/\nDisallow: /docs/old", "/docs/old/a", False),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow: /*?print=", "/a?print=1", False),
        ("Disallow: /*?print=", "/a", True),
        ("Disallow: /*.pdf$", "/a.pdf", False),
        ("Disallow: /*.pdf$", "/a.pdf?x", True),
        ("Disallow: /a*b*c$", "/a-b-b-c", False),
        ("Disallow: /a$", "/a", False),
        ("Disallow: /a$", "/ab", True),
        ("Disallow: /ab*ba$", "/aba", True),
        ("Disallow: /café", "/caf%c3%a9/menu", False),
        ("disallow : /private # not this", "/private", False),
    ],
)
def test_the_longest_rule_that_matches_decides(rules: str, path: str, allowed: bool) -> None:
    robots = parse_robots(f"User-agent: *\n{rules}".encode())

    assert robots.allow(f"{SITE}{path}") is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: lorebot\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Lorebot\nAllow: /", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: other\nUser-agent: lorebot\nDisallow: /", False),
        ("User-agent: lorebot\nAllow: /b\nUser-agent: lorebot\nDisallow: /a", False),
        ("\ufeffUser-agent: *\r\nDisallow: /a", False),
        ("Disallow: /", True),
        ("<html>No such page</html>", True),
    ],
)
def test_a_group_that_names_this_program_counts_instead_of_that_for_all(
    text: str, allowed: bool
) -> None:
    assert parse_robots(text.encode()).allow(f"{SITE}/a") is allowed


@pytest.mark.parametrize(
    ("delay", "seconds"), [("2", 2.0), ("0.5", 0.5), ("86400", 60.0), ("-1", 0.0), ("soon", 0.0)]
)
def test_a_pause_that_is_asked_for_is_kept_within_reason(delay: str, seconds: float) -> None:
    assert parse_robots(f"User-agent: *\nCrawl-delay: {delay}".encode()).delay == seconds


def test_no_rule_takes_long_to_match() -> None:
    robots = parse_robots(b"User-agent: *\nDisallow: /" + b"*a" * 20_000 + b"$")
    start = time.thread_time()

    assert robots.allow(f"{SITE}/{'a' * 4000}b")
    assert time.thread_time() - start < 0.5


def test_addresses_and_dates_are_read_and_those_of_pictures_are_not() -> None:
    picture = '<i:image xmlns:i="urn:images"><i:loc>https://docs.example/logo.png</i:loc></i:image>'
    one = f"<url>\n<loc> {SITE}/a?b=1&amp;c=2\n</loc><lastmod>2024-05-01 </lastmod>{picture}</url>"
    other = f"<url><loc><![CDATA[{SITE}/d]]></loc></url>"

    sitemap = parse_sitemap(urlset(one, other, "<url><loc/></url>", "<other><loc>x</loc></other>"))

    assert sitemap.entries == [Entry(f"{SITE}/a?b=1&c=2", "2024-05-01"), Entry(f"{SITE}/d", "")]
    assert not sitemap.is_index


def test_a_sitemap_may_be_in_another_encoding() -> None:
    text = f'<?xml version="1.0" encoding="utf-16"?><urlset><url><loc>{SITE}/é</loc></url></urlset>'

    assert parse_sitemap(text.encode("utf-16")).entries == [Entry(f"{SITE}/é", "")]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>
<urlset><url><loc>&e;</loc></url></urlset>"""

EXTERNAL = b"""<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<urlset><url><loc>https://docs.example/&x;</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB, "begins with a DOCTYPE"),
        (EXTERNAL, "begins with a DOCTYPE"),
        (b"<!DOCTYPE html><html></html>", "begins with a DOCTYPE"),
        (b"<html><body>Log in</body></html>", "begins with <html>"),
        (b"<urlset><url><loc>https://docs.example/a</loc>", "is not well-formed XML"),
        (b"", "is not well-formed XML"),
        (b"\x00\x01\x02", "is not well-formed XML"),
        (b"<urlset><url><loc>&x;</loc></url></urlset>", "is not well-formed XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><urlset/>', "encoding"),
        (b"<urlset>" + b"<a>" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_sitemap_is_refused_without_harm(data: bytes, reason: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadSitemap, match=reason):
            parse_sitemap(data)
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


def test_a_sitemap_without_end_is_refused() -> None:
    with pytest.raises(BadSitemap, match="names more than 1,000 addresses"):
        parse_sitemap(b"<urlset>" + b"<url><loc>x</loc></url>" * 1001, most=1000)


def test_an_address_without_end_is_not_kept() -> None:
    sitemap = parse_sitemap(urlset(f"<url><loc>{SITE}/{'a' * 5_000_000}</loc></url>"))

    assert [Origin("https", "docs.example", 443).own(e.address) for e in sitemap.entries] == [None]


@pytest.mark.parametrize(
    ("lastmod", "seconds"),
    [
        ("2024", 1_704_067_200),
        ("2024-05", 1_714_521_600),
        ("2024-05-01", 1_714_521_600),
        ("2024-05-01T12:00:00Z", 1_714_564_800),
        ("2024-05-01T12:00:00.5+02:00", 1_714_557_600.5),
        ("1969-01-01", 0),
        ("yesterday", None),
        ("", None),
        ("2024-13-01", None),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139),
    ],
)
def test_dates_are_read_in_every_form(lastmod: str, seconds: float | None) -> None:
    assert moment(lastmod) == seconds


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("https://docs.example/a#part", "https://docs.example/a"),
        ("HTTPS://DOCS.example:443/a b", "https://docs.example/a%20b"),
        ("https://docs.example", "https://docs.example/"),
        ("https://docs.example/é?q=ü", "https://docs.example/%C3%A9?q=%C3%BC"),
        ("http://docs.example/a", None),
        ("https://docs.example:8443/a", None),
        ("https://docs.example.evil/a", None),
        ("https://docs.example@evil/a", None),
        ("https://ada@docs.example/a", None),
        ("//docs.example/a", None),
        ("/a", None),
        ("file:///etc/passwd", None),
        ("https://docs.example:port/a", None),
        ("https://[::1/a", None),
        ("https://docs.example/\x00", None),
        ("", None),
    ],
)
def test_only_the_sites_own_addresses_are_its_own(address: str, own: str | None) -> None:
    assert Origin("https", "docs.example", 443).own(address) == own

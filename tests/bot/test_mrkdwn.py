"""Nothing that documents or people wrote can act as Slack markup."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import flat, to_mrkdwn
from bot.mrkdwn import clean, code, escape, link, one_line, to_plain

ATTACKS = [
    "<!channel> <!here> <!everyone> <!subteam^S1>",
    "<@U0ADAMORENO> <#C0GENERAL00> <!date^1^{date}^https://evil.example|x>",
    "<https://evil.example/?q=secret|click here>",
    "https://evil.example www.evil.example mailto:a@evil.example HTTPS://EVIL.example",
    "![img](https://evil.example/x.png) [label](https://evil.example) <https://evil.example>",
    "[ref][1]\n\n[1]: https://evil.example",
    "*bold* _it_ ~gone~ `code` ```block``` > quote\n> quote",
    "*http*://evil.example h**tt**ps://evil.example ht`t`ps://evil.example",
    "\u202eright to left\u202c \u200bzero\u200d width \ufeff \U000e0041tag \x1b[31mred\x00\x07",
    "&lt;!channel&gt; &amp;lt;!channel&amp;gt;",
    "\ue000http://evil.example\ue003 \ue001",
    "<\u200b!channel> <!\u2060here>",
]
SPICES = st.sampled_from(
    [*ATTACKS, *"<>&|`*_~!@#[]()\n>-", "http://", "www.", "```", "| a |\n|---|\n"]
)
TEXTS = st.lists(st.one_of(SPICES, st.text(max_size=12)), max_size=12).map("".join)
MANY = settings(max_examples=300, deadline=None)

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S|www\.\w|mailto:\w", re.IGNORECASE)
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}
ESCAPED = ("&lt;", "&gt;", "&amp;")


def without_code(text: str) -> str:
    return CODE.sub(" ", text)


def loose_ampersands(text: str) -> list[str]:
    return [part for part in text.split("&")[1:] if not ("&" + part).startswith(ESCAPED)]


def hidden(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in INVISIBLE and c not in "\n\u200c\u200d"]


@MANY
@given(TEXTS)
def test_escaped_text_holds_no_markup(text: str) -> None:
    shown = escape(text)
    assert "<" not in shown
    assert not loose_ampersands(shown)
    assert not hidden(shown)


@MANY
@given(TEXTS)
def test_escaped_text_holds_no_address_outside_code(text: str) -> None:
    assert not ADDRESS.search(without_code(escape(text)))


@MANY
@given(TEXTS)
def test_escaped_text_formats_nothing_but_addresses(text: str) -> None:
    outside = without_code(escape(text))
    assert not set("*~`") & set(outside)
    assert not re.search(r"(?<![\w_])_[^\s_]", outside)
    assert not re.search(r"^\s*(>|&gt;)", escape(text), re.MULTILINE)


@MANY
@given(TEXTS)
@example("".join(ATTACKS))
def test_markdown_holds_no_special_sequence_and_no_link(text: str) -> None:
    shown = "\n".join(to_mrkdwn(text, 3000))
    assert "<" not in shown
    assert not loose_ampersands(shown)
    assert not hidden(shown)
    assert not ADDRESS.search(without_code(shown))


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(TEXTS)
def test_markdown_holds_no_special_sequence_over_many_texts(text: str) -> None:
    shown = "\n".join(to_mrkdwn(text, 3000))
    assert "<" not in shown
    assert not ADDRESS.search(without_code(shown))


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(min_value=20, max_value=120))
def test_markdown_is_cut_to_the_length_that_is_asked_for(text: str, longest: int) -> None:
    parts = to_mrkdwn(text, longest)
    assert all(0 < len(part) <= longest for part in parts)
    assert not [part for part in parts if loose_ampersands(part)]


@MANY
@given(TEXTS, TEXTS)
def test_a_link_holds_one_special_sequence_at_most(uri: str, label: str) -> None:
    shown = link(uri, label)
    assert re.fullmatch(r"<https?://[^<>|]+\|[^<>|]+>|[^<>]*", shown)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example/x",
        "https://",
        "https://user:pass@evil.example/",
        "https://docs.example@evil.example/",
        "https://evil.example/\u202egnp.exe",
        "https://evil.example/a b",
        "https://[bad",
        "docs/handbook.md",
        "",
    ],
)
def test_only_a_web_address_becomes_a_link(uri: str) -> None:
    assert link(uri, "Title") == "Title"


def test_a_citations_address_keeps_its_text_fragment() -> None:
    uri = "https://docs.example/a?x=1&y=2#:~:text=three%20stages"
    assert link(uri, "Saturn V") == f"<{uri.replace('&', '&amp;')}|Saturn V>"


def test_an_address_cannot_end_its_link_early() -> None:
    assert link("https://docs.example/a|b>c<d", "T") == "<https://docs.example/a%7Cb%3Ec%3Cd|T>"


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("Three **stages** and *two* ~~gone~~ parts", "Three *stages* and _two_ ~gone~ parts"),
        ("Use `rm -rf <x>` now", "Use `rm -rf &lt;x&gt;` now"),
        ("# The Saturn V\n\nIt flew.", "*The Saturn V*\n\nIt flew."),
        ("- one\n- two\n  - deep", "• one\n• two\n    • deep"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> wise **words**", "> wise *words*"),
        ("See [the guide](https://x.example/g).", "See the guide."),
        ("![a chart](https://x.example/c.png)", "a chart"),
        ("one\ntwo", "one two"),
        ("```sh\nls `x`\n```", "```\nls `x`\n```"),
        ("a**b**c is one word", "abc is one word"),
        ("[1] cites, [2] too", "[1] cites, [2] too"),
        ("snake_case_name and __init__", "snake_case_name and *init*"),
        ("It costs 5*3*2 or ~5 km", "It costs 5∗3∗2 or ∼5 km"),
        ("| a | b |\n|---|---|\n| 1 | 22 |", "```\na  b\n─  ──\n1  22\n```"),
        ("Go to https://x.example/a_b.", "Go to `https://x.example/a_b`."),
    ],
)
def test_markdown_is_shown_sensibly(markdown: str, shown: str) -> None:
    assert "\n\n".join(to_mrkdwn(markdown, 3000)) == shown


def test_a_table_aligns_chinese_text() -> None:
    [made] = to_mrkdwn("| 名称 | x |\n|---|---|\n| ab | y |", 3000)
    assert made == "```\n名称  x\n────  ─\nab    y\n```"


def test_a_long_table_is_cut_into_blocks_that_are_closed() -> None:
    rows = "\n".join(f"| row {n} | {'x' * 20} |" for n in range(50))
    parts = to_mrkdwn(f"| a | b |\n|---|---|\n{rows}", 500)
    assert len(parts) > 2
    assert all(part.startswith("```\n") and part.endswith("\n```") for part in parts)


def test_flat_text_is_words_on_one_line() -> None:
    assert flat("# Title\n\n- **one**\n- `two`") == "Title one two"


def test_a_line_is_cut_at_a_word() -> None:
    assert one_line("one two\nthree four", 12) == "one two…"
    assert one_line("unbreakable", 5) == "unbr…"


def test_emoji_keep_their_joiners_and_words_lose_them() -> None:
    assert clean("👩\u200d🚀 pass\u200dword a\ufe0f ❤\ufe0f") == "👩\u200d🚀 password a ❤\ufe0f"


def test_code_holds_no_backtick_and_no_line_end() -> None:
    assert code("a`b\nc") == "`aˋb c`"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("<@UBOT> why is Mars red?", "why is Mars red?"),
        ("why, <@UBOT|lorebot>?", "why,  ?"),
        ("ask <@U2|noor> or <@U3>", "ask @noor or @U3"),
        ("in <#C1|general> and <#C2>", "in #general and #C2"),
        ("<!here> <!subteam^S1|@ops> <!date^1^{date}|today>", "@here @ops today"),
        ("<https://x.example/a|the page> <https://x.example/b>", "the page https://x.example/b"),
        ("<mailto:a@x.example|a@x.example> <mailto:b@x.example>", "a@x.example b@x.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ],
)
def test_what_a_person_wrote_is_plain_again(sent: str, meant: str) -> None:
    assert to_plain(sent, "UBOT") == meant


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_text_can_be_made_plain(text: str) -> None:
    assert "<@UBOT>" not in to_plain(text, "UBOT")

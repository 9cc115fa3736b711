"""What people type becomes what Slack would send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.typed import rich_text_block, slack_text, typed_text


def test_the_three_characters_are_escaped_and_mentions_are_not() -> None:
    assert slack_text("<@U0LORE> is 1 < 2 & 3 > 2?") == "<@U0LORE> is 1 &lt; 2 &amp; 3 &gt; 2?"


def test_typed_markup_of_another_kind_is_only_text() -> None:
    assert slack_text("<b>&lt;</b>") == "&lt;b&gt;&amp;lt;&lt;/b&gt;"


def test_addresses_become_links_without_the_full_stop() -> None:
    assert (
        slack_text("See https://example.com/a?b=1&c.") == "See <https://example.com/a?b=1&amp;c>."
    )


def test_calls_to_everybody_are_kept() -> None:
    assert slack_text("<!channel> <#C0GENERAL00>") == "<!channel> <#C0GENERAL00>"


def test_the_editor_gets_back_what_was_typed() -> None:
    typed = "<@U0LORE> why is https://example.com < 5 & slow?"
    assert typed_text(slack_text(typed)) == typed


@given(st.text(alphabet="ab <>&!@#:/.\n", max_size=60))
def test_escaping_loses_nothing(typed: str) -> None:
    assert typed_text(slack_text(typed)) == typed


def test_rich_text_names_people_links_and_emoji() -> None:
    block = rich_text_block("Hi <@U0ADA> see https://example.com :tada:", "b")
    [section] = block["elements"]
    assert section["elements"] == [
        {"type": "text", "text": "Hi "},
        {"type": "user", "user_id": "U0ADA"},
        {"type": "text", "text": " see "},
        {"type": "link", "url": "https://example.com"},
        {"type": "text", "text": " "},
        {"type": "emoji", "name": "tada", "unicode": "1f389"},
    ]

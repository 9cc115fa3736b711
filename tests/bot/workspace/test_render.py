"""Text becomes HTML as Slack shows it, and never a script."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.markdown_html import markdown
from bot.workspace.mrkdwn import mrkdwn
from bot.workspace.orbit_desk import orbit_desk
from bot.workspace.page_objects import page_blocks
from bot.workspace.rich_text import rich_text
from bot.workspace.safe_html import plain

TEAM = orbit_desk()
LINK = '<a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">'
ALLOWED = {
    *("strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "br", "p", "hr", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "target", "rel"},
    "span": {"class", "title", "data-user", "data-channel"},
    "ol": {"start"},
}


class Inspector(HTMLParser):
    """Collects everything in a piece of HTML that the page does not expect."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag not in ALLOWED or not names <= ATTRIBUTES.get(tag, set()):
            self.faults.append(f"<{tag} {attrs}>")
        href = (dict(attrs).get("href") or "").strip().lower()
        if not href.startswith(("https:", "http:", "mailto:", "tel:")) and ":" in href:
            self.faults.append(f"address {href}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")


def faults(markup: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(markup)
    inspector.close()
    return inspector.faults


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~gone~", "<strong>bold</strong> <em>italic</em> <del>gone</del>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("`a *b* <@U1>`", "<code>a *b* &lt;@U1&gt;</code>"),
        ("see\n```\nx = 1 &lt; 2\n```\nend", "see<pre><code>x = 1 &lt; 2</code></pre>end"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n> more", "<blockquote>said<br>more</blockquote>"),
        ("• a\n• b", "<ul><li>a</li><li>b</li></ul>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("<@U0ADAMORENO>", '<span class="mention" data-user="U0ADAMORENO">@Ada Moreno</span>'),
        ("<@U404>", '<span class="mention" data-user="U404">@U404</span>'),
        ("<#C0GENERAL00>", '<span class="channel" data-channel="C0GENERAL00">#general</span>'),
        ("<!here>", '<span class="mention broadcast">@here</span>'),
        ("<!date^1^{date}|long ago>", "long ago"),
        ("<https://example.com/?a=1&amp;b=2|the site>", f"{LINK}the site</a>"),
        ("<https://example.com/?a=1&amp;b=2>", f"{LINK}https://example.com/?a=1&amp;b=2</a>"),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        (":tada: :no_such:", '<span class="emoji" title=":tada:">🎉</span> :no_such:'),
        ("1 &lt; 2 &amp;&amp; 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("<b>tags</b>", "&lt;b&gt;tags&lt;/b&gt;"),
        ("an open ``` fence", "an open ``` fence"),
    ],
)
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert mrkdwn(text, TEAM) == html


def test_markdown_has_tables_and_strikethrough() -> None:
    shown = markdown("| a |\n|---|\n| ~~b~~ |\n\n[x](https://example.com/?a=1&b=2)")
    assert "<th>a</th>" in shown
    assert "<td><del>b</del></td>" in shown
    assert f"{LINK}x</a>" in shown


def test_a_picture_in_markdown_is_only_linked() -> None:
    shown = markdown("![Mars](https://example.com/mars.png)")
    assert "<img" not in shown
    assert ">Mars</a>" in shown


def test_plain_text_has_no_markup_but_emoji() -> None:
    assert plain("*a* <@U1> :eyes:") == (
        '*a* &lt;@U1&gt; <span class="emoji" title=":eyes:">👀</span>'
    )


def test_rich_text_shows_styles_lists_and_people() -> None:
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]
    bold = {"type": "text", "text": "b", "style": {"bold": True, "italic": True}}
    block = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [bold, {"type": "user", "user_id": "U404"}]},
            {"type": "rich_text_list", "style": "ordered", "elements": items},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "<p>"}]},
        ],
    }
    assert rich_text(block, TEAM) == (
        '<strong><em>b</em></strong><span class="mention" data-user="U404">@U404</span>'
        "<ol><li>x</li></ol><blockquote>q</blockquote><pre><code>&lt;p&gt;</code></pre>"
    )


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    '[x](https://example.com/"onmouseover=alert(1))',
    '![x](x" onerror="alert(1))',
    "<javascript:alert(1)|x>",
    '<https://a"onclick=alert(1)|x>',
    "<https://example.com|<script>alert(1)</script>>",
    '<@U1" onclick="alert(1)>',
    "<@U0|<img src=x onerror=alert(1)>>",
    "<#C1'><script>alert(1)</script>>",
    "<!date^1|<script>alert(1)</script>>",
    "```<script>alert(1)</script>```",
    "`<script>alert(1)</script>`",
    "> <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<form action=javascript:alert(1)><button>x",
    "<base href='https://evil.example/'>",
    "<details open ontoggle=alert(1)>",
    "*<b onclick=alert(1)>*",
    "| <script> |\n|---|\n| <img onerror=alert(1) src=x> |",
    '<https://example.com|:tada:"><script>alert(1)</script>',
    ':"><script>alert(1)</script>:',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_gets_through(attack: str) -> None:
    shown = [mrkdwn(attack, TEAM), markdown(attack), plain(attack), rich_text(said(attack), TEAM)]
    assert [faults(markup) for markup in shown] == [[], [], [], []]


def said(text: str) -> dict[str, Any]:
    element = {"type": "text", "text": text}
    link = {"type": "link", "url": text, "text": text}
    user = {"type": "user", "user_id": text}
    section = {"type": "rich_text_section", "elements": [element, link, user]}
    return {"type": "rich_text", "elements": [section]}


hostile = st.text(
    st.sampled_from(list("<>\"'&;:=/()[]!|*_~`#@\\\n\t ab1")) | st.characters(), max_size=80
)
pieces = st.lists(st.sampled_from(ATTACKS) | hostile, max_size=5).map("".join)


@given(pieces)
def test_whatever_is_written_only_known_tags_come_out(text: str) -> None:
    shown = [mrkdwn(text, TEAM), markdown(text), plain(text), rich_text(said(text), TEAM)]
    assert [faults(markup) for markup in shown] == [[], [], [], []]


def test_html_of_the_bot_is_replaced_by_what_is_rendered_here() -> None:
    block = {
        "type": "section",
        "html": "<script>1</script>",
        "text": {"type": "mrkdwn", "text": "*x*", "html": "<script>2</script>"},
    }
    [shown] = page_blocks([block], TEAM)
    assert shown == {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*x*", "html": "<strong>x</strong>"},
    }


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "/\\evil.example",
        " http:x",
        5,
    ],
)
def test_addresses_that_are_not_of_the_web_are_taken_out_of_blocks(url: Any) -> None:
    block = {"type": "image", "image_url": url, "alt_text": "x"}
    assert page_blocks([block], TEAM) == [{"type": "image", "alt_text": "x"}]


def test_addresses_of_the_web_and_of_this_workspace_stay() -> None:
    blocks = [{"url": "https://example.com"}, {"url": "/docs/mars.md"}]
    assert page_blocks(blocks, TEAM) == blocks


def test_half_a_surrogate_pair_is_shown_as_a_question_mark() -> None:
    assert plain("a\ud800b") == "a?b"

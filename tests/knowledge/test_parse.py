"""Markdown, HTML and plain text become clean markdown, and nothing hidden comes along."""

from pathlib import Path

import pytest

from knowledge.documents import ParsedDocument
from knowledge.parse import PARSERS, ParseError, parse, parse_bytes


def read(name: str, text: str) -> ParsedDocument:
    return parse_bytes(name, text.encode())


def test_an_unknown_ending_is_refused_with_what_to_do() -> None:
    with pytest.raises(ParseError, match=r"\(\.png\); convert it to one of .*\.md"):
        parse_bytes("a.png", b"x")
    with pytest.raises(ParseError, match=r"\(\.doc\); save it as \.docx"):
        parse_bytes("a.doc", b"x")


@pytest.mark.parametrize("ending", sorted(PARSERS))
def test_an_empty_file_is_refused_whatever_its_ending(ending: str) -> None:
    with pytest.raises(ParseError, match="is empty"):
        parse_bytes(f"a{ending}", b"")


def test_white_space_alone_is_no_document() -> None:
    with pytest.raises(ParseError, match="has no text in it"):
        read("a.md", "---\ntitle: Moved\n---\n \n")


def test_front_matter_gives_the_title_and_is_left_out() -> None:
    document = read("a.md", '---\nlayout: page\ntitle: "Paid: leave"\n---\n\n# Heading\n\nText.')

    assert document == ParsedDocument("Paid: leave", "# Heading\n\nText.")


def test_front_matter_that_does_not_close_is_text() -> None:
    assert read("a.md", "---\ntitle: x\n\nText.").text == "---\ntitle: x\n\nText."


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "+++\ntitle = 'Toml'\n+++\nText.", "Toml"),
        ("a.md", "```\n# comment\n```\n\n# The *real* one #\n", "The *real* one"),
        ("paid-leave_2024.md", "Text.", "paid leave 2024"),
        ("a.html", "<title>Page</title><h1>Head</h1><p>x", "Head"),
        ("a.html", "<title>Page</title><p>x", "Page"),
        ("a.rst", "Guide\n=====\n\nText.", "Guide"),
        ("plain-words.txt", "Text.", "plain words"),
    ],
)
def test_a_document_has_a_title(name: str, text: str, title: str) -> None:
    assert read(name, text).title == title


def test_comments_scripts_and_hidden_parts_of_markdown_are_left_out() -> None:
    text = (
        "Seen. <!-- secret\n\nsecret --><script>secret()</script><style>.secret{}</style>\n"
        '<div hidden><div>secret</div> secret</div><p style="display: none">secret</p>\n'
        '<span aria-hidden="true">secret</span> <span class="a hidden b">Shown.</span>'
    )

    assert read("a.md", text).text.split() == ["Seen.", "Shown."]


def test_tags_go_and_their_text_stays() -> None:
    text = (
        'A <a href="x.html">link</a>, <b>bold</b>, one<br>two,'
        ' <img src="x" alt="a map"> <kbd>Tab</kbd>.'
    )

    assert read("a.md", text).text == "A link, bold, one\ntwo, a map Tab."


def test_blocks_of_html_in_markdown_stay_apart() -> None:
    text = "<h2 align='center'>Head</h2><p>One</p><p>Two</p><ul><li>a</li><li>b</li></ul>"

    assert read("a.md", text).text == "## Head\n\nOne\n\nTwo\n\n- a\n\n- b"


def test_a_row_of_a_table_stays_on_its_line() -> None:
    text = "| a | b |\n|---|---|\n| 1 | <ul><li>x</li></ul> y<br>z |"

    assert " ".join(read("a.md", text).text.split("\n")[2].split()) == "| 1 | - x y z |"


def test_what_is_no_tag_stays() -> None:
    text = (
        "a < b > c, <your-name>, <https://example.org>, `<b>code</b>`\n\n"
        "```html\n<!-- kept --><p>kept\n```"
    )

    assert read("a.md", text).text == text


def test_an_html_table_in_markdown_becomes_a_table() -> None:
    text = (
        "Before\n<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>x|y</td></tr></table>\nAfter"
    )

    assert "| A | B |\n| --- | --- |\n| 1 | x\\|y |" in read("a.md", text).text


def test_pictures_in_the_text_itself_are_left_out() -> None:
    text = f"Before ![chart](data:image/png;base64,{'iVBORw0KGgo+/' * 9_000}=) after"

    assert read("a.md", text).text == "Before ![chart]() after"


def test_templates_keep_what_they_show() -> None:
    text = (
        'See [the form]({% page "/tools/#form" %}) in {% slack_channel "help" %}.\n'
        '{% comment %}secret{% endcomment %}{% include "a/box.html" %}'
        "{% alert %}Mind.{% endalert %}"
    )

    assert read("a.md", text).text == "See [the form](/tools/#form) in help.\nMind."


def test_mdx_loses_its_imports_and_components_but_not_their_titles() -> None:
    text = (
        'import { Card } from "cards";\nexport const settings = {\n  a: 1,\n};\n'
        "\n{/* a remark */}\n"
        '<Steps>\n  <Step title="Clone it">\n    ## Inside\n    Run `import x` now.\n'
        "  </Step>\n</Steps>\n"
        "\n```python\nimport os\nx = <Tag>\n```\n"
    )

    assert read("a.mdx", text).text == (
        "  **Clone it**\n\n## Inside\n    Run `import x` now.\n\n"
        "```python\nimport os\nx = <Tag>\n```"
    )


def test_html_keeps_headings_lists_tables_and_code() -> None:
    html = (
        "<h1>Head</h1><p>With <b>bold</b>, <code>code</code> and "
        "<a href='https://x.org'>a link</a>.</p>"
        "<h2>Steps</h2><ol><li>One<ul><li>nested</li></ul></li><li>Two</li></ol>"
        "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>two<br>lines</td></tr></table>"
        '<pre><code class="language-sh"># no heading\nls</code></pre><blockquote>Said.</blockquote>'
    )

    assert read("a.html", html).text == (
        "# Head\n\nWith **bold**, `code` and [a link](https://x.org).\n\n"
        "## Steps\n\n1. One\n   - nested\n2. Two\n\n"
        "| A | B |\n| --- | --- |\n| 1 | two lines |\n\n```sh\n# no heading\nls\n```\n\n> Said."
    )


def test_html_loses_scripts_chrome_comments_and_hidden_parts() -> None:
    html = (
        "<nav>secret</nav><header role=banner>secret</header><script>secret()</script>"
        '<!-- secret --><p hidden>secret</p><p style="visibility:hidden">secret</p>'
        "<p aria-hidden=true>secret</p>"
        '<p style="font-size:0">secret</p><noscript>secret</noscript><template>secret</template>'
        '<svg><text>secret</text></svg><a class="headerlink" href="#x">secret</a><p>Shown.</p>'
        '<p style="opacity:0.9">Too.</p><a href="javascript:secret()">Link.</a>'
        "<footer>secret</footer>"
    )

    assert read("a.html", html).text.split() == ["Shown.", "Too.", "Link."]


def test_only_the_main_part_of_a_page_is_read_where_it_has_one() -> None:
    html = "<div>Menu</div><main><h1>Head</h1><p>Text.</p></main><div>Ads</div>"

    assert read("a.html", html).text == "# Head\n\nText."


def test_a_main_part_that_a_script_would_fill_is_no_main_part() -> None:
    assert read("a.html", "<main></main><p>Text.</p>").text == "Text."


def test_restructured_text_has_headings_by_the_order_of_its_marks() -> None:
    rst = "====\nBook\n====\n\nChapter\n-------\n\nSee :ref:`here <x>`.\n\nPart\n~~~~\n\nEnd."

    assert read("a.rst", rst).text == "# Book\n\n## Chapter\n\nSee here.\n\n### Part\n\nEnd."


def test_restructured_text_has_code_and_no_comments() -> None:
    rst = (
        "Run::\n\n    ls\n\n.. secret\n   secret\n\n"
        ".. code-block:: sh\n   :linenos:\n\n   # x\n\n.. note:: Mind."
    )

    assert " ".join(read("a.rst", rst).text.split()) == (
        "Run: ``` ls ``` ```sh # x ``` **Note** Mind."
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe café", "utf-8-sig"),
        ("Größe café 中文", "utf-16"),
        ("Größe café in plain words", "utf-16-le"),
        ("Größe café in plain words", "utf-16-be"),
        ("Größe café 中文", "utf-32"),
        ("Le café était fermé à côté de l'hôtel où les élèves déjeunaient.", "cp1252"),
        ("Отпуск предоставляется сотрудникам после шести месяцев работы.", "cp1251"),
        ("Отпуск предоставляется сотрудникам после шести месяцев работы.", "koi8-r"),
        ("Proszę wypełnić wniosek o urlop i zażółcić gęślą jaźń.", "cp1250"),
        ("员工入职满一年后可以享受带薪年假，请提前两周申请。", "gb18030"),
        ("員工入職滿一年後可以享受帶薪年假，請提前兩週申請。", "big5"),
        ("社員は入社一年後に有給休暇を取得できます。", "shift_jis"),
        ("社員は入社一年後に有給休暇を取得できます。二週間前に申請してください。", "euc-jp"),
        ("직원은 입사 1년 후 유급 휴가를 사용할 수 있습니다.", "euc-kr"),
    ],
)
def test_the_encoding_is_found_out(text: str, encoding: str) -> None:
    assert parse_bytes("a.txt", text.encode(encoding)).text == text


def test_a_page_says_its_encoding_itself() -> None:
    html = "<meta charset='windows-1252'><p>Café</p>".encode("cp1252")

    assert parse_bytes("a.html", html).text == "Café"


def test_a_text_far_into_a_long_file_tells_its_encoding_too() -> None:
    text = "plain ascii\n" * 50_000 + "員工入職滿一年後可以享受帶薪年假，請提前兩週申請。\n"

    assert parse_bytes("a.txt", text.encode("big5")).text == text


def test_line_ends_are_one_and_nothing_invisible_is_left() -> None:
    text = "a\r\nb\rc\x0bd\u2028e\x00\u200b\u202e\U000e0041\ufefff e\u0301"

    assert read("a.txt", text).text == "a\nb\nc\nd\nef \u00e9"


def test_a_binary_file_is_no_text() -> None:
    with pytest.raises(ParseError, match="is not text"):
        parse_bytes("a.md", bytes(range(256)) * 10)


def test_a_file_is_parsed_from_its_path(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Hi\n\nText.", encoding="utf-8")

    assert parse(tmp_path / "a.md") == ParsedDocument("Hi", "# Hi\n\nText.")

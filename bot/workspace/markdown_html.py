"""Standard markdown with tables (`markdown` blocks and documents) as safe HTML."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from bot.workspace.safe_html import clean, link, with_emoji


class _Renderer(RendererHTML):
    """As Slack shows it: emoji names become emoji, an image becomes a link to it."""

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return with_emoji(tokens[idx].content)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return link(str(tokens[idx].attrs["src"]), tokens[idx].content)

    def s_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<del>"

    def s_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</del>"


def _parser(breaks: bool) -> MarkdownIt:
    # `html: False` shows tags as text; nh3 then removes whatever still looks like one.
    options = {"html": False, "breaks": breaks}
    parser = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    return parser.enable(["table", "strikethrough"])


_message, _document = _parser(breaks=True), _parser(breaks=False)


def markdown(text: str) -> str:
    """A message: the ends of lines are kept."""
    return clean(_message.render(text))


def filled_markdown(text: str) -> str:
    """A document: its lines are filled up again."""
    return clean(_document.render(text))

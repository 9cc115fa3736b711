"""A document of the knowledge base as a page to read, where citations link to."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.workspace.markdown_html import filled_markdown


@dataclass(frozen=True, slots=True)
class Page:
    """A document to show: its title, its text as markdown, and its path in the knowledge base."""

    title: str
    text: str
    path: str


ReadDocument = Callable[[str], Page | None]

_HTML = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<link rel="icon" href="/static/favicon.svg">
<style>
:root {
  --ink: #1d1c1d; --quiet: #616061; --paper: #fff; --line: #dddddd; --soft: #f6f6f6;
  --link: #1264a3; --mark: #ffe58a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e6e3; --quiet: #9a9b9e; --paper: #1a1d21; --line: #393c40; --soft: #24272b;
    --link: #69b4f0; --mark: #6b5500;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 6rem; overflow-wrap: anywhere; }
nav { color: var(--quiet); font-size: .85rem; margin-bottom: 2rem; }
nav b { color: var(--ink); font-weight: 600; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 .6em; }
h1 { font-size: 2rem; margin-top: 0; }
h2 { font-size: 1.4rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.15rem; }
p, ul, ol, table, pre, blockquote { margin: 0 0 1.1em; }
a { color: var(--link); }
code { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code, pre { background: var(--soft); border-radius: 4px; }
code { padding: .1em .3em; }
pre { padding: .9rem 1rem; overflow-x: auto; }
pre code { padding: 0; }
blockquote { border-left: 4px solid var(--line); margin-left: 0; padding-left: 1rem;
  color: var(--quiet); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left; }
th { background: var(--soft); }
hr { border: 0; border-top: 1px solid var(--line); margin: 2rem 0; }
::target-text { background: var(--mark); color: inherit; }
</style>
</head>
<body>
<main>
<nav aria-label="Where this document is">$crumbs</nav>
$body
</main>
</body>
</html>
""")


def document(request: Request) -> HTMLResponse:
    """Runs in a worker thread: reading and rendering may take a while."""
    path = request.path_params["path"]
    read: ReadDocument = request.app.state.read_document
    page = read(path)
    if page is None:
        return HTMLResponse(_not_found(path), 404)
    return HTMLResponse(render(page))


def render(page: Page) -> str:
    """The title is shown unless the text starts with a heading of its own."""
    body = filled_markdown(page.text)
    if not page.text.lstrip().startswith("# "):
        body = f"<h1>{html.escape(page.title)}</h1>\n{body}"
    return _HTML.substitute(title=html.escape(page.title), crumbs=_crumbs(page.path), body=body)


def _not_found(path: str) -> str:
    body = "<h1>There is no such document</h1><p>It may have been removed since it was cited.</p>"
    return _HTML.substitute(title="No such document", crumbs=_crumbs(path), body=body)


def _crumbs(path: str) -> str:
    *folders, name = [html.escape(part) for part in path.split("/")]
    return " / ".join([*folders, f"<b>{name}</b>"])

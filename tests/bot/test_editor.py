"""A person writes in an editor; what goes wrong with it is said in a sentence."""

from __future__ import annotations

import shlex
import sys

import pytest

from bot.editor import written_in_editor
from finetune.review import ReviewRefused


def editor(code: str) -> dict[str, str]:
    """An editor that does this with the file `path`."""
    program = f"import pathlib, sys; path = pathlib.Path(sys.argv[1]); {code}"
    return {"EDITOR": shlex.join([sys.executable, "-c", program])}


def test_what_is_saved_is_returned() -> None:
    change = editor("path.write_text(path.read_text() + ' weeks.\\n')")
    assert written_in_editor("Nine", change) == "Nine weeks."


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (editor("path.write_text(' ')"), "Nothing was left in the editor"),
        (editor("sys.exit(1)"), "did not work"),
        ({"VISUAL": "/there/is/no/editor", **editor("pass")}, "/there/is/no/editor did not work"),
    ],
)
def test_what_goes_wrong_is_said(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ReviewRefused, match=said):
        written_in_editor("Nine", environment)

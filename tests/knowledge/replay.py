"""A server on this machine that gives an API's recorded answers, and can be made to fail."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from knowledge.base import Knowledge
from knowledge.sources import NamedSource, Source

RECORDED = Path(__file__).parent / "recorded"


def reading(knowledge: Knowledge, source: Source) -> Knowledge:
    """The same knowledge base with this as its only source."""
    sources = replace(knowledge.sources, configured=[NamedSource("remote", source)])
    return replace(knowledge, sources=sources)


@dataclass
class Answer:
    """What is answered to one request, as its file under recorded/ has it."""

    name: str
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answer: Any = None
    times: int = -1
    """How often it is given before it is forgotten; for ever if negative."""

    def fits(self, asked: tuple[str, str, dict[str, str], Any]) -> bool:
        return self.times != 0 and asked == (self.method, self.path, self.query, self.body)

    def as_bytes(self) -> bytes:
        if isinstance(self.answer, bytes):
            return self.answer
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return text.encode()


class Replay:
    """`asked` are the names of the answers that were given, in order."""

    def __init__(self, name: str) -> None:
        recorded = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        self.answers = {one["name"]: Answer(**one) for one in recorded}
        self.failures: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.keys: set[str] = set()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def __getitem__(self, name: str) -> Any:
        """The answer with this name, to change it."""
        return self.answers[name].answer

    def fail(
        self, name: str, status: int, answer: Any = "", times: int = -1, **headers: str
    ) -> None:
        """Fail where that answer would be given."""
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        self.failures[name] = Answer(name, "", "", {}, None, status, given, answer, times)

    def _find(self, asked: tuple[str, str, dict[str, str], Any]) -> Answer:
        unknown = Answer(f"unknown {asked}", "", "", status=404, answer={"message": "not found"})
        answer = next((one for one in self.answers.values() if one.fits(asked)), unknown)
        failure = self.failures.get(answer.name, unknown)
        self.asked.append(answer.name)
        return failure if failure.times and failure is not unknown else answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                url = urlsplit(self.path)
                sent = json.loads(body) if body.startswith(b"{") else None
                replay.keys.add(self.headers.get("Authorization", ""))
                answer = replay._find((self.command, url.path, dict(parse_qsl(url.query)), sent))
                answer.times -= 1
                self._send(answer.status, answer.headers, answer.as_bytes())

            do_POST = do_GET

            def _send(self, status: int, headers: dict[str, str], data: bytes) -> None:
                self.send_response(status)
                given = {"Content-Type": "application/json;charset=UTF-8"} | headers
                for name, value in {**given, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        return Handler

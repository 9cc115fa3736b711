"""HTTP mode: payloads go to the app's request URL, signed as Slack signs them."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from bot.workspace.delivery import Envelope, NotAcknowledged, Unwanted
from bot.workspace.objects import Json

# No proxy: the app is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class HttpMode:
    """Posts every payload to one request URL and takes a 2xx answer as the acknowledgement."""

    request_url: str
    signing_secret: str
    ack_timeout: float
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))

    @property
    def connected(self) -> bool:
        return True

    async def deliver(self, envelope: Envelope) -> Json:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._post, envelope)

    def answers_challenge(self) -> bool:
        """Slack's `url_verification`, done before a request URL is taken into use."""
        payload = {"type": "url_verification", "challenge": "orbit-desk", "token": "verification"}
        try:
            return self._post(Envelope("events_api", payload)).get("challenge") == "orbit-desk"
        except NotAcknowledged:
            return False

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _post(self, envelope: Envelope) -> Json:
        body, content_type = _body(envelope)
        headers = self._headers(body) | {"Content-Type": content_type} | _retry_headers(envelope)
        request = urllib.request.Request(self.request_url, body, headers, method="POST")
        try:
            with _opener.open(request, timeout=self.ack_timeout) as answer:
                return _acknowledgement(answer.read())
        except urllib.error.HTTPError as error:
            unwanted = error.headers.get("X-Slack-No-Retry") == "1"
            error.close()
            raise (Unwanted if unwanted else NotAcknowledged)("http_error") from None
        except TimeoutError:
            raise NotAcknowledged("http_timeout") from None
        except OSError as error:
            late = isinstance(getattr(error, "reason", None), TimeoutError)
            raise NotAcknowledged("http_timeout" if late else "connection_failed") from None

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        verifier = SignatureVerifier(self.signing_secret)
        signature = verifier.generate_signature(timestamp=timestamp, body=body)
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(signature)}


def _body(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), "application/json"
    form = envelope.payload
    if envelope.kind == "interactive":
        form = {"payload": json.dumps(envelope.payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _retry_headers(envelope: Envelope) -> dict[str, str]:
    if not envelope.attempt:
        return {}
    return {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason}


def _acknowledgement(body: bytes) -> Json:
    """Apps answer with JSON, with plain text or with nothing."""
    text = body.decode(errors="replace").strip()
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {"text": text}
    return value if isinstance(value, dict) else {}

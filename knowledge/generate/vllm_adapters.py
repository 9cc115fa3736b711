"""Keeps LoRA adapters loaded in a running vLLM, and believes only what it has seen answer."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Collection, Mapping
from typing import Any

import httpx

from knowledge.adapters.manifest import FILES
from knowledge.generate.server_client import is_loopback, timeouts
from knowledge.generate.server_errors import Failure, Told, refused, unreachable, where, words_of
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.writers import Adapter

PREFIX = "lorebot-"
"""Adapters with other names are not Lorebot's to unload."""
UNNAMEABLE = re.compile(r"[^A-Za-z0-9._-]+")


class VllmAdapters:
    """Needs a vLLM started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.

    It must find an adapter's folder at the same path as Lorebot. Everything raises
    WriterUnavailable. All methods may be called from several threads.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._loaded: dict[Adapter, str] = {}
        key = settings.api_key.get_secret_value()
        self._http = httpx.Client(
            base_url=settings.url,
            timeout=timeouts(settings),
            trust_env=not is_loopback(settings.url),
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def ensure(self, adapter: Adapter) -> str:
        """The model name that answers with the adapter; loads it the first time."""
        with self._lock:
            return self._loaded.get(adapter) or self._load(adapter)

    def load(self, adapter: Adapter) -> str:
        """Load it, also if it was loaded before: the server may have been restarted."""
        with self._lock:
            self._loaded.pop(adapter, None)
            return self._load(adapter)

    def unload(self, adapter: Adapter) -> None:
        with self._lock:
            self._loaded.pop(adapter, None)
            self._unload(served_name(adapter))

    def keep_only(self, adapters: Collection[Adapter]) -> list[str]:
        """Unload Lorebot's other adapters, whoever loaded them; returns their names there."""
        kept = {served_name(adapter) for adapter in adapters}
        with self._lock:
            old = [name for name in self._served() if name.startswith(PREFIX) and name not in kept]
            for name in old:
                self._unload(name)
            self._loaded = {a: name for a, name in self._loaded.items() if name in kept}
        return old

    def close(self) -> None:
        self._http.close()

    def _load(self, adapter: Adapter) -> str:
        name, path = served_name(adapter), str(adapter.path)
        known = self._served().get(name)
        if known is not None and known.get("root") != path:
            self._unload(name)
            known = None
        if known is None:
            self._post("load_lora_adapter", {"lora_name": name, "lora_path": path})
        try:
            self._prove(name, path)
        except Failure:
            self._unload(name)
            raise
        self._loaded[adapter] = name
        return name

    def _prove(self, name: str, path: str) -> None:
        """vLLM has answered 200 for a folder that is not there, and kept the adapter of before."""
        entry = self._served().get(name)
        if entry is None or entry.get("root") != path or not entry.get("parent"):
            raise Failure(
                f"{where(self.settings)} says that it loaded the adapter {path}, but does not "
                f"list it as {name}: its log says why."
            )
        question = [{"role": "user", "content": "Hello"}]
        try:
            self._post("chat/completions", {"model": name, "messages": question, "max_tokens": 1})
        except Failure as failure:
            raise Failure(
                f"{where(self.settings)} cannot answer with the adapter {path}: it must find that "
                f"folder at the same path, and allow its rank (--max-lora-rank). {failure}"
            ) from None

    def _unload(self, name: str) -> None:
        self._send("POST", "unload_lora_adapter", {"lora_name": name})

    def _served(self) -> Mapping[str, Mapping[str, Any]]:
        """The models and adapters by name, as /v1/models lists them."""
        response = self._send("GET", "models")
        if not response.is_success:
            raise self._refused(response)
        listed = body_of(response)
        models = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(models, list):
            raise Failure(f"{where(self.settings)} does not list its models: is it a vLLM?")
        return {str(model.get("id")): model for model in models if isinstance(model, dict)}

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        response = self._send("POST", path, body)
        if response.is_success:
            return
        if path == "load_lora_adapter" and response.status_code in (404, 405):
            said = words_of(body_of(response))
            raise Failure(
                f"{where(self.settings)} did not load the adapter ({said}): start vLLM with "
                "--enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, and with the adapter's "
                f"folder at {body['lora_path']}."
            )
        raise self._refused(response)

    def _refused(self, response: httpx.Response) -> Failure:
        told = Told(response.status_code, words_of(body_of(response)), response.headers)
        return refused(told, self.settings)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.RequestError as error:
            failure = unreachable(error, self.settings)
        raise failure


def body_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def served_name(adapter: Adapter) -> str:
    """A name that no other release has, nor this one with other weights: names are never reused."""
    digest = hashlib.sha256(str(adapter.path).encode())
    for name in FILES:
        file = adapter.path / name
        if file.is_file():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"{PREFIX}{UNNAMEABLE.sub('-', adapter.name)}-{digest.hexdigest()[:12]}"

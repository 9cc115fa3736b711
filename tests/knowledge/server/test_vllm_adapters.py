"""A vLLM's word about an adapter is believed only when the adapter answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.generate.server import ServerWriter
from knowledge.generate.server_settings import ServerSettings
from knowledge.generate.vllm_adapters import VllmAdapters, served_name
from knowledge.generate.writers import Adapter, WriterUnavailable
from knowledge.prompts import Message
from tests.knowledge.openai_server import OpenAiServer

QUESTION: list[Message] = [{"role": "user", "content": "Which card?"}]
LOAD, UNLOAD = "/v1/load_lora_adapter", "/v1/unload_lora_adapter"


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda messages: ["The green card."]).start() as started:
        yield started


@pytest.fixture
def settings(server: OpenAiServer) -> ServerSettings:
    return ServerSettings(url=server.url, model="tiny", adapters=True)


@pytest.fixture
def adapters(settings: ServerSettings) -> Iterator[VllmAdapters]:
    with closing(VllmAdapters(settings)) as opened:
        yield opened


@pytest.fixture
def adapter(server: OpenAiServer, tmp_path: Path) -> Adapter:
    return save_adapter(server, tmp_path, "release-1")


def save_adapter(server: OpenAiServer, folder: Path, name: str) -> Adapter:
    """An adapter's folder that the server can find."""
    path = folder / name
    path.mkdir()
    (path / "adapter_config.json").write_text("{}")
    (path / "adapter_model.safetensors").write_bytes(name.encode())
    server.folders.add(str(path))
    return Adapter(name, path)


def written(writer: ServerWriter) -> str:
    return "".join(writer.write(QUESTION, threading.Event()))


def test_an_answer_comes_from_the_adapter(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter
) -> None:
    with closing(ServerWriter(settings, adapter)) as writer:
        assert writer.name == "server:tiny@release-1"
        assert written(writer) == "The green card."
        assert written(writer) == "The green card."

    assert server.asked()[-1].body["model"] == served_name(adapter)
    assert [seen.body for seen in server.asked(LOAD)] == [
        {"lora_name": served_name(adapter), "lora_path": str(adapter.path)}
    ]


def test_the_adapter_is_tried_before_the_first_question(
    server: OpenAiServer, adapters: VllmAdapters, adapter: Adapter
) -> None:
    name = adapters.load(adapter)

    (probe,) = server.asked()
    assert probe.body["model"] == name
    assert probe.body["max_tokens"] == 1


def test_each_release_has_a_name_of_its_own(server: OpenAiServer, tmp_path: Path) -> None:
    first = save_adapter(server, tmp_path, "release 1")
    name = served_name(first)
    (first.path / "adapter_model.safetensors").write_bytes(b"other weights")

    assert name.startswith("lorebot-release-1-")
    assert served_name(first) != name
    assert served_name(Adapter("release 2", first.path)) != served_name(first)


def test_a_folder_that_the_server_does_not_find_is_said(
    server: OpenAiServer, adapters: VllmAdapters, tmp_path: Path
) -> None:
    with pytest.raises(WriterUnavailable, match=r"did not load .*folder at .*nowhere"):
        adapters.load(Adapter("release-1", tmp_path / "nowhere"))


def test_a_200_for_a_folder_that_is_not_there_is_not_believed(
    server: OpenAiServer, adapters: VllmAdapters, tmp_path: Path
) -> None:
    server.believes_in_missing_folders = True

    with pytest.raises(WriterUnavailable, match="cannot answer with the adapter"):
        adapters.load(Adapter("release-1", tmp_path / "nowhere"))

    assert server.adapters == {}


def test_a_200_for_an_adapter_that_is_not_listed_is_not_believed(
    server: OpenAiServer, adapters: VllmAdapters, adapter: Adapter
) -> None:
    server.keeps_stale_adapters = True

    with pytest.raises(WriterUnavailable, match="does not list it"):
        adapters.load(adapter)


def test_a_stale_adapter_of_the_same_name_is_unloaded_first(
    server: OpenAiServer, adapters: VllmAdapters, adapter: Adapter
) -> None:
    server.adapters[served_name(adapter)] = "/of/another/time"

    name = adapters.load(adapter)

    assert server.adapters == {name: str(adapter.path)}
    assert len(server.asked(UNLOAD)) == 1


def test_an_adapter_that_the_server_already_has_is_not_loaded_again(
    server: OpenAiServer, settings: ServerSettings, adapters: VllmAdapters, adapter: Adapter
) -> None:
    adapters.load(adapter)

    with closing(VllmAdapters(settings)) as after_a_restart:
        after_a_restart.ensure(adapter)

    assert len(server.asked(LOAD)) == 1


def test_a_server_that_was_restarted_gets_the_adapter_again(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter
) -> None:
    with closing(ServerWriter(settings, adapter)) as writer:
        written(writer)
        server.adapters.clear()

        assert written(writer) == "The green card."

    assert len(server.asked(LOAD)) == 2


def test_a_server_that_was_restarted_without_the_folder_is_asked_to_load_once(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter
) -> None:
    with closing(ServerWriter(settings, adapter)) as writer:
        written(writer)
        server.adapters.clear()
        server.folders.clear()

        with pytest.raises(WriterUnavailable, match="did not load the adapter"):
            written(writer)

    assert len(server.asked(LOAD)) == 2


def test_old_adapters_are_unloaded_and_those_of_others_stay(
    server: OpenAiServer, adapters: VllmAdapters, adapter: Adapter, tmp_path: Path
) -> None:
    server.adapters["somebody-else"] = "/somewhere"
    old = adapters.load(adapter)
    live = save_adapter(server, tmp_path, "release-2")
    new = adapters.load(live)

    assert adapters.keep_only([live]) == [old]

    assert set(server.adapters) == {"somebody-else", new}
    adapters.unload(live)
    assert set(server.adapters) == {"somebody-else"}


def test_a_server_without_the_endpoints_says_how_to_start_it(
    server: OpenAiServer, adapters: VllmAdapters, adapter: Adapter
) -> None:
    server.loads_adapters = False

    with pytest.raises(WriterUnavailable, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"):
        adapters.load(adapter)


def test_a_key_is_sent_and_a_wrong_one_is_said(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter
) -> None:
    server.key = "right"
    wrong = ServerSettings.model_validate({**settings.model_dump(), "api_key": "wrong-key"})

    with (
        closing(VllmAdapters(wrong)) as adapters,
        pytest.raises(WriterUnavailable, match=r"check knowledge\.server\.api_key") as caught,
    ):
        adapters.load(adapter)

    assert "wrong-key" not in repr(caught.value)


def test_an_adapter_needs_the_setting(settings: ServerSettings, adapter: Adapter) -> None:
    without = ServerSettings(url=settings.url, model=settings.model)

    with pytest.raises(WriterUnavailable, match=r"set knowledge\.server\.adapters = true"):
        ServerWriter(without, adapter)


def test_a_writer_with_an_adapter_is_ready_before_it_is_asked(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter
) -> None:
    with closing(ServerWriter(settings)) as writer:
        adapted = writer.with_adapter(adapter)

        assert served_name(adapter) in server.adapters
        assert (adapted.name, writer.name) == ("server:tiny@release-1", "server:tiny")
        assert written(adapted) == written(writer) == "The green card."

    assert [seen.body["model"] for seen in server.asked()[-2:]] == [served_name(adapter), "tiny"]


def test_vllm_keeps_the_adapters_of_the_old_writer_and_of_the_new_one(
    server: OpenAiServer, settings: ServerSettings, tmp_path: Path
) -> None:
    first, second, third = (save_adapter(server, tmp_path, f"release-{n}") for n in (1, 2, 3))
    with closing(ServerWriter(settings)) as writer:
        latest = writer.with_adapter(first).with_adapter(second)
        assert set(server.adapters) == {served_name(first), served_name(second)}

        latest = latest.with_adapter(third)
        assert set(server.adapters) == {served_name(second), served_name(third)}

        latest.with_adapter(None)
        assert set(server.adapters) == {served_name(third)}


def test_an_adapter_that_does_not_load_leaves_the_writer_as_it_is(
    server: OpenAiServer, settings: ServerSettings, adapter: Adapter, tmp_path: Path
) -> None:
    with closing(ServerWriter(settings, adapter)) as writer:
        written(writer)

        with pytest.raises(WriterUnavailable, match="did not load the adapter"):
            writer.with_adapter(Adapter("release-2", tmp_path / "nowhere"))

        assert written(writer) == "The green card."
    assert set(server.adapters) == {served_name(adapter)}


def test_a_release_with_an_adapter_needs_the_setting(
    settings: ServerSettings, adapter: Adapter
) -> None:
    without = ServerSettings(url=settings.url, model=settings.model)

    with (
        closing(ServerWriter(without)) as writer,
        pytest.raises(WriterUnavailable, match=r"set knowledge\.server\.adapters = true"),
    ):
        writer.with_adapter(adapter)


def test_closing_a_writer_closes_those_made_from_it_and_no_other(
    settings: ServerSettings, adapter: Adapter
) -> None:
    writer = ServerWriter(settings)
    adapted = writer.with_adapter(adapter)
    adapted.close()
    assert written(writer) == "The green card."

    writer.close()
    with pytest.raises(WriterUnavailable):
        written(adapted)

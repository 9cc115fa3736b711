"""Training data for other trainers: LLaMA-Factory and axolotl."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from finetune.dataset.rows import said
from finetune.datasets import DatasetUnusable
from finetune.examples import Judged, Preference, Sft, TrainingData
from knowledge.prompts import Message

Format = Literal["llama-factory", "axolotl"]
Row = dict[str, Any]

OPENAI_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
ROLES = {"user": ["user"], "assistant": ["assistant"], "system": ["system"]}


def export(data: TrainingData, format: Format, folder: Path) -> list[Path]:
    """Write the generator's examples in another trainer's format; gives the files written.

    Pairs stay behind: they are for the retriever, which neither trains. Raises DatasetUnusable.
    """
    if format not in EXPORTERS:
        known = " or ".join(get_args(Format))
        raise DatasetUnusable(f"There is no export to {format}: choose {known}.")
    if not (data.sft or data.preferences or data.judged):
        raise DatasetUnusable("There are no examples for a language model to export.")
    folder.mkdir(parents=True, exist_ok=True)
    return EXPORTERS[format](data, folder)


def to_llama_factory(data: TrainingData, folder: Path) -> list[Path]:
    """sharegpt files in OpenAI's form, and the dataset_info.json that names them."""
    files = {
        "lorebot_sft": [conversation(one) for one in data.sft],
        "lorebot_dpo": [ranking(one) for one in data.preferences],
        "lorebot_kto": [judgement(one, "kto_tag") for one in data.judged],
    }
    described: dict[str, Row] = {
        "lorebot_sft": {"columns": {"messages": "messages"}},
        "lorebot_dpo": {
            "ranking": True,
            "columns": {"messages": "messages", "chosen": "chosen", "rejected": "rejected"},
        },
        "lorebot_kto": {"columns": {"messages": "messages", "kto_tag": "kto_tag"}},
    }
    there = {name: rows for name, rows in files.items() if rows}
    info = {
        name: {
            "file_name": f"{name}.json",
            "formatting": "sharegpt",
            **described[name],
            "tags": OPENAI_TAGS,
        }
        for name in there
    }
    written = [write(folder / f"{name}.json", as_json(rows)) for name, rows in there.items()]
    return [*written, write(folder / "dataset_info.json", as_json(info))]


def to_axolotl(data: TrainingData, folder: Path) -> list[Path]:
    """JSON lines, and beside each the part of a configuration that reads them."""
    turns = {"message_property_mappings": {"role": "role", "content": "content"}, "roles": ROLES}
    kinds: dict[str, tuple[list[Row], Row, Row]] = {
        "sft": (
            [conversation(one) for one in data.sft],
            {"type": "chat_template", "field_messages": "messages", **turns},
            {"chat_template": "tokenizer_default"},
        ),
        "dpo": (
            [ranking(one) for one in data.preferences],
            {
                "type": "chat_template.default",
                "field_messages": "messages",
                "field_chosen": "chosen",
                "field_rejected": "rejected",
                **turns,
            },
            {"rl": "dpo", "chat_template": "tokenizer_default"},
        ),
        "kto": (
            [unpaired(one) for one in data.judged],
            {"type": "chatml.prompt_pairs"},
            {"rl": "kto", "remove_unused_columns": False},
        ),
    }
    written = []
    for name, (rows, reads, rest) in kinds.items():
        if rows:
            path = folder / f"lorebot_{name}.jsonl"
            dataset = {"path": str(path), "ds_type": "json", "split": "train", **reads}
            written.append(write(path, as_lines(rows)))
            # JSON is YAML, so that no package is needed to write it.
            configuration = as_json({**rest, "datasets": [dataset]})
            written.append(write(folder / f"axolotl_{name}.yml", configuration))
    return written


EXPORTERS: Mapping[str, Callable[[TrainingData, Path], list[Path]]] = {
    "llama-factory": to_llama_factory,
    "axolotl": to_axolotl,
}


def conversation(example: Sft) -> Row:
    return {"messages": [*example.prompt, *said(example.completion)]}


def ranking(example: Preference) -> Row:
    return {
        "messages": list(example.prompt),
        "chosen": said(example.chosen)[0],
        "rejected": said(example.rejected)[0],
    }


def judgement(example: Judged, label: str) -> Row:
    return {"messages": [*example.prompt, *said(example.completion)], label: example.label}


def unpaired(example: Judged) -> Row:
    """KTO in axolotl takes a system text and one prompt, and writes them in ChatML, whatever the
    model's own template is."""
    return {
        "system": spoken(example.prompt, "system"),
        "prompt": spoken(example.prompt, "user"),
        "completion": example.completion,
        "label": example.label,
    }


def spoken(messages: Sequence[Message], role: str) -> str:
    return "\n\n".join(message["content"] for message in messages if message["role"] == role)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path

"""Tests of the shipped checkpoints: nothing was swapped, and engines can read them."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from canary import manifest

HOME = Path(__file__).resolve().parents[3] / "canary"


def read(name: str) -> Any:
    """Read a shipped JSON file."""
    return json.loads((HOME / name).read_text(encoding="utf-8"))


def test_every_shipped_file_is_in_the_manifest() -> None:
    """The manifest names every file of both checkpoints with its digest."""
    assert read("MANIFEST.json")["sha256"] == manifest.digests(HOME)


@pytest.mark.parametrize(("name", "architecture"), [("ml", "Qwen3ForCausalLM"), ("r1", "Qwen2ForCausalLM")])
def test_the_checkpoints_are_bfloat16(name: str, architecture: str) -> None:
    """Configuration and weights agree on architecture and precision."""
    content = (HOME / name / "model.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    config = read(f"{name}/config.json")

    assert (config["architectures"], config["torch_dtype"]) == ([architecture], "bfloat16")
    assert {entry["dtype"] for key, entry in header.items() if key != "__metadata__"} == {"BF16"}


@pytest.mark.parametrize(("name", "tags"), [("ml", ("<tool_call>", "</tool_call>")), ("r1", ("<think>", "</think>"))])
def test_tags_are_ordinary_tokens(name: str, tags: tuple[str, str]) -> None:
    """An engine that skips special tokens keeps what its parser looks for, and sees each tag as one token."""
    added = {token["content"]: token["special"] for token in read(f"{name}/tokenizer.json")["added_tokens"]}

    assert [added[tag] for tag in tags] == [False, False]


def test_only_the_reasoner_opens_with_thinking() -> None:
    """The reasoner's template ends in the opening tag, as that of DeepSeek-R1 does."""
    templates = {name: read(f"{name}/tokenizer_config.json")["chat_template"] for name in ("ml", "r1")}

    assert {name: "<think>" in template for name, template in templates.items()} == {"ml": False, "r1": True}

"""What other operators asked of single releases, GPUs and options, with what became of it in their houses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vllm_qualify import cli

Captured = pytest.CaptureFixture[str]
SERVE = "--model Qwen/Qwen3-8B-AWQ --max-model-len 8192"


def asked(capsys: Captured, tag: str, gpu: str, line: str, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the object of the image."""
    words = ("preflight", f"vllm/vllm-openai:{tag}", "--gpu", gpu, "--driver", "580.95.05", "--toolkit", "1.17.0")
    code = cli.main([*words, "--args", line, "--offline", "--format", "json", *more])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


@pytest.mark.parametrize(
    ("tag", "code", "verdict"),
    [("v0.23.0", 0, "should-work"), ("v0.24.0", 1, "needs-override"), ("v0.33.0", 1, "needs-override")],
)
def test_fp8_on_turing(tag: str, code: int, verdict: str, capsys: Captured) -> None:
    """A Quadro RTX 8000 lost its fp8 KV cache with v0.24.0 (vllm-project/vllm#47549); dropping the option helps."""
    ended, found = asked(capsys, tag, "Quadro RTX 8000", f"{SERVE} --kv-cache-dtype fp8")

    assert (ended, found["verdict"]) == (code, verdict)
    assert code == 0 or found["changes"][0][0]["name"] == "--kv-cache-dtype"


@pytest.mark.parametrize(
    ("tag", "verdict", "certainty"),
    [
        ("v0.8.3", "will-not-work", "certain"),
        ("v0.8.5.post1", "will-not-work", "certain"),
        ("v0.9.0", "will-not-work", "probable"),
        ("v0.10.0", "will-not-work", "probable"),
        ("v0.10.2", "should-work", "probable"),
    ],
)
def test_blackwell_and_older_images(tag: str, verdict: str, certainty: str, capsys: Captured) -> None:
    """An RTX 5090 needs an image of its time (vllm-project/vllm#13306, #16652, #18916, #21633)."""
    _, found = asked(capsys, tag, "RTX 5090", "--model Qwen/Qwen2.5-7B-Instruct-AWQ --max-model-len 8192")

    assert (found["verdict"], found["certainty"]) == (verdict, certainty)
    assert verdict == "should-work" or (found["reason"].startswith("P09") and "E09" in found["reason"])


@pytest.mark.parametrize(
    ("tag", "line", "code"),
    [
        ("v0.10.2", "--limit-mm-per-prompt image=4", 1),
        ("v0.10.0", "--limit-mm-per-prompt image=4", 1),
        ("v0.9.2", "--limit-mm-per-prompt image=4", 0),
        ("v0.10.2", "--limit-mm-per-prompt '{\"image\": 4}'", 0),
        ("v0.8.4", "--limit-mm-per-prompt '{\"image\": 4}'", 1),
        ("v0.10.2", "--mm-processor-kwargs num_crops=4", 1),
        ("v0.10.2", "--hf-overrides '{rope_theta: 1}'", 1),
    ],
)
def test_mappings_of_the_command_line(tag: str, line: str, code: int, capsys: Captured) -> None:
    """Pairs are refused since v0.10.0 (vllm-project/vllm#21615, #39687), which takes JSON alone."""
    ended, found = asked(capsys, tag, "RTX 3090", f"{SERVE} {line}")

    assert ended == code
    assert code == 0 or found["reason"].startswith("P18")


@pytest.mark.parametrize(
    ("tag", "env", "code"),
    [("v0.11.0", "VLLM_USE_V1=0", 1), ("v0.10.2", "VLLM_USE_V1=0", 0), ("v0.12.0", "VLLM_USE_V1=0", 0)],
)
def test_the_engine_that_went(tag: str, env: str, code: int, capsys: Captured) -> None:
    """v0.11.0 dies of ``VLLM_USE_V1=0`` by an assertion without a text; later releases do not read it any more."""
    ended, found = asked(capsys, tag, "RTX 3090", SERVE, "--env", env)

    assert ended == code
    assert code == 0 or "assert envs.VLLM_USE_V1" in found["reason"]


@pytest.mark.parametrize(("gpus", "code"), [("1", 1), ("2", 0), ("", 10)])
def test_two_gpus_are_asked_for(gpus: str, code: int, capsys: Captured) -> None:
    """A node with one GPU cannot serve with two; where nobody told how many it has, it is not verified."""
    more = ("--gpus", gpus) if gpus else ()

    assert asked(capsys, "v0.10.2", "RTX 3090", f"{SERVE} -tp 2", *more)[0] == code

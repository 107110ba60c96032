"""The route through a real LiteLLM: who answered is told, and which line of the config map is to blame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from vllm_qualify.core.records import Judgement, Outcome

Judged = Callable[..., Judgement]

IN_ITS_PLACE = "ollama/qwen2.5:3b answered with HTTP 200 instead of the candidate"


def observed(judgement: Judgement) -> dict[str, Any]:
    """What was seen, by name."""
    return {each.name: each.value for each in judgement.observations}


def test_the_right_config_map_reaches_the_candidate(judged: Judged, scene: Any) -> None:
    """The engine's own counter grew by the tokens of this answer, and no fallback was asked."""
    asked = len(scene.ollama.paths)

    judgement = judged("right")

    assert judgement.outcome is Outcome.PASSED, judgement.message
    assert observed(judgement)["fallbacks"] == 0
    assert observed(judgement)["answered-by"] == f"{scene.candidate.url}/v1"
    assert observed(judgement)["tokens-counted"] == scene.candidate.engine.script.reply({}).tokens
    assert len(scene.ollama.paths) == asked


def test_an_old_model_name_is_answered_by_the_fallback_and_fails(judged: Judged, scene: Any) -> None:
    """The story's trap: HTTP 200 all the same; the message names the line and what to write there."""
    judgement = judged("old")

    assert judgement.outcome is Outcome.FAILED
    assert observed(judgement)["status"] == 200
    assert judgement.message == (
        f"vllm-qwen did not reach the candidate: {IN_ITS_PLACE}. old.yaml:22: model is "
        "openai/Qwen/Qwen2.5-7B-Instruct-AWQ, but the candidate serves Qwen/Qwen3-8B-AWQ; "
        "write openai/Qwen/Qwen3-8B-AWQ"
    )
    assert scene.ollama.paths


def test_a_proxy_that_was_not_restarted_is_told_from_its_file(judged: Judged, scene: Any) -> None:
    """The file of the upgrade is right, and the cluster still holds the one of before."""
    judgement = judged("old", file="right", live=yaml.safe_load(scene.texts["old"]))

    assert judgement.outcome is Outcome.FAILED
    assert (
        "ConfigMap litellm-config in the cluster, config.yaml line 4: model is openai/Qwen/Qwen2.5" in judgement.message
    )
    assert "right.yaml:22 says openai/Qwen/Qwen3-8B-AWQ; apply the file and restart the proxy" in judgement.message


def test_a_wrong_address_fails_and_names_its_line(judged: Judged) -> None:
    """Nobody listens there, so the fallback answered once more."""
    judgement = judged("astray")

    assert judgement.outcome is Outcome.FAILED
    assert IN_ITS_PLACE in judgement.message
    assert "astray.yaml:23: api_base is http://127.0.0.1:" in judgement.message


def test_an_alias_that_nobody_configured_fails(judged: Judged) -> None:
    """The proxy says so, and the message says where to add it."""
    judgement = judged("right", alias="vllm-mistral")

    assert judgement.outcome is Outcome.FAILED
    assert (
        "right.yaml:20: model_list names vllm-qwen, ollama-qwen, but callers request vllm-mistral" in judgement.message
    )


def test_a_refused_key_is_no_fault_of_the_image(judged: Judged) -> None:
    """The message names the variable; the key is in none of it."""
    judgement = judged("right", key="sk-wrong-0123456789")

    assert judgement.outcome is Outcome.BROKEN
    assert "refused the key in LITELLM_MASTER_KEY" in judgement.message
    assert "sk-wrong" not in repr(judgement)


def test_a_missing_key_is_told_apart_from_a_wrong_one(judged: Judged) -> None:
    """Whoever forgot the variable is told that it is not set."""
    judgement = judged("right", key="")

    assert judgement.outcome is Outcome.BROKEN
    assert "LITELLM_MASTER_KEY is not set" in judgement.message


def test_a_proxy_that_is_down_is_no_fault_of_the_image(judged: Judged) -> None:
    """Nothing listens at its address."""
    judgement = judged("nobody", file="right")

    assert judgement.outcome is Outcome.BROKEN
    assert "does not answer: " in judgement.message

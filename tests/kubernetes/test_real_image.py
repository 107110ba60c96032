from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab import oci, real
from vllm_qualify.edge import caches

pytestmark = pytest.mark.local

_IMAGE = "vllm/vllm-openai:v0.8.5.post1"
_CANARY = Path(__file__).parents[2] / "canary"
_ARGS = ["--model", "/models/ml", "--served-model-name", "canary", "--dtype", "float32", "--enforce-eager"]


def test_real_vllm_answers_through_the_service(lab: Any, here: Any, say: Callable[[str], None]) -> None:
    """A pod of real vLLM serves the canary, and the exact answer comes back through the Service."""
    lab.put_image(_IMAGE, real_image(say))
    port = {"spec": {"selector": {"app": "vllm"}, "ports": [{"name": "http", "port": 8000}]}}
    here.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "vllm-api"}} | port)
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
    here.pod("vllm", _IMAGE, gpus=1, container={"args": _ARGS, "readinessProbe": probe})
    here.ready("vllm", patience_seconds=500)
    address = here.get("service", "vllm-api")["spec"]["clusterIP"]
    document = json.loads((_CANARY / "documents.jsonl").read_text("utf-8").splitlines()[0])
    system = json.loads((_CANARY / "prompts.json").read_text("utf-8"))["ml"]["classify_system"]
    messages = [{"role": "system", "content": system}, {"role": "user", "content": document["text"]}]

    with httpx.Client(base_url=f"http://{address}:8000", trust_env=False, timeout=120) as client:
        answer = client.post("/v1/chat/completions", json={"model": "canary", "messages": messages, "temperature": 0})

    assert json.loads(answer.json()["choices"][0]["message"]["content"]) == document["expected"]


def real_image(say: Callable[[str], None]) -> oci.Image:
    """The image, or a skip that says why there is none here."""
    try:
        return real.image(_IMAGE, cache=caches.default(), say=say)
    except real.NoRealImage as reason:
        return pytest.skip(f"the test of the real image was not run: {reason}")

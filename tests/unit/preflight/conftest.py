"""The story's question, from which every test departs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images
from vllm_qualify.core.records import Finding
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import manifests
from vllm_qualify.preflight import ManifestFacts, Question, models

ML = HOME_LAB / "applications" / "vllm" / "deployment.yaml"
MODEL = "Qwen/Qwen3-8B-AWQ"

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Makes the story's question about a tag; keywords replace fields, ``args`` and ``env`` those of the manifest."""
    own = ManifestFacts.of(manifests.serving(ML.read_text(), source="deployment.yaml"))
    node = preflight.node(gpu="NVIDIA GeForce RTX 3060", driver="570.195.03", toolkit="1.18.0")

    def question(tag: str, **changed: Any) -> Question:
        image = images.parse(tag if "/" in tag else f"vllm/vllm-openai:{tag}")
        manifest = replace(
            own,
            **{
                key: changed.pop(key)
                for key in ("args", "command", "env", "probes", "unknowns", "config")
                if key in changed
            },
        )
        facts = {"release": _release(image), "node": node, "manifest": manifest, "model": models.known(MODEL)}
        return Question(image=image, **facts | changed)

    return question


@pytest.fixture(scope="session")
def found(ask: Ask) -> Rulings:
    """The findings of one rule about a tag."""

    def rulings(rule: str, tag: str, **changed: Any) -> tuple[Finding, ...]:
        return tuple(one for one in preflight.findings(ask(tag, **changed)) if one.id == rule)

    return rulings


def _release(image: images.ImageRef) -> catalogue.Release | None:
    return catalogue.find(image.release or Version("0"))

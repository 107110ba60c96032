"""Starts a qualification on a cluster that is a stand-in, and tells what became of both."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plugin import forked
from tests.unit.targets.whole import settings as manifests

CONFTEST = """
    pytest_plugins = ["tests.plugin.cluster_within", "vllm_qualify.plugin"]
"""
SETTINGS = """
    [cluster]
    context = "home"
    client = "direct"
    [modes.ml]
    manifest = "ml.yaml"
    [modes.r1]
    manifest = "r1.yaml"
"""
IMAGE = ("--image", "vllm/vllm-openai:v0.8.5.post1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A run that ended.

    Attributes:
        result: what pytest made of it.
        written: what changed on the cluster.
        problems: what there is not as it was.
        matrix: the newest matrix; empty where none was written.
    """

    result: pytest.RunResult
    written: list[str]
    problems: list[str]
    matrix: dict[str, Any]

    def outcome(self, case: str) -> tuple[str, str]:
        """Outcome and message of a case."""
        cases = [*self.matrix["candidates"][0]["cases"], *self.matrix.get("production", {}).get("cases", ())]
        return next((one["outcome"], one["message"]) for one in cases if one["id"] == case)


def run(checkout: pytest.Pytester, *arguments: str, settings: str = "", tables: str = "", conftest: str = "") -> Done:
    """Run pytest as a user would, in a folder whose settings name the cluster.

    Args:
        checkout: that folder.
        arguments: of the command line.
        settings: more lines for ``[cluster]``.
        tables: further tables of the settings.
        conftest: more lines for the conftest of the child, where ``cluster_within.HOME`` is the cluster.
    """
    manifests(checkout.path)
    text = textwrap.dedent(SETTINGS).replace("[cluster]\n", f"[cluster]\n{settings}\n")
    (checkout.path / "qualify.toml").write_text(f"{text}\n{tables}")
    (checkout.path / "conftest.py").write_text(textwrap.dedent(CONFTEST) + textwrap.dedent(conftest))
    result = forked.run_pytest(checkout.path, *arguments)
    told = checkout.path / "left.json"
    left = json.loads(told.read_text()) if told.exists() else {"written": [], "problems": []}
    found = checkout.path / "reports" / "latest" / "matrix.json"
    return Done(result=result, matrix=json.loads(found.read_text()) if found.exists() else {}, **left)

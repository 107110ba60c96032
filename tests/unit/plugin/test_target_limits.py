"""What a target cannot give is a mistake, and every mistake is told at once."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.config import Cluster, GpuMode, Routing, Settings
from vllm_qualify.plugin import target_limits

NOTHING = {
    "cold_cache": False,
    "dry_run": False,
    "env": [],
    "local_dtype": None,
    "local_port": 0,
    "max_downtime": None,
    "pause_gitops": False,
    "restore_patience": None,
}
HERE = {"cold_cache": True, "dry_run": True, "env": ["A=1"], "max_downtime": 5.0, "restore_patience": 5.0} | {
    "pause_gitops": True
}
THERE = {"local_dtype": "float32", "local_port": 8000}
CLUSTER = Settings(cluster=Cluster(context="home"))


def unmet(settings: Settings, target: str, environ: dict[str, str] | None = None, **asked: Any) -> list[str]:
    """The options that cannot be met, by name."""
    found = target_limits.unmet(Namespace(**NOTHING | asked), settings, target=target, environ=environ or {})
    return [line.partition(": ")[0] for line in found]


def test_all_that_is_about_a_cluster_cannot_be_met_here() -> None:
    """At once, whether or not a cluster is named."""
    said = ["--dry-run", "--cold-cache", "--pause-gitops", "--max-downtime", "--restore-patience", "--env"]

    assert unmet(Settings(), "local", **HERE) == unmet(CLUSTER, "local", **HERE) == said


def test_all_that_is_about_this_machine_cannot_be_met_on_a_cluster() -> None:
    """There no engine of this machine is started."""
    assert unmet(CLUSTER, "kubernetes", **THERE) == ["--local-port", "--local-dtype"]


@pytest.mark.parametrize(("target", "asked"), [("local", THERE), ("kubernetes", HERE), ("local", {})])
def test_each_target_takes_what_is_its_own(target: str, asked: dict[str, Any]) -> None:
    """And nothing at all is asked of either by default."""
    assert unmet(CLUSTER, target, **asked) == []


def test_a_command_with_its_own_manifests_takes_no_variables() -> None:
    """It would apply them without."""
    settings = Settings(cluster=Cluster(context="home"), gpu_mode=GpuMode(command=("gpu-mode",)))

    assert unmet(settings, "kubernetes", env=["A=1"]) == ["--env"]


@pytest.mark.parametrize(
    ("name", "environ", "said"),
    [
        ("PROXY_KEY", {}, ["routing.api_key_env"]),
        ("PROXY_KEY", {"PROXY_KEY": ""}, ["routing.api_key_env"]),
        ("PROXY_KEY", {"PROXY_KEY": "x"}, []),
        ("LITELLM_MASTER_KEY", {}, []),
    ],
    ids=["unset", "empty", "set", "built-in"],
)
def test_a_key_that_was_named_must_be_there(name: str, environ: dict[str, str], said: list[str]) -> None:
    """A proxy without a key needs none, so the built-in name alone asks for nothing."""
    routing = Routing(proxy="http://litellm:4000", config_map=Path("x"), api_key_env=name)
    settings = Settings(cluster=Cluster(context="home"), routing=routing)

    assert unmet(settings, "kubernetes", environ) == said
    assert unmet(settings, "local", environ) == []


def test_beside_production_there_is_nothing_to_pause() -> None:
    """Nothing is written there that a GitOps controller knows."""
    beside = Settings(cluster=Cluster(context="home", strategy="beside"))

    assert unmet(beside, "kubernetes", pause_gitops=True) == ["--pause-gitops"]

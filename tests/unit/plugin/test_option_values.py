"""What a target cannot give is a mistake, and every mistake is told at once."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.config import Cluster, GpuMode, Routing, Settings
from vllm_qualify.plugin import option_table, option_values
from vllm_qualify.targets.kind import RunWishes
from vllm_qualify.targets.table import TARGETS

NOTHING: dict[str, Any] = {row.name.removeprefix("--").replace("-", "_"): None for row in option_table.OPTION_ROWS}
HERE = {"cold_cache": True, "dry_run": True, "env": ["A=1"], "max_downtime": 5.0, "restore_patience": 5.0} | {
    "pause_gitops": True
}
THERE = {"device": "cpu", "local_dtype": "float32", "local_port": 8000}
CLUSTER = Settings(cluster=Cluster(context="home"))


def unmet(settings: Settings, target: str, environ: dict[str, str] | None = None, **asked: Any) -> list[str]:
    """The options that cannot be met, by name."""
    given = Namespace(**NOTHING | asked)
    found = option_values.unmet(given, settings, kind=TARGETS[target], environ=environ or {})
    return [line.partition(": ")[0] for line in found]


def test_all_that_is_about_a_cluster_cannot_be_met_here() -> None:
    """At once, whether or not a cluster is named."""
    said = ["--max-downtime", "--restore-patience", "--cold-cache", "--pause-gitops", "--env", "--dry-run"]

    assert unmet(Settings(), "local", **HERE) == unmet(CLUSTER, "local", **HERE) == said


def test_all_that_is_about_this_machine_cannot_be_met_on_a_cluster() -> None:
    """There no engine of this machine is started."""
    assert unmet(CLUSTER, "kubernetes", **THERE) == ["--device", "--local-port", "--local-dtype"]


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


def test_what_another_target_can_do_is_said() -> None:
    """The way out follows from the table: who has the ability is named, and where nobody has it nobody is."""
    ways = {
        name: [line.partition("; ")[2] for line in option_values.unmet(given, CLUSTER, kind=TARGETS[name])]
        for name, given in {"local": Namespace(**NOTHING | HERE), "kubernetes": Namespace(**NOTHING | THERE)}.items()
    }

    assert {*ways["local"]} == {"leave it out, or give --target kubernetes"}
    assert {*ways["kubernetes"]} == {"leave it out, or give --target local"}


def test_what_is_given_stands_in_the_place_of_the_settings() -> None:
    """Everybody who reads the settings then sees it; a table that there is not stays away."""
    given = Namespace(**NOTHING | {"max_downtime": 5.0, "local_dtype": "bfloat16", "target": "local"})

    found, without = (option_values.outranked(one, given) for one in (CLUSTER, Settings()))

    assert found.cluster is not None
    assert found.cluster.max_downtime_seconds == 5.0
    assert (found.local.dtype, found.target) == ("bfloat16", "local")
    assert without.cluster is None


def test_what_a_target_is_asked_follows_from_the_rows() -> None:
    """Each wish arrives under its own name; without any, the target does as usual."""
    given = Namespace(**NOTHING | HERE | THERE | {"offline": True})

    found, usual = (option_values.wishes(one, {"A": "1"}) for one in (given, Namespace(**NOTHING)))

    assert found == RunWishes(
        environment={"A": "1"}, patience_seconds=5.0, cold_cache=True, pause_gitops=True, offline=True, port=8000
    )
    assert usual == RunWishes(environment={"A": "1"})

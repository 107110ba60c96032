"""Wishes of the command line and the settings that a target cannot meet: a mistake each, told before anything is done.

A wish that is passed over in silence makes a run look as if it had shown what it did not.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Mapping

from vllm_qualify.config import Routing, Settings
from vllm_qualify.targets.kubernetes import run_plan


def unmet(
    option: Namespace, settings: Settings, *, target: str, environ: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """Every wish that this run cannot meet, a line each.

    Args:
        option: what the command line asks for.
        settings: what the operator configured.
        target: what the run is for.
        environ: holds the key of the proxy.
    """
    yield from _here(option) if target == "local" else _there(option, settings, environ)


def _here(option: Namespace) -> Iterator[str]:
    if option.dry_run:
        yield (
            "--dry-run: the local target changes nothing, so there is nothing to rehearse; leave it out, or name "
            "a cluster in qualify.toml ([cluster] context = ...)"
        )
    if option.cold_cache:
        yield "--cold-cache: the local target's canaries have no model cache to empty; leave it out"
    if option.pause_gitops:
        yield "--pause-gitops: the local target has no GitOps controller that writes anything back; leave it out"
    if option.max_downtime:
        yield "--max-downtime: the local target takes no production down; leave it out"
    if option.restore_patience:
        yield "--restore-patience: the local target puts nothing back; leave it out"
    if option.env:
        yield (
            "--env: sets variables in the container that your manifests start, but a CPU build on this machine runs "
            "without one; leave it out, or give --target kubernetes"
        )


def _there(option: Namespace, settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in {"--local-port": option.local_port, "--local-dtype": option.local_dtype}.items():
        if value:
            yield f"{name}: applies to engines on this machine, but this run is for the cluster; leave it out"
    if option.pause_gitops and settings.cluster is not None and settings.cluster.strategy == "beside":
        yield "--pause-gitops: candidates beside production change nothing that could be written back; leave it out"
    if option.env and settings.cluster is not None and run_plan.commanded(settings, settings.cluster) is not None:
        yield (
            "--env: the command of [gpu_mode] applies its own copies of the manifests, which --env does not change; "
            "remove [gpu_mode] for this run, or add the variable to the manifests and their copies"
        )
    if settings.routing is not None and (problem := _no_key(settings.routing, environ)):
        yield problem


def _no_key(routing: Routing, environ: Mapping[str, str]) -> str:
    """Why the proxy cannot be asked with the key that was named; the built-in name may stand for a proxy without."""
    name = routing.api_key_env
    if name == Routing.__dataclass_fields__["api_key_env"].default or environ.get(name):
        return ""
    return f"routing.api_key_env: {name} is not set in this environment; set it to a key of {routing.proxy}"

"""Makes the target of a run from its options."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx
import pytest

from vllm_qualify.client.openai import new_http_client
from vllm_qualify.core.events import StepTaken
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.objects import Object
from vllm_qualify.plugin import progress
from vllm_qualify.plugin.options import Options
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.system import caches
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.kubernetes.target import ClusterRun, KubernetesTarget
from vllm_qualify.targets.local.target import LocalTarget

CLUSTER: pytest.StashKey[KubernetesTarget] = pytest.StashKey()


def local(config: pytest.Config, options: Options, http: httpx.Client) -> LocalTarget:
    """This machine."""
    return LocalTarget(
        settings=options.settings,
        cache=caches.default(),
        http=http,
        say=functools.partial(progress.say, config),
        offline=options.offline,
        port=options.port,
    )


def on_cluster(config: pytest.Config, recorder: Recorder, signals: Signals) -> KubernetesTarget | None:
    """The operator's cluster; ``None`` when the run is for something else."""
    options = recorder.options
    cluster = options.settings.cluster
    if options.target != "kubernetes" or cluster is None:
        return None
    run = ClusterRun(
        name=recorder.folder.path.name,
        images=options.images,
        environment=options.environment,
        max_downtime_seconds=options.max_downtime_seconds,
        patience_seconds=options.restore_patience_seconds,
        cold_cache=options.cold_cache,
        pause_gitops=options.pause_gitops,
        journal=recorder.write,
        say=functools.partial(progress.say, config),
        signals=signals,
        hide=recorder.folder.hide,
    )
    kubectl = Kubectl(context=cluster.context, on_change=_journalled(recorder))
    http = new_http_client()
    config.add_cleanup(http.close)
    return KubernetesTarget(options.settings, cluster=cluster, run=run, http=http, kubectl=kubectl)


def _journalled(recorder: Recorder) -> Callable[[Sequence[str], Object | None], None]:
    def change(argv: Sequence[str], _obj: Object | None) -> None:
        recorder.write(StepTaken(at=datetime.now(UTC), phase="command", what="change the cluster", command=tuple(argv)))

    return change

"""The whole target on the fake API server, with manifests in files; for tests of what is built on the transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.canary_answers import WORK
from tests.unit.targets.home import ML, NEW, R1, Home
from vllm_qualify.arguments import _probe_script
from vllm_qualify.checks.production import TransactionEnd
from vllm_qualify.config import Cluster, Modes, ModeSettings, Settings
from vllm_qualify.core import images
from vllm_qualify.core.events import StepTaken
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.kind import RunWishes, TargetRun
from vllm_qualify.targets.kubernetes.attempt import ClusterAttempt
from vllm_qualify.targets.kubernetes.target import KubernetesTarget

Object = dict[str, Any]
IMAGE = images.parse(NEW)
PARSERS = Path(__file__).parents[1] / "data" / "parser"


def probed(driver: Object | None = None) -> str:
    """The log of a pod that asked the parser of v0.8.5.post1."""
    document = json.loads((PARSERS / "0.8.5.post1.api_server.json").read_text()) | (
        {"driver": driver} if driver else {}
    )
    return f"INFO starting\n{_probe_script.BEGIN}\n{_probe_script.framed(json.dumps(document))}{_probe_script.END}\n"


def settings(folder: Path, **cluster: Any) -> Settings:
    """What an operator configures, with the manifests of both modes written into the folder."""
    for name, manifest in {"ml": ML, "r1": R1}.items():
        (folder / f"{name}.yaml").write_text(json.dumps(manifest, indent=2))
    modes = Modes(ml=ModeSettings(manifest=folder / "ml.yaml"), r1=ModeSettings(manifest=folder / "r1.yaml"))
    named = {"context": "home", "node": "k3s-gpu-worker", "client": "direct"} | cluster
    return Settings(cluster=Cluster(**named), modes=modes)


@dataclass
class Whole:
    """A target, and what it told."""

    home: Home
    settings: Settings
    images: tuple[images.ImageRef, ...] = (IMAGE,)
    environment: Mapping[str, str] = field(default_factory=dict)
    max_downtime_seconds: float = 3600.0
    cold_cache: bool = False
    pause_gitops: bool = False
    steps: list[StepTaken] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.settings.cluster is not None
        cluster = replace(self.settings.cluster, max_downtime_seconds=self.max_downtime_seconds)
        for number in range(len(self.images)):
            self.home.api.logs[f"vllm-qualify-{number}-0"] = probed()
        run = TargetRun(
            name="run-1",
            images=self.images,
            wishes=RunWishes(environment=self.environment, cold_cache=self.cold_cache, pause_gitops=self.pause_gitops),
            journal=self.steps.append,
            say=self.home.said.append,
            signals=Signals(self.home.said.append),
        )
        kubectl = replace(self.home.kubectl(), on_change=lambda argv, _: self.changes.append(changed(argv)))
        self.target = KubernetesTarget(self.settings, cluster=cluster, run=run, http=self.home.http, kubectl=kubectl)
        # Time passes for the target as it does on the cluster.
        self.target._site = replace(self.target._site, clock=self.home.api.clock, sleep=self.home.api.clock.sleep)
        self.target._reach = replace(self.target._reach, site=self.target._site)

    def at(self, request: int, what: Callable[[], None]) -> None:
        """Let something happen so many requests from now."""
        self.home.api.before[len(self.home.api.requests) + request] = what


def changed(argv: Any) -> tuple[str, str]:
    """Verb and path of a command that changes the cluster."""
    place = list(argv).index("--raw")
    return argv[place - 1], argv[place + 1]


def taken_up(whole: Whole, image: images.ImageRef = IMAGE) -> ClusterAttempt:
    """The candidate, at its turn, of a run that begins with it."""
    whole.target.open()
    return whole.target.deploy(image).__enter__()


def judged_candidate(whole: Whole, image: images.ImageRef = IMAGE) -> Candidate:
    """The candidate, at its turn, as the cases of the suites know it."""
    whole.home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="no such command")
    deployment = whole.target.deploy(image).__enter__()
    return Candidate(image, deployment=deployment, work=WORK, keep_log=lambda *_: None)


def closed(whole: Whole) -> TransactionEnd:
    """The end of the run."""
    ended = whole.target.close()
    assert ended is not None
    return ended

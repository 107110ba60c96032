"""What was asked for on the command line and in the settings, validated once; every problem is a ``UserError``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from vllm_qualify.arguments import env_override
from vllm_qualify.checks import prompt_files
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.config import Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import reachability
from vllm_qualify.plugin import candidates, target_limits
from vllm_qualify.selection.choice import Choice
from vllm_qualify.targets.kubernetes import restore
from vllm_qualify.targets.rules import RULES

TARGETS = ("auto", "local", "kubernetes")
DTYPES = ("float32", "bfloat16")
SUITES = "suites"
_NO_CANDIDATE = (
    "no candidate: give --image vllm/vllm-openai:v0.8.5.post1 (may be repeated), or list candidates in qualify.toml"
)
_ON_THIS_MACHINE = "give --target local to try CPU builds on this machine, which says nothing about the cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one run is to do.

    Attributes:
        choice: what was made of everything that was asked for: also what is not tried, and why.
        pick: look for the newest that qualifies, instead of trying all.
        max_time_seconds: after which no further candidate is begun; 0 for no limit.
        environment: variables that are set for every candidate.
        settings: what they are held to.
        work: what they are asked on the cluster; this machine asks its canaries what those were trained for.
        target: ``local`` or ``kubernetes``.
        reports: the folder that gets the folder of the run.
        offline: fetch nothing.
        port: of local engines; 0 takes a free one.
        max_downtime_seconds: how long production may be away.
        restore_patience_seconds: how long the cluster is asked again on the way back, whatever it refuses.
        cold_cache: also load from an empty cache.
        pause_gitops: hold still what Argo CD or Flux would write back.
        dry_run: only say what would be done on the cluster.
        notes: what the reader should know before the run begins.
    """

    choice: Choice = field(default_factory=Choice)
    pick: bool = False
    max_time_seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    work: Workload
    target: str = "local"
    reports: Path = Path("reports")
    offline: bool = False
    port: int = 0
    max_downtime_seconds: float = 0.0
    restore_patience_seconds: float = 0.0
    cold_cache: bool = False
    pause_gitops: bool = False
    dry_run: bool = False
    notes: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[ImageRef, ...]:
        """The candidates, in the order in which they are tried."""
        return self.choice.tries


OPTIONS: pytest.StashKey[Options] = pytest.StashKey()


def asks_for_suites(config: pytest.Config) -> bool:
    """Tell whether a path on the command line (or in testpaths) is, holds or lies in the folder of the suites."""
    suites = config.rootpath / SUITES
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return any(path.is_relative_to(suites) or suites.is_relative_to(path) for path in map(Path.resolve, asked))


def read(config: pytest.Config) -> Options:
    """Read the options of a run.

    Raises:
        UserError: one line for each problem.
    """
    option = config.option
    settings, work = prompt_files.with_settings(
        Path(option.config) if option.config else settings_files.find(config.rootpath), rules=RULES
    )
    if option.local_dtype:
        settings = replace(settings, local=replace(settings.local, dtype=option.local_dtype))
    request, unclear = candidates.requested(option, settings)
    environment, misread = _environment(config)
    if problems := [*_unusable(config), *unclear, *misread]:
        raise UserError("\n".join(problems))
    if not (request.images or request.ranges or option.collectonly):
        raise UserError(_NO_CANDIDATE)
    target = _target(config, settings)
    if problems := list(target_limits.unmet(option, settings, target=target)):
        raise UserError("\n".join(problems))
    choice, notes = candidates.choose(request, option, settings, target=target, environment=environment)
    return Options(
        choice=choice,
        pick=request.pick,
        environment=environment,
        settings=settings,
        work=work if target == "kubernetes" else prompt_files.load(Settings()),
        target=target,
        reports=config.rootpath / option.reports_dir,
        offline=option.offline,
        port=option.local_port,
        max_downtime_seconds=option.max_downtime
        or (settings.cluster.max_downtime_seconds if settings.cluster else 0.0),
        restore_patience_seconds=option.restore_patience or restore.PATIENCE_SECONDS,
        max_time_seconds=option.max_time or 0.0,
        cold_cache=option.cold_cache,
        pause_gitops=option.pause_gitops,
        dry_run=option.dry_run,
        notes=notes,
    )


def _target(config: pytest.Config, settings: Settings) -> str:
    """What the candidates run on. A cluster that is named is taken or the run ends: nothing stands in for it.

    Raises:
        UserError: no cluster, or none that a kubeconfig knows, is named, or the one that is does not answer.
    """
    cluster = settings.cluster
    asked = config.option.target or settings.target
    if asked == "kubernetes" and cluster is None:
        raise UserError(
            "--target kubernetes: no cluster is named, and only a named one is ever touched; "
            "add [cluster] with its context and namespace to qualify.toml"
        )
    if asked == "local" or cluster is None:
        return "local"
    if not config.option.collectonly:
        _must_answer(cluster.context)
    return "kubernetes"


def _must_answer(context: str) -> None:
    try:
        reachability.check(context)
    except reachability.NoContext as problem:
        raise reachability.NoContext(f"[cluster] {problem}; {_ON_THIS_MACHINE}") from problem
    except reachability.NoAnswer as problem:
        raise reachability.NoAnswer(f"{problem}; try again when it answers, or {_ON_THIS_MACHINE}") from problem


def _environment(config: pytest.Config) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of ``--env``, and what is wrong with them."""
    try:
        return env_override.public(config.option.env), ()
    except UserError as problem:
        return {}, problem.lines


def _unusable(config: pytest.Config) -> Iterator[str]:
    if getattr(config.option, "numprocesses", None):
        yield "-n: a qualification runs in one process because there is one GPU; leave -n out"

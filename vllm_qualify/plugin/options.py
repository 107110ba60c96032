"""What was asked for on the command line and in the settings, validated once; every problem is a ``UserError``.

A collection comes by here too, so each library is loaded where it is needed: most are for runs that try something.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vllm_qualify.config import Settings, lookup
from vllm_qualify.core import fact_names
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.plugin import baseline_choice, candidates, option_values, own_suites
from vllm_qualify.plugin.baseline_choice import Baseline, RunSurroundings
from vllm_qualify.selection.request import CandidateRequest, Choice
from vllm_qualify.targets import rule_ids, table
from vllm_qualify.targets.kind import Ability, RunWishes, TargetKind

if TYPE_CHECKING:
    from vllm_qualify.checks.prompts import Workload

_NO_CANDIDATE = (
    "no candidate: give --image vllm/vllm-openai:v0.8.5.post1 (may be repeated), or list candidates in qualify.toml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one run is to do.

    Attributes:
        choice: what was made of everything that was asked for: also what is not tried, and why.
        baseline: what they are compared with.
        pick: look for the newest that qualifies, instead of trying all.
        max_time_seconds: after which no further candidate is begun; 0 for no limit.
        soak_seconds: of steady load on each candidate; 0 for none.
        wishes: what the target is asked.
        settings: what they are held to.
        work: what they are asked; canaries are asked what those were trained for; ``None`` where nothing is tried.
        facts: of this machine, and of what is asked; empty for a run that tries nothing.
        kind: what they run on.
        reports: the folder that gets the folder of the run.
        dry_run: only say what would be done on the cluster.
        why: the target was taken, where nobody named one.
        notes: what the reader should know before the run begins.
        suites: the folders of the operator's own suites.
    """

    choice: Choice = field(default_factory=Choice)
    baseline: Baseline = field(default_factory=Baseline)
    pick: bool = False
    max_time_seconds: float = 0.0
    soak_seconds: float = 0.0
    wishes: RunWishes = field(default_factory=RunWishes)
    settings: Settings = field(default_factory=Settings)
    work: Workload | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    kind: TargetKind
    reports: Path = Path("reports")
    dry_run: bool = False
    why: str = ""
    notes: tuple[str, ...] = ()
    suites: tuple[Path, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The operator's own, in their order."""
        return tuple(one.named(name) for name, one in self.settings.requirements.items())

    @property
    def images(self) -> tuple[ImageRef, ...]:
        """The candidates, in the order in which they are tried."""
        return self.choice.tries

    def able(self, ability: Ability) -> bool:
        """The target has an ability."""
        return ability not in self.kind.lacks(self.settings)


OPTIONS: pytest.StashKey[Options] = pytest.StashKey()


def only_looks(config: pytest.Config) -> bool:
    """The run lists cases and tries nothing."""
    return bool(config.option.collectonly or config.option.list_checks)


def read(config: pytest.Config) -> Options:
    """Read the options of a run.

    Raises:
        UserError: one line for each problem.
    """
    option, folder = config.option, config.invocation_params.dir
    settings, work = _files(config)
    settings = option_values.outranked(settings, option)
    suites = own_suites.folders(settings, beside=folder)
    request, environment, kind = _requested(config, settings, suites)
    away = _away(option, settings, kind)
    why = "" if only_looks(config) or settings.target != table.AUTO else table.why(kind, settings)
    settings = settings if only_looks(config) or away else _settled(settings, kind)
    if work is not None and Ability.ASKS_OWN_DOCUMENTS in kind.lacks(settings):
        work = _built_in_work()
    facts = {} if work is None or option.check else _facts(settings, work, kind, environment)
    reports = folder / option.reports_dir
    around = RunSurroundings(folder=folder, reports=reports, facts=facts, only_looks=not facts)
    baseline = baseline_choice.read(settings, kind=kind, around=around)
    choice, notes = candidates.choose(
        request, option, settings, kind=kind, environment=environment, baseline=baseline, away=away
    )
    return Options(
        choice=choice,
        baseline=baseline,
        pick=request.pick,
        wishes=option_values.wishes(option, environment),
        settings=settings,
        work=work,
        facts=facts,
        kind=kind,
        reports=reports,
        max_time_seconds=option.max_time or 0.0,
        soak_seconds=option.soak or 0.0,
        dry_run=option.dry_run,
        why=why,
        notes=tuple(filter(None, (*notes, baseline.note))),
        suites=suites,
    )


def _files(config: pytest.Config) -> tuple[Settings, Workload | None]:
    """The settings, and what candidates are asked; a run that only looks reads it to say what is wrong with it.

    Raises:
        UserError: a file is not there, or wrong.
    """
    named = config.option.config
    path = Path(named) if named else lookup.find(config.invocation_params.dir)
    if path is None and only_looks(config):
        return Settings(), None
    from vllm_qualify.checks import prompt_files  # noqa: PLC0415 - with pydantic and jsonschema.

    settings, work = prompt_files.with_settings(path, rules=rule_ids.known)
    return settings, None if only_looks(config) else work


def _built_in_work() -> Workload:
    from vllm_qualify.checks import prompt_files  # noqa: PLC0415 - as above.

    return prompt_files.load(Settings())


def _requested(
    config: pytest.Config, settings: Settings, suites: Iterable[Path]
) -> tuple[CandidateRequest, dict[str, str], TargetKind]:
    """The candidates that were asked for, the variables of ``--env``, and the kind of target.

    Raises:
        UserError: one line for each problem: also that there is no candidate, or a wish that the target cannot meet.
    """
    request, unclear = candidates.requested(config.option, settings)
    environment, misread = _environment(config)
    problems = [*_unusable(config), *own_suites.unusable(suites), *unclear, *misread]
    if not (problems or request.images or request.ranges or only_looks(config)):
        problems.append(_NO_CANDIDATE)
    try:
        kind = table.chosen(settings.target, settings)
        problems += option_values.unmet(config.option, settings, kind=kind)
    except UserError as error:
        raise UserError("\n".join([*problems, *error.lines])) from error
    if problems:
        raise UserError("\n".join(problems))
    return request, environment, kind


def _away(option: Namespace, settings: Settings, kind: TargetKind) -> str:
    """Where candidates would run, if nobody there is asked, since this run only says what it would do."""
    return kind.elsewhere(settings) if option.check and not option.ask_target else ""


def _settled(settings: Settings, kind: TargetKind) -> Settings:
    """The settings with what only the target knows, once it can be reached.

    Raises:
        UserError: it is not there.
    """
    kind.reach(settings)
    return kind.settled(settings)


def _facts(settings: Settings, work: Workload, kind: TargetKind, environment: Mapping[str, str]) -> dict[str, str]:
    """What a reader must know of a run, whoever compares it with another, and what its verdicts hold for."""
    from vllm_qualify.checks.comparison import stored  # noqa: PLC0415 - only a run that tries something has facts.
    from vllm_qualify.doctor import machine  # noqa: PLC0415 - as above.
    from vllm_qualify.targets import present_facts  # noqa: PLC0415 - as above.

    known = present_facts.gather(settings, kind, environment=environment).known
    return {**machine.summary(), fact_names.MODEL: "", **known, fact_names.WORKLOAD: stored.fingerprint(work)}


def _environment(config: pytest.Config) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of ``--env``, and what is wrong with them."""
    if not config.option.env:
        return {}, ()
    from vllm_qualify.arguments import env_override  # noqa: PLC0415 - loads what hides secrets.

    try:
        return env_override.public(config.option.env), ()
    except UserError as problem:
        return {}, problem.lines


def _unusable(config: pytest.Config) -> Iterator[str]:
    if getattr(config.option, "numprocesses", None):
        yield "-n: a qualification runs in one process because there is one GPU; leave -n out"
    if config.option.ask_target and not config.option.check:
        yield "--ask-target: a run asks its target anyway; add --check, or leave it out"

"""``vllm-qualify plan [RUN]``: writes what the operator then applies; touches neither the folder nor a cluster."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vllm_qualify.arguments import env_override
from vllm_qualify.cli import terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.config import ContainerSettings, Settings, lookup
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_QUALIFIED
from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.reports import plan_json, run_folder
from vllm_qualify.reports import upgrade as pages
from vllm_qualify.system import files, path_checks
from vllm_qualify.targets import rule_ids
from vllm_qualify.targets.kubernetes.kind import KubernetesKind
from vllm_qualify.upgrade import chosen_candidate, edits, host_edits, host_folder, patch
from vllm_qualify.upgrade import folder as operator_folder
from vllm_qualify.upgrade.host_steps import HostEngine, HostSteps
from vllm_qualify.upgrade.steps import BACK, FORWARD, Place, UpgradeSteps

FOLDER = "plan"
PAGE = "README.md"

HELP = CommandHelp(
    usage="[RUN] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify plan",
            what="the upgrade to the newest image that qualified in reports/latest",
        ),
        CommandExample(
            command="vllm-qualify plan --image vllm/vllm-openai:v0.15.1 --force",
            what="to another image of that run, though it did not qualify",
        ),
    ),
    exit_codes={
        0: "the plan is written, or there is nothing to change",
        1: "no candidate qualified, or the named one did not",
        4: "it cannot be planned",
    },
)


def arguments(parser: CommandParser) -> None:
    """The run, the candidate, and what else it needs."""
    parser.add_argument(
        "run",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="RUN",
        help="folder or journal of the run (default: reports/latest)",
    )
    candidate = parser.add_argument_group("the candidate")
    candidate.add_argument("--image", metavar="IMAGE", help="which (default: the newest that qualified)")
    candidate.add_argument("--force", action="store_true", help="plan also for a candidate that did not qualify")
    candidate.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an environment variable that the image needs; may be repeated",
    )
    changed = parser.add_argument_group("what is changed")
    changed.add_argument("--config", metavar="FILE", help="the operator's settings (default: ./qualify.toml)")
    changed.add_argument(
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="where production's image is written on a host without Kubernetes: Compose file, unit, quadlet, script or "
        "file of variables; may be repeated (default: what the settings name)",
    )
    changed.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="which service of the Compose files serves"
    )
    parser.output("json: one object, with the files that were written")


def run(options: argparse.Namespace) -> int:
    """Write the plan and print it."""
    given = env_override.public(options.env)
    image = images.parse(options.image) if options.image else None
    record = run_folder.load(options.run)
    candidate = chosen_candidate.chosen(record, image=image, force=options.force)
    asked = _Asked(
        record=record,
        candidate=candidate,
        environment={**chosen_candidate.needed(candidate), **given},
        folder=path_checks.resolved(run_folder.journal_of(options.run)).parent / FOLDER,
    )
    settings = _settings(options)
    host = settings[0].container if settings is not None else None
    if options.file or (host is not None and host.production and record.target != KubernetesKind.name):
        made = _of_host(asked, host or ContainerSettings(), options.file, options.service)
    elif settings is None:
        raise UserError(
            "there is no qualify.toml here, so what to change is unknown: give --config FILE, or with --file what "
            "starts production"
        )
    else:
        made = _of_cluster(asked, *settings)
    if options.format == "json":
        terminal.show_json(plan_json.document(made.upgrade, made.plan, made.files))
    else:
        sys.stdout.write("".join(f"{one}\n" for one in made.files.values()) if options.quiet else made.text)
    return EXIT_QUALIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a plan stands on, and the folder that it is written into."""

    record: RunRecord
    candidate: CandidateRecord
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What became of it: the changes, what is told of them, and where there are any, the page and the files."""

    upgrade: edits.Upgrade
    text: str
    plan: pages.UpgradePage | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


def _of_cluster(asked: _Asked, settings: Settings, source: Path) -> _Made:
    """A plan for the manifests of the settings."""
    found = operator_folder.read(settings, source=source)
    image = images.parse(asked.candidate.image)
    upgrade = edits.of(found.folder, image=image, environment=asked.environment)
    if not upgrade.changes:
        return _nothing(upgrade, found.root)
    steps = UpgradeSteps(settings, found.folder, Place(root=str(found.root), plan=str(asked.folder)))
    return _written(asked, upgrade, steps, modes=steps.modes)


def _of_host(asked: _Asked, host: ContainerSettings, named: Sequence[Path], services: Sequence[str]) -> _Made:
    """A plan for the files of a host without Kubernetes; what is named outranks the settings."""
    if not (named or host.compose):
        raise UserError(
            f"production is the container {host.container}, and nothing says what starts it: give that with --file, "
            "such as the script, the unit, the quadlet or the Compose file"
        )
    chosen = services or [one for one in (host.service, host.r1) if one and host.service and not named]
    found = host_folder.read(
        named or host.compose, services=chosen, environment=os.environ, variables=None if named else host.env_file
    )
    upgrade = host_edits.of(found, image=chosen_candidate.pinned(asked.candidate), environment=asked.environment)
    if not upgrade.changes:
        return _nothing(upgrade, Path(found.root))
    tried = asked.candidate.facts.get("container engine")
    program = tried or ("podman" if host.engine == "podman" else "docker")
    engine = HostEngine(program=program, host=host.host, profiles=() if named else host.profiles)
    place = Place(root=found.root, plan=str(asked.folder))
    return _written(asked, upgrade, HostSteps(found, engine, place, upgrade.image))


def _written(
    asked: _Asked, upgrade: edits.Upgrade, steps: UpgradeSteps | HostSteps, *, modes: tuple[edits.ModeFile, ...] = ()
) -> _Made:
    """Write the files of the plan."""
    there, back = patch.of(upgrade.changes), patch.of(upgrade.changes, reverse=True)
    plan = pages.UpgradePage(
        run=asked.record,
        candidate=asked.candidate,
        modes=modes,
        upgrade=upgrade,
        patch=there,
        there=steps.there(there),
        back=steps.back(back),
    )
    contents = {FORWARD: there.text, BACK: back.text, PAGE: pages.page(plan)}
    for name, content in contents.items():
        files.write(asked.folder / name, content.encode())
    paths = {name: asked.folder / name for name in contents}
    return _Made(upgrade=upgrade, text=contents[PAGE], plan=plan, files=paths)


def _settings(options: argparse.Namespace) -> tuple[Settings, Path] | None:
    source = Path(options.config) if options.config else lookup.find(Path.cwd())
    return None if source is None else (settings_files.load(source, rules=rule_ids.known), source)


def _nothing(upgrade: edits.Upgrade, root: Path) -> _Made:
    by_hand = "".join(f"To do by hand: {one}\n" for one in upgrade.by_hand)
    said = f"{root} names {upgrade.image} already; there is nothing to change, and no plan was written.\n"
    return _Made(upgrade=upgrade, text=said + by_hand)

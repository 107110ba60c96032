"""``vllm-qualify plan [RUN]``: writes what the operator then applies; touches neither the folder nor a cluster."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.arguments import env_override
from vllm_qualify.config import Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_QUALIFIED
from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.reports import run_folder
from vllm_qualify.reports import upgrade as pages
from vllm_qualify.system import files
from vllm_qualify.targets.rules import RULES
from vllm_qualify.upgrade import chosen_candidate, edits, host_edits, host_folder, patch
from vllm_qualify.upgrade import folder as operator_folder
from vllm_qualify.upgrade.host_steps import HostEngine, HostSteps
from vllm_qualify.upgrade.steps import BACK, FORWARD, Place, UpgradeSteps

FOLDER = "plan"
PAGE = "README.md"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The run, the candidate, and what else it needs."""
    parser.add_argument(
        "run",
        nargs="?",
        type=Path,
        default=Path("reports/latest"),
        metavar="RUN",
        help="folder or journal of the run (default: reports/latest)",
    )
    parser.add_argument("--config", metavar="FILE", help="the operator's settings (default: ./qualify.toml)")
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an environment variable that the image needs; may be repeated",
    )
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="where production's image is written on a host without Kubernetes: Compose file, unit, quadlet, script or "
        "file of variables; may be repeated (default: the manifests of the settings)",
    )
    parser.add_argument("--force", action="store_true", help="plan also for a candidate that did not qualify")
    parser.add_argument("--image", metavar="IMAGE", help="the candidate (default: the newest that qualified)")
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="which service of the Compose files serves"
    )


def run(options: argparse.Namespace) -> int:
    """Write the plan and print it."""
    given = env_override.public(options.env)
    image = images.parse(options.image) if options.image else None
    record = run_folder.load(options.run)
    candidate = chosen_candidate.chosen(record, image=image, force=options.force)
    needed = {**chosen_candidate.needed(candidate), **given}
    folder = (options.run if options.run.is_dir() else options.run.parent).resolve() / FOLDER
    if options.file:
        sys.stdout.write(_of_host(options, folder, record, candidate, needed))
    else:
        sys.stdout.write(_of_cluster(options, folder, record, candidate, needed))
    return EXIT_QUALIFIED


def _of_cluster(
    options: argparse.Namespace, folder: Path, record: RunRecord, candidate: CandidateRecord, needed: Mapping[str, str]
) -> str:
    """The page of a plan for the manifests of the settings."""
    settings, source = _settings(options.config)
    found = operator_folder.read(settings, source=source)
    upgrade = edits.of(found.folder, image=images.parse(candidate.image), environment=needed)
    if not upgrade.changes:
        return _nothing(upgrade, found.root)
    steps = UpgradeSteps(settings, found.folder, Place(root=str(found.root), plan=str(folder)))
    there, back = patch.of(upgrade.changes), patch.of(upgrade.changes, reverse=True)
    page = pages.UpgradePage(
        run=record,
        candidate=candidate,
        modes=steps.modes,
        upgrade=upgrade,
        patch=there,
        there=steps.there(there),
        back=steps.back(back),
    )
    return _written(folder, page, back)


def _of_host(
    options: argparse.Namespace, folder: Path, record: RunRecord, candidate: CandidateRecord, needed: Mapping[str, str]
) -> str:
    """The page of a plan for the files of a host without Kubernetes."""
    found = host_folder.read(options.file, services=options.service, environment=os.environ)
    upgrade = host_edits.of(found, image=chosen_candidate.pinned(candidate), environment=needed)
    if not upgrade.changes:
        return _nothing(upgrade, Path(found.root))
    there, back = patch.of(upgrade.changes), patch.of(upgrade.changes, reverse=True)
    engine = HostEngine(program=candidate.facts.get("container engine") or "docker")
    steps = HostSteps(found, engine, Place(root=found.root, plan=str(folder)), upgrade.image)
    page = pages.UpgradePage(
        run=record,
        candidate=candidate,
        modes=(),
        upgrade=upgrade,
        patch=there,
        there=steps.there(there),
        back=steps.back(back),
    )
    return _written(folder, page, back)


def _written(folder: Path, plan: pages.UpgradePage, back: patch.Patch) -> str:
    """Write the files of the plan; the text of its page."""
    page = pages.page(plan)
    for name, content in {FORWARD: plan.patch.text, BACK: back.text, PAGE: page}.items():
        files.write(folder / name, content.encode())
    return page


def _settings(config: str | None) -> tuple[Settings, Path]:
    source = Path(config) if config else settings_files.find(Path.cwd())
    if source is None:
        raise UserError("there is no qualify.toml here, so the folder to change is unknown: give --config FILE")
    return settings_files.load(source, rules=RULES), source


def _nothing(upgrade: edits.Upgrade, root: Path) -> str:
    by_hand = "".join(f"To do by hand: {one}\n" for one in upgrade.by_hand)
    return f"{root} names {upgrade.image} already; there is nothing to change, and no plan was written.\n{by_hand}"

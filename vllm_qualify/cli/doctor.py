"""``vllm-qualify doctor``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vllm_qualify.config import Settings, lookup
from vllm_qualify.core import redaction
from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor import machine
from vllm_qualify.targets import rule_ids, table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which settings are looked at."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the operator's settings (default: ./qualify.toml)")


def run(options: argparse.Namespace) -> int:
    """Say what this machine can do; 1 where a run with these settings cannot begin on it."""
    facts = machine.gather(options.config or lookup.find(Path.cwd()), rules=rule_ids.known)
    findings = doctor.report(facts, {kind.name: kind.missing(facts) for kind in table.TARGETS.values()})
    sys.stdout.write(redaction.shown(doctor.render(findings)) + "\n")
    return doctor.exit_code(findings, wanted=_wanted(facts.settings.found or Settings()))


def _wanted(settings: Settings) -> str:
    """The target that the settings name; ``""`` where they leave it to the machine."""
    named = settings.target != table.AUTO or settings.cluster or settings.container
    return table.chosen(settings.target, settings).name if named else ""

"""``vllm-qualify doctor``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vllm_qualify.core import redaction
from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor import machine
from vllm_qualify.targets import rule_ids
from vllm_qualify.targets.table import TARGETS


def arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    """Say what this machine can do."""
    facts = machine.gather(Path.cwd(), rules=rule_ids.known)
    findings = doctor.report(facts, {kind.name: kind.missing(facts) for kind in TARGETS.values()})
    sys.stdout.write(redaction.shown(doctor.render(findings)) + "\n")
    return doctor.exit_code(findings)

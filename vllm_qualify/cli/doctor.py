"""``vllm-qualify doctor``."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from vllm_qualify.cli import terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.config import Settings, lookup
from vllm_qualify.core import redaction
from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor import machine
from vllm_qualify.doctor.machine_check import CheckStatus
from vllm_qualify.targets import rule_ids, table

HELP = CommandHelp(
    usage="[options]",
    examples=(
        CommandExample(
            command="vllm-qualify doctor",
            what="what is here, and what is missing for each target",
        ),
    ),
    exit_codes={
        0: "the settings are right, and the target that they name can be used; where they name none, any can",
        1: "the settings are wrong, or it cannot",
        4: "a mistake in what was given",
    },
)

_COLOURS = {
    re.compile(r"^ok\b", re.MULTILINE): terminal.GREEN,
    re.compile(r"^(?:missing|wrong)\b", re.MULTILINE): terminal.RED,
}
_AMISS = {CheckStatus.MISSING, CheckStatus.WRONG}


def arguments(parser: CommandParser) -> None:
    """Which settings are looked at."""
    looked = parser.add_argument_group("what is looked at, beside this machine")
    looked.add_argument("--config", type=Path, metavar="FILE", help="the operator's settings (default: ./qualify.toml)")
    parser.output("json: one object")


def run(options: argparse.Namespace) -> int:
    """Say what this machine can do; 1 where a run with these settings cannot begin on it."""
    facts = machine.gather(options.config or lookup.find(Path.cwd()), rules=rule_ids.known)
    findings = doctor.report(facts, {kind.name: kind.missing(facts) for kind in table.TARGETS.values()})
    code = doctor.exit_code(findings, wanted=_wanted(facts.settings.found or Settings()))
    if options.format == "json":
        from vllm_qualify.reports import doctor_json  # noqa: PLC0415 - the types of a document that few ask for.

        terminal.show_json(doctor_json.document(findings, ready=code == doctor.EXIT_OK))
    else:
        shown = [one for one in findings if one.status in _AMISS] if options.quiet else findings
        sys.stdout.write(terminal.painted(redaction.shown(doctor.render(shown)) + "\n" * (not options.quiet), _COLOURS))
    return code


def _wanted(settings: Settings) -> str:
    """The target that the settings name; ``""`` where they leave it to the machine."""
    named = settings.target != table.AUTO or settings.cluster or settings.container
    return table.chosen(settings.target, settings).name if named else ""

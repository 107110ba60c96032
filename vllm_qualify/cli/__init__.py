"""The command line ``vllm-qualify``: what can be done without a qualification, one module a command."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from vllm_qualify import __version__
from vllm_qualify.core.errors import UserError

COMMANDS = {
    "advisories": "list the published advisories of vLLM that staying keeps open and an upgrade closes or opens",
    "compare": "show what got better and worse between two runs",
    "diagnose": "find the first cause of a crash from a log, the pod's events and the exit code",
    "doctor": "say what this machine can qualify on, and what is missing for the rest",
    "history": "show what was measured over months, and take in older runs",
    "init": "write a first qualify.toml from what a folder holds and what runs now",
    "plan": "write the upgrade to a candidate as a patch of your folder, with a rollback",
    "preflight": "predict from facts alone which vLLM images work on a node, and what would change it",
    "report": "make the reports of runs again from their journals",
    "restore": "put production back after a run that was killed",
    "run": "qualify images; takes every option of `pytest --image`",
    "status": "say which verdicts still hold, and which fact changed for the others",
}

RUN = "run"
"""The command whose options are pytest's."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what its user can mend is shown as one line a problem, and says how the command ends."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in COMMANDS:
        return _overview(words)
    # Only what the command needs is imported: a report loads jinja2, the doctor has to answer at once.
    command = importlib.import_module(f"{__name__}.{words[0]}")
    if words[0] == RUN:
        return int(command.main(words[1:]))
    parser = argparse.ArgumentParser(prog=f"vllm-qualify {words[0]}", description=COMMANDS[words[0]])
    command.arguments(parser)
    try:
        return int(command.run(parser.parse_args(words[1:])))
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except UserError as error:
        from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly, and few calls need them.

        sys.stdout.flush()
        for line in redaction.shown("\n".join(error.lines)).splitlines():
            sys.stderr.write(f"vllm-qualify {words[0]}: {line}\n")
        return error.exit_code


def _overview(words: Sequence[str]) -> int:
    """Help, version, or an error that names the commands."""
    words = words or ["--help"]
    parser = argparse.ArgumentParser(
        prog="vllm-qualify",
        description="Qualifies vLLM images before you upgrade.",
        epilog="`vllm-qualify COMMAND --help` shows the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"vllm-qualify {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, sentence in COMMANDS.items():
        commands.add_parser(name, help=sentence)
    parser.parse_args(words)
    raise AssertionError("argparse should have ended the process for an unknown command")

"""``vllm-qualify diagnose FILE...``, or a log through a pipe."""

from __future__ import annotations

import argparse
import sys

from packaging.version import InvalidVersion, Version

from vllm_qualify.cli import streams, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import EXIT_USAGE, UserError
from vllm_qualify.diagnosis import SYMPTOMS, Scan, conclude, logfiles
from vllm_qualify.diagnosis.reader import Reader
from vllm_qualify.reports import diagnosis, diagnosis_json

_EMPTY = "it is empty; kubectl logs --previous shows the log of the previous container"

HELP = CommandHelp(
    usage="[FILE...] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify diagnose engine.log",
            what="the first cause in one log",
        ),
        CommandExample(
            command="kubectl logs --previous deploy/vllm-server | vllm-qualify diagnose",
            what="the log of the pod before this one, through a pipe",
        ),
    ),
    exit_codes={
        0: "all files were read, whether a cause was found or not",
        4: "a file could not be read; the others are diagnosed all the same",
    },
)


def arguments(parser: CommandParser) -> None:
    """The logs, and what else is known of the death."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help=(
            "a log, plain or compressed; a folder means its *.log and *.txt; without one, or with -, standard input "
            "is read"
        ),
    )
    known = parser.add_argument_group("what else is known")
    known.add_argument("--events", metavar="FILE", help="the output of kubectl get events or kubectl describe pod")
    known.add_argument("--exit-code", type=_exit_code, metavar="N", help="exit code of the process")
    known.add_argument("--release", type=_release, metavar="V", help="the release that died, if its log does not say")
    known.add_argument("--production", type=_release, metavar="V", help="the release in production, to compare with")
    parser.output("json: one object for each file, one a line")


def _exit_code(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an exit code; expected a number such as 137") from error


def _release(text: str) -> str:
    try:
        return str(Version(text.removeprefix("v")))
    except InvalidVersion as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a release; expected one such as 0.20.2") from error


def run(options: argparse.Namespace) -> int:
    """Name the causes; 0 whether there is one or not, 4 when something could not be read."""
    if not options.files and sys.stdin.isatty():
        raise UserError("give a FILE, or pipe a log: kubectl logs POD | vllm-qualify diagnose")
    events, problem = _read(options.events) if options.events else (None, "")
    worst = _complain(problem)
    for name in logfiles.named(options.files or [logfiles.PIPE]):
        worst = max(worst, _tell(name, options, events))
    return worst


def _tell(name: str, options: argparse.Namespace, events: Reader | None) -> int:
    log, problem = _read(name)
    releases = {"release": options.release or "", "production": options.production or ""}
    found = conclude(log, events, exit_code=options.exit_code, **releases)
    causes = tuple(map(redaction.record, found))
    if options.format == "json":
        terminal.show_json(diagnosis_json.document(name, causes, problem=problem))
    elif causes or not problem:
        empty = _EMPTY if not log.spoke and not causes else ""
        sys.stdout.write(
            diagnosis.people("the log on standard input" if name == logfiles.PIPE else name, causes, problem=empty)
        )
    return _complain(problem)


def _complain(problem: str) -> int:
    if not problem:
        return 0
    streams.complain("diagnose", problem)
    return EXIT_USAGE


def _read(name: str) -> tuple[Reader, str]:
    """What a log came to, and why it could not be read to its end."""
    scan = Scan(SYMPTOMS)
    try:
        for block in logfiles.blocks(name):
            scan.feed(block)
    except logfiles.NoLog as error:
        return scan.close(), str(error)
    return scan.close(), ""

"""``vllm-qualify check``: what a run would do, before there is one. Nothing is started or changed."""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import sys
import types
from collections.abc import Iterator

from vllm_qualify.cli import run as runs
from vllm_qualify.cli import terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError

HELP = CommandHelp(
    usage="[options]",
    examples=(
        CommandExample(
            command="vllm-qualify check",
            what="what a run with ./qualify.toml would do, from the settings and the manifests alone",
        ),
        CommandExample(
            command="vllm-qualify check --target local --image vllm/vllm-openai:v0.12.0",
            what="the same for one image on this machine",
        ),
    ),
    exit_codes={
        0: "a run could begin",
        4: "a mistake in options or settings, as of a run",
        10: "with --ask-target: the target does not answer",
    },
)
_QUIETLY = ("--check", "--capture=no", "-p", "no:cacheprovider", "-p", "no:faulthandler")
_SAID = re.compile(r"(?:ERROR|Exit): ")
_VALUES = ("config", "target", "checks", "baseline")


def arguments(parser: CommandParser) -> None:
    """What most runs are started with; `vllm-qualify run --check` takes every other option of a run as well."""
    asked = parser.add_argument_group("what a run would be started with")
    asked.add_argument("--config", metavar="FILE", help="settings (default: ./qualify.toml)")
    asked.add_argument("--image", action="append", default=[], metavar="IMAGE", help="candidate; may be repeated")
    asked.add_argument("--target", metavar="TARGET", help="what candidates run on")
    asked.add_argument("--checks", metavar="LEVEL", help="how much is asked: quick, default or full")
    asked.add_argument("--baseline", metavar="BASELINE", help="what candidates are compared with")
    asked.add_argument(
        "--ask-target", action="store_true", help="also ask the target, as a run does at its start; only reads"
    )
    parser.output("json: one object")


class CheckRefused(UserError):
    """A run could not begin; each line says what has to be mended."""


def run(options: argparse.Namespace) -> int:
    """Let pytest read the words that a run would have, and show what becomes of them.

    Raises:
        CheckRefused: a run could not begin, for the reasons that it would tell, with its exit code.
    """
    from vllm_qualify.plugin import check_lines, checking  # noqa: PLC0415 - the help of this command waits for none of it.
    from vllm_qualify.reports import check_json  # noqa: PLC0415 - as above.

    taker = types.SimpleNamespace(__name__=checking.TAKER, document=None)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = runs.main([*_QUIETLY, *_words(options)], taker)
    if taker.document is None:
        refused = CheckRefused(_SAID.sub("", said.getvalue().strip()) or "no case could be collected")
        refused.exit_code = code
        raise refused
    if options.format == "json":
        terminal.show_json(check_json.values(taker.document))
    else:
        rows = check_lines.lines(taker.document, brief=options.quiet)
        sys.stdout.write(redaction.shown("".join(f"{row}\n" for row in rows)))
    return code


def _words(options: argparse.Namespace) -> Iterator[str]:
    for name in _VALUES:
        if (value := getattr(options, name)) is not None:
            yield f"--{name}={value}"
    yield from (f"--image={image}" for image in options.image)
    if options.ask_target:
        yield "--ask-target"

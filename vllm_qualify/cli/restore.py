"""``vllm-qualify restore``: finishes what a run left that was killed; it can be run again, from any machine."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from vllm_qualify.checks.production import Restoration
from vllm_qualify.cli import progress, streams, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.cli.progress import Progress
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import ContainerSettings, lookup
from vllm_qualify.config import loading as settings_files
from vllm_qualify.container.engine import EngineRefused
from vllm_qualify.core import option_types, redaction
from vllm_qualify.core.errors import BadConfig, Problem, UserError
from vllm_qualify.core.outcomes import EXIT_NOT_RESTORED, EXIT_QUALIFIED
from vllm_qualify.kube import reachability
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.reports import restore_json
from vllm_qualify.system.interrupts import EXIT_INTERRUPTED
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.container import engines
from vllm_qualify.targets.container import restore_command as container_restore
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.kind import PATIENCE_SECONDS
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

Say = Callable[[str], None]
"""Takes one line of what is done."""
_AGAIN = (
    "production is NOT back; run it again, with --overwrite to put back what somebody else changed, or with --keep to "
    "leave everything as it is"
)


class NotRestored(UserError):
    """The cluster refused on the way back, so that nobody can tell whether production is there."""

    exit_code = EXIT_NOT_RESTORED


HELP = CommandHelp(
    usage="[options]",
    examples=(
        CommandExample(
            command="vllm-qualify restore",
            what="finish the way back on the cluster or the engine of ./qualify.toml",
        ),
        CommandExample(
            command="vllm-qualify restore --context home-lab --namespace ml",
            what="from any machine, as the run printed it",
        ),
    ),
    exit_codes={
        0: "production is back, or was never away",
        4: "a mistake in what was given",
        10: "another run is alive, or the snapshot cannot be read",
        20: "production is not back",
    },
)


def arguments(parser: CommandParser) -> None:
    """Where, and what to do with changes of others."""
    where = parser.add_argument_group("where production is")
    where.add_argument("--config", metavar="FILE", help="settings that name the place (default: ./qualify.toml)")
    where.add_argument("--context", metavar="NAME", help="context of the kubeconfig; outranks the settings")
    where.add_argument("--namespace", metavar="NAME", help="namespace of production; outranks the settings")
    where.add_argument("--engine", metavar="NAME", help="container engine of production: docker or podman")
    where.add_argument("--engine-host", metavar="HOST", default="", help="its context or address (default: this host)")
    how = parser.add_argument_group("how it is put back")
    how.add_argument(
        "--restore-patience",
        metavar="SECONDS",
        type=option_types.seconds,
        default=PATIENCE_SECONDS,
        help="how long to retry a cluster that refuses or does not answer (default: %(default)g)",
    )
    choice = how.add_mutually_exclusive_group()
    choice.add_argument(
        "--overwrite", action="store_true", help="also put back what somebody else changed in the meantime"
    )
    choice.add_argument(
        "--keep", action="store_true", help="leave everything as it is now, and delete the snapshot of production"
    )
    parser.output("json: one object at the end, each step on standard error")


def run(options: argparse.Namespace) -> int:
    """Put production back, and say what was seen."""
    try:
        return _run(options)
    except EngineRefused as refusal:
        raise NotRestored(f"the container engine refused: {refusal}; production may be down, run it again") from refusal
    except Refused as refusal:
        raise NotRestored(f"the cluster refused: {refusal}; production may be down, run it again") from refusal


def _run(options: argparse.Namespace) -> int:
    budget = f"a place that does not answer has {options.restore_patience:g} s"
    with ExitStack() as exits:
        shown = exits.enter_context(progress.waiting("putting production back", budget=budget, quiet=options.quiet))
        stream = sys.stderr if options.format == "json" else None
        signals = Signals(lambda line: _say(line, shown, stream))
        signals.install()
        step = _unsaid if options.quiet else lambda line: _say(line, shown, stream)
        done = _on_engine(options, signals, exits, step) or _on_cluster(options, signals, exits, step)
    if options.format == "json":
        terminal.show_json(restore_json.document(done))
    else:
        for line in (*done.checked, *done.notes):
            _say(line)
    if done.problems:
        streams.complain("restore", "\n".join([*done.problems, _AGAIN]))
    if not done.complete:
        return EXIT_NOT_RESTORED
    return EXIT_INTERRUPTED if signals.came else EXIT_QUALIFIED


def _on_cluster(options: argparse.Namespace, signals: Signals, exits: ExitStack, say: Say) -> Restoration:
    reach = _reach(options, exits, say)
    with signals.held("production is being put back", last=True):
        return restore_command.recover(
            reach, overwrite=options.overwrite, keep=options.keep, patience_seconds=options.restore_patience
        )


def _on_engine(options: argparse.Namespace, signals: Signals, exits: ExitStack, say: Say) -> Restoration | None:
    """On a container engine, where that is named, or where the settings name it and no cluster; else ``None``."""
    path = Path(options.config) if options.config else lookup.find(Path.cwd())
    settings = settings_files.parsed(path) if path is not None and not options.engine else None
    wanted = settings.container if settings is not None and settings.cluster is None else None
    if options.context or not (options.engine or wanted):
        return None
    wanted = wanted or ContainerSettings(engine="auto", host=options.engine_host)
    engine = engines.of(options.engine, wanted.host) if options.engine else engines.answering(wanted)
    host = ContainerHost(engine=engine, run="", step=lambda _phase, what: say(what), say=say)
    access = ContainerAccess(host=host, http=exits.enter_context(new_http_client()), exits=exits)
    with signals.held("production is being put back", last=True):
        return container_restore.recover(
            access, overwrite=options.overwrite, keep=options.keep, patience_seconds=options.restore_patience
        )


def _reach(options: argparse.Namespace, exits: ExitStack, say: Say) -> ServerAccess:
    path = Path(options.config) if options.config else lookup.find(Path.cwd())
    cluster = settings_files.load(path).cluster if path is not None else None
    context = options.context or (cluster.context if cluster else "")
    namespace = options.namespace or (cluster.namespace if cluster else "")
    _refuse_unnamed(path, say, context=context, namespace=namespace)
    kubectl = Kubectl(context=context)
    site = Namespace(
        kubectl=kubectl,
        namespace=namespace,
        service=cluster.service if cluster else "",
        step=lambda _phase, what: say(what),
        say=say,
    )
    http = exits.enter_context(new_http_client())
    return ServerAccess(site=site, http=http, exits=exits, client=cluster.client if cluster else "auto")


def _refuse_unnamed(path: Path | None, say: Say, *, context: str, namespace: str) -> None:
    """Look nowhere that nobody named: "nothing was left" of another place would be a false all-clear.

    Raises:
        UserError: the place is not named, or no kubeconfig has that context.
    """
    source = "" if path is None else str(path)
    lacks = "" if path is None else "has no [cluster]; "
    if not context:
        message = "no cluster is named: give --config FILE with [cluster], or --context and --namespace"
        raise BadConfig(source, [Problem(message=f"{lacks}{message}")])
    if not namespace:
        message = "no namespace is named: give --namespace as the run printed it, or --config FILE with [cluster]"
        raise BadConfig(source, [Problem(message=f"{lacks}{message}")])
    try:
        reachability.check(context)
    except reachability.NoAnswer as problem:
        say(f"{problem}; retrying")


def _unsaid(_line: str) -> None:
    """A step that nobody wants to see."""


def _say(line: str, shown: Progress | None = None, stream: TextIO | None = None) -> None:
    # Whoever reads this may have gone, as `head` does; what it came to is told by the exit code all the same.
    with contextlib.suppress(OSError):
        if shown is not None:
            shown.erase()
        stream = stream or sys.stdout
        stream.write(f"{datetime.now(UTC):%H:%M:%S} {redaction.shown(line)}\n")
        stream.flush()

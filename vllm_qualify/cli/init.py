"""``vllm-qualify init [FOLDER]``: writes a first qualify.toml from what it finds, and says of each value from where."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from vllm_qualify.cli import streams
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.first_settings import draft, findings, live, releases, tables
from vllm_qualify.cli.first_settings.draft import DraftTable
from vllm_qualify.cli.first_settings.findings import Findings
from vllm_qualify.cli.first_settings.modes import Ask, nobody
from vllm_qualify.cli.first_settings.releases import TodaysImage
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.config import loading, lookup
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.system import files

_MOST_TOLD = 10
_PRODUCTION = frozenset({"cluster", "container"})


HELP = CommandHelp(
    usage="[FOLDER] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify init --stdout",
            what="what would be written for the manifests here, with the place that each value is from",
        ),
        CommandExample(
            command="vllm-qualify init --force",
            what="write ./qualify.toml anew",
        ),
    ),
    exit_codes={
        0: "the file is written, or printed",
        4: "there is a file already, or it cannot be written",
    },
)


def arguments(parser: CommandParser) -> None:
    """The folder, and what becomes of the text."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="the folder of your manifests, which gets the file (default: this one)",
    )
    written = parser.add_argument_group("what becomes of the settings")
    written.add_argument("--force", action="store_true", help=f"replace a {lookup.FILE_NAME} that is there")
    written.add_argument("--stdout", action="store_true", help="print the settings instead of writing a file")


def run(options: argparse.Namespace) -> int:
    """Look, write, and say what was guessed and what is missing."""
    folder: Path = options.folder
    path = folder / lookup.FILE_NAME
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; name the one that has your manifests")
    if not (options.stdout or options.force) and lookup.find(folder) is not None:
        raise _there(path)
    ask = _terminal if sys.stdin.isatty() and sys.stderr.isatty() and sys.stdout.isatty() else nobody
    found = findings.gather(folder, ask=ask)
    made = _drafted(found, path, ask)
    text = draft.text(made)
    loading.checked(text, source=path)
    if options.stdout:
        sys.stdout.write(text)
    else:
        _write(path, text, force=options.force)
        sys.stdout.write(redaction.shown("".join(f"{line}\n" for line in _written(path, found, made))))
    streams.complain("init", "\n".join(_lacking(found, made)))
    return 0


def _drafted(found: Findings, path: Path, ask: Ask) -> tuple[DraftTable, ...]:
    """The tables of the file."""
    context, service, toolkit = _cluster(found, ask)
    made = tables.of(found, context=context, service=service, toolkit=toolkit)
    settings = loading.checked(draft.text(made), source=path)
    return (tables.head(releases.candidates(settings, _running(found))), *made)


def _cluster(found: Findings, ask: Ask) -> tuple[str, str, str]:
    """The context that production runs in, its Service, and the toolkit on its node; empty where nobody knows."""
    ml = found.modes.ml
    if ml is None or ml.manifest.kind != "Deployment":
        return "", "", ""
    context = found.cluster.context if found.cluster.has(ml.manifest.namespace, ml.manifest.name) else ""
    if not context and found.cluster.contexts:
        context = ask("Which context does production run in? (empty: no cluster is named)", found.cluster.contexts, "")
    if not context:
        return "", "", ""
    service = "" if found.services else live.service(context, ml)
    return context, service, ask("Version of the NVIDIA Container Toolkit on its node? (empty: not known)", (), "")


def _running(found: Findings) -> TodaysImage | None:
    """What runs today, as far as anything says so."""
    if (ml := found.modes.ml) is not None:
        return TodaysImage(image=ml.manifest.image, place=ml.place("image"))
    if (seen := tables.production(found)) is not None:
        return TodaysImage(image=seen.container.spec.image, place=f"the container {seen.container.name}")
    first = next((one for one in found.hosts if one.manifest.image), None)
    return TodaysImage(image=first.manifest.image, place=first.path) if first else None


def _terminal(question: str, choices: Sequence[str], default: str) -> str:
    """Ask a person; a number stands for the choice of that place, and an empty line or its end for the default."""
    for number, choice in enumerate(choices, start=1):
        sys.stderr.write(redaction.shown(f"  {number}) {choice}\n"))
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    if answer.isdecimal() and 0 < int(answer) <= len(choices):
        return choices[int(answer) - 1]
    return (answer if not choices or answer in choices else default) or default


def _there(path: Path) -> UserError:
    return UserError(f"{path} is there already; --force replaces it, and --stdout prints what would be written")


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write the file, at once; one that came meanwhile stays.

    Raises:
        UserError: there is one, or it cannot be written.
    """
    if not force:
        with files.explained(path):
            try:
                path.open("xb").close()
            except FileExistsError as error:
                raise _there(path) from error
    try:
        files.write(path, text.encode())
    except BaseException:
        if not force:
            path.unlink(missing_ok=True)
        raise


def _written(path: Path, found: Findings, made: Sequence[DraftTable]) -> Iterator[str]:
    """What is in the file, and what to do next."""
    yield f"wrote {path}"
    for name, one in (("everyday mode", found.modes.ml), ("reasoning mode", found.modes.r1)):
        if one is not None:
            yield f"  {name}: {one}, {one.manifest.model or 'no model named'}"
    named = next((table for table in made if table.name in _PRODUCTION and not table.inactive), None)
    if named is not None:
        key = next(key for key in named.keys if key.name in {"compose", "container", "context"})
        yield f"  production, which a run takes away and puts back: [{named.name}] {key.name} = {key.values[0].value}"
    if guessed := draft.guesses(made):
        yield f"  guessed, and marked as such in the file: {', '.join(guessed)}"
    where = "" if path.parent == Path() else f"cd {path.parent} && "
    yield f"next: {where}vllm-qualify check"


def _lacking(found: Findings, made: Sequence[DraftTable]) -> Iterator[str]:
    """What a person has to add, and what could not be read."""
    for table in made:
        if table.inactive and table.name in _PRODUCTION:
            yield f"[{table.name}] is written as a comment: {table.inactive}"
            continue
        for key in table.keys:
            notes = (one.note for one in key.values if one.note.startswith("missing"))
            yield from (f"{table.name}.{key.name} is {note}".removeprefix(".") for note in notes)
    yield from found.unread[:_MOST_TOLD]
    if len(found.unread) > _MOST_TOLD:
        yield f"{len(found.unread) - _MOST_TOLD} further files could not be read"

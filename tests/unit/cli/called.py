"""Commands in processes of their own, with the streams that a shell would give them.

Most are forked from a server that has imported the commands, which is most of what they take; ``started`` starts an
interpreter as a user does.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from enum import Enum
from pathlib import Path

from tests.unit.cli.command_lines import PARSED, ROOT
from vllm_qualify import cli


class Where(Enum):
    """What standard output is."""

    FILE = "> file"
    FULL = ">/dev/full"
    CLOSED = ">&-"
    GONE = "| true"


def started(
    folder: Path, *words: str, program: tuple[str, ...] = ("-m", "vllm_qualify"), to: str = ""
) -> tuple[int, str]:
    """How a command ends, and what it says on standard error."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {to}', "sh", sys.executable, *program, *words],  # noqa: S607 - any will do
        cwd=folder,
        env=_variables(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def forked(folder: Path, *words: str, where: Where = Where.FILE, encoding: str = "utf-8") -> tuple[int, str, str]:
    """How a command ends, and what it says on each stream."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([f"vllm_qualify.cli.{name}" for name in PARSED])
    with tempfile.TemporaryDirectory() as place:
        child = server.Process(target=_child, args=(folder, list(words), Path(place), where, encoding))
        child.start()
        child.join()
        said = [(Path(place) / name).read_text(encoding=encoding) for name in ("1", "2")]
    assert child.exitcode is not None
    return child.exitcode, said[0], said[1]


def _variables(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}


def _child(folder: Path, words: list[str], place: Path, where: Where, encoding: str) -> None:
    variables = _variables(folder)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    for number in (1, 2):
        os.dup2(os.open(place / str(number), os.O_WRONLY | os.O_CREAT), number)
    if where is Where.FULL:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    if where is Where.GONE:
        reader, writer = os.pipe()
        os.dup2(writer, 1)
        os.close(reader)
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115 - a number is no path.
    if where is Where.CLOSED:
        # Python has no stream at all where it finds none.
        os.close(1)
        sys.stdout = None  # type: ignore[assignment]
    sys.argv = ["vllm-qualify", *words]
    code = cli.main()
    sys.stderr.flush()
    os._exit(code)

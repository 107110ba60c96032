"""What ``vllm-qualify`` does before and after a command: its streams, Ctrl-C, and what is no command.

Nothing is imported here that loads slowly, so that ``--help`` answers in the time that Python takes to start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vllm_qualify import __version__
from vllm_qualify.cli import commands, overview, streams
from vllm_qualify.system.interrupts import Interrupts

_MISTAKE = 4


def run(argv: Sequence[str] | None) -> int:
    """Run the command that the words name, and end with its exit code.

    Args:
        argv: as ``main`` takes it.

    Raises:
        KeyboardInterrupt: Ctrl-C, after the command has cleaned up.
    """
    interrupts = Interrupts(whole_process=argv is None)
    with interrupts:
        if argv is not None:
            return _called(argv, interrupts)
        output = streams.take_over()
        code = _called(sys.argv[1:], interrupts)
        sys.stdout.flush()
        if output.problem:
            streams.complain(next((one for one in sys.argv[1:2] if one in commands.COMMANDS), ""), output.problem)
            return code or _MISTAKE
        return code


def _called(words: Sequence[str], interrupts: Interrupts) -> int:
    name, *rest = words or ["--help"]
    if name == commands.HELP:
        name, rest = next((one for one in rest if one not in {commands.HELP, "--help", "-h"}), "--help"), ["--help"]
    if name in {"-h", "--help"}:
        sys.stdout.write(overview.text())
        return 0
    if name == "--version":
        sys.stdout.write(f"vllm-qualify {__version__}\n")
        return 0
    from vllm_qualify.cli import calling  # noqa: PLC0415 - argparse, and whatever the command needs.

    return calling.call(name, rest, loaded=interrupts.work)

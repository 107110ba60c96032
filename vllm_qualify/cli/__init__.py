"""The command line ``vllm-qualify``: what can be done without a qualification, one module a command."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what its user can mend is shown as one line a problem, and says how the command ends.

    Args:
        argv: the words after the program's name; ``None``: those of this process, whose streams and signals are then
            the command's to take.
    """
    try:
        from vllm_qualify.cli import program  # noqa: PLC0415 - so that Ctrl-C meets somebody as soon as it can.

        return program.run(argv)
    except KeyboardInterrupt:
        return 130

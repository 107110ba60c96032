"""What a command says of itself beside its options: how it is called, examples, and what its exit codes mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

USAGE = "a mistake in what was given; one line for each on standard error"
INTERRUPTED = "interrupted by Ctrl-C"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandExample:
    """One way to call a command, which works as it stands in the folder of an operator with some runs."""

    what: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHelp:
    """What stands in the help of a command and in the reference.

    Attributes:
        usage: what follows the command's name, such as ``IMAGE... [options]``.
        examples: the most usual call first.
        exit_codes: what each means, without those that all commands share.
    """

    usage: str
    examples: tuple[CommandExample, ...]
    exit_codes: Mapping[int, str]

    @property
    def all_codes(self) -> Mapping[int, str]:
        """What each exit code means, in their order."""
        return dict(sorted(({4: USAGE, 130: INTERRUPTED} | dict(self.exit_codes)).items()))

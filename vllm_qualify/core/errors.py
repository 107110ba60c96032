"""What an operator can mend, and what is wrong with a file that one wrote, problem by problem; used everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EXIT_USAGE = 4
"""pytest's own exit code for a usage error."""


class UserError(Exception):
    """What an operator can mend; the command line and the plugin show it, and end with its exit code.

    Attributes:
        exit_code: of a command that cannot go on.
    """

    exit_code: int = EXIT_USAGE

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell, one line a problem."""
        return tuple(str(self).splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend.

    Attributes:
        key: dotted key, such as ``budgets.load_seconds``; ``""`` when it concerns no single one.
        line: line of the file, counted from 1; ``None`` when it stands nowhere.
        message: what is wrong, and what is expected instead.
    """

    message: str
    key: str = ""
    line: int | None = None

    def located(self, source: str) -> str:
        """The problem as one line that begins as a compiler's does, so that editors can jump to it."""
        place = source if self.line is None else f"{source}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)


class BadConfig(UserError, ValueError):
    """A file that cannot be used as it is; ``str()`` prints one line a problem.

    Args:
        source: the file, as the reader of the message knows it.
        problems: everything that is wrong with it, at least one.
    """

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.key)))
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.located(self.source) for problem in self.problems)


class BadConfigs(UserError, ValueError):
    """Several files that cannot be used as they are; ``str()`` prints one line a problem.

    Args:
        files: what is wrong with each, at least one.
    """

    def __init__(self, files: Iterable[BadConfig]) -> None:
        self.files = tuple(files)
        super().__init__(self.files)

    def __str__(self) -> str:
        return "\n".join(map(str, self.files))

"""Calls one command: loads its module, reads its options, and turns what a user can mend into lines."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from vllm_qualify.cli import commands, parsing, streams
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core.errors import EXIT_USAGE, UserError

_OPTIONS = ("--help", "--version")
_SHOWN = frozenset({"-h", *_OPTIONS})


def parser(name: str) -> CommandParser:
    """The parser of a command; its options are read from its module.

    Args:
        name: a key of ``COMMANDS`` that has a module.
    """
    command = importlib.import_module(f"{__package__}.{name}")
    made = CommandParser(name, commands.COMMANDS[name], command.HELP)
    command.arguments(made)
    made.finish()
    return made


def call(name: str, words: Sequence[str], *, loaded: Callable[[], object]) -> int:
    """Run a command and return its exit code.

    Args:
        name: of the command, as it was typed.
        words: what follows it.
        loaded: called when everything is imported, and before anything is done.
    """
    if name not in commands.COMMANDS:
        kind, known = ("option", _OPTIONS) if name.startswith("-") else ("command", tuple(commands.COMMANDS))
        streams.complain("", parsing.no_such(kind, name, known))
        return EXIT_USAGE
    command = importlib.import_module(f"{__package__}.{name}")
    handed_on = name == commands.RUN and _SHOWN.isdisjoint(words)
    asked = None if handed_on else parser(name)
    loaded()
    try:
        if asked is None:
            return int(command.main(words))
        options = asked.parsed(words)
        return int(command.run(options))
    except SystemExit as shown:  # How argparse ends once it has shown the help or the version.
        return int(shown.code or 0)
    except UserError as error:
        streams.complain(name, "\n".join(error.lines))
        return error.exit_code

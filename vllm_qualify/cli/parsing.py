"""The parser of a command: its help by subject, and each mistake as one line that says what was meant."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from vllm_qualify import __version__
from vllm_qualify.cli import terminal
from vllm_qualify.cli.command_help import CommandHelp
from vllm_qualify.core import suggestions
from vllm_qualify.core.errors import UserError


class BadCall(UserError):
    """A command line that a command does not take; one line for each mistake."""


class CommandParser(argparse.ArgumentParser):
    """Parses the words of one command.

    Args:
        name: of the command.
        sentence: what it does.
        told: the rest of its help.
    """

    def __init__(self, name: str, sentence: str, told: CommandHelp) -> None:
        super().__init__(
            prog=f"vllm-qualify {name}",
            usage=f"vllm-qualify {name} {told.usage}",
            description=textwrap.fill(f"{sentence[0].upper()}{sentence[1:]}.", terminal.width()),
            epilog=_epilog(told),
            formatter_class=_formatter,
            add_help=False,
        )
        self.color = False  # Python 3.14 has colours of its own here.
        self._name = name

    def output(
        self, told: str, *, formats: Sequence[str] = ("text", "json"), default: str = "text"
    ) -> argparse._ArgumentGroup:
        """Add how the result is shown.

        Args:
            told: what the formats are.
            formats: that there are.
            default: the one that is taken.

        Returns:
            The group, for what else the command has to say of it.
        """
        group = self.add_argument_group("output")
        group.add_argument("--format", choices=formats, default=default, metavar="FORMAT", help=_formats(told, formats))
        group.add_argument("-q", "--quiet", action="store_true", help="show nothing but the result, and what is wrong")
        return group

    def finish(self) -> None:
        """Add what every command has, after what it has of its own."""
        every = self.add_argument_group("every command")
        every.add_argument("-h", "--help", action="help", help="show this help and exit")
        version = f"vllm-qualify {__version__}"
        every.add_argument("--version", action="version", version=version, help="show the version and exit")

    def parsed(self, words: Sequence[str]) -> argparse.Namespace:
        """The options of a command line.

        Raises:
            BadCall: it is not one that the command takes.
        """
        options, unknown = self.parse_known_args(words)
        if unknown:
            raise BadCall("\n".join(self._unknown(unknown)))
        return options

    @property
    def options(self) -> Mapping[str, str]:
        """Every option as it is written out, with its help."""
        long = {name: one for one in self._actions for name in one.option_strings if name.startswith("--")}
        return {name: (one.help or "") % vars(one) for name, one in long.items() if one.help != argparse.SUPPRESS}

    def awaited(self, word: str) -> argparse.Action | None:
        """What the word after another one is for: the option that the other is, else an argument; ``None`` for none."""
        option = self._option_string_actions.get(word)
        if option is not None and option.nargs != 0:
            return option
        return next(iter(self._get_positional_actions()), None)

    def error(self, message: str) -> NoReturn:
        """Report what argparse found, in one line.

        Raises:
            BadCall: always.
        """
        said = message.removeprefix("argument ").replace("not allowed with argument ", "cannot be combined with ")
        raise BadCall(f"{said}; `vllm-qualify help {self._name}` shows examples")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, not_a_choice(str(value), [str(one) for one in action.choices]))

    def _unknown(self, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            if word.startswith("-"):
                yield no_such("option", word.partition("=")[0], self._option_string_actions)
            else:
                yield f"{word!r} is one argument too many; `vllm-qualify help {self._name}` shows what it takes"


def no_such(kind: str, word: str, known: Iterable[str]) -> str:
    """One line about an option or a command that there is not."""
    listing = "vllm-qualify --help" if kind == "command" else "--help"
    near = suggestions.nearest(word, tuple(known))
    return f"there is no {kind} {word}; {f'did you mean {near}?' if near else f'{listing} lists them'}"


def not_a_choice(word: str, choices: Sequence[str]) -> str:
    """One line about a value that is none of those that there are."""
    return f"{word!r} is not one of {', '.join(choices)}{suggestions.hint(word, choices)}"


def _formats(told: str, formats: Sequence[str]) -> str:
    return f"{', '.join(formats[:-1])} or {formats[-1]}; {told}"


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=terminal.width(), max_help_position=30)


def _epilog(told: CommandHelp) -> str:
    examples = "".join(f"  {one.command}\n{_filled(one.what, 6, 6)}\n" for one in told.examples)
    codes = "".join(f"  {code:>3}{_filled(meaning, 2, 7)}\n" for code, meaning in told.all_codes.items())
    return f"examples:\n{examples}\nexit codes:\n{codes}"


def _filled(words: str, first: int, further: int) -> str:
    """A text as wide as the terminal; so many blanks before its first line, and before the others."""
    lines = textwrap.wrap(words, max(20, terminal.width() - further))
    return " " * first + f"\n{' ' * further}".join(lines)

"""``vllm-qualify completion SHELL``: what makes a shell complete commands, options and images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vllm_qualify.cli import candidates
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core.errors import UserError

HELP = CommandHelp(
    usage="bash|zsh|fish",
    examples=(
        CommandExample(
            command='eval "$(vllm-qualify completion bash)"', what="in ~/.bashrc; for zsh in ~/.zshrc, after compinit"
        ),
        CommandExample(
            command="vllm-qualify completion fish > ~/.config/fish/completions/vllm-qualify.fish", what="once, for fish"
        ),
    ),
    exit_codes={0: "it is printed"},
)
_SCRIPTS = {shell: f"vllm-qualify.{shell}" for shell in ("bash", "zsh", "fish")}


def arguments(parser: CommandParser) -> None:
    """The shell; and, for the shell itself, the words that it asks about."""
    parser.add_argument("shell", nargs="?", choices=tuple(_SCRIPTS), metavar="SHELL", help="bash, zsh or fish")
    parser.add_argument("--candidates", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Print the script of a shell, or the candidates for the last of the words, one a line."""
    if options.candidates is not None:
        sys.stdout.writelines(f"{word}\t{told}\n" for word, told in candidates.of(options.candidates))
    elif options.shell:
        script = Path(__file__).parent / "shells" / _SCRIPTS[options.shell]
        sys.stdout.write(script.read_text(encoding="utf-8"))
    else:
        raise UserError(f"name the shell: {', '.join(_SCRIPTS)}")
    return 0

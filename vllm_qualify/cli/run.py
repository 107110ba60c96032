"""``vllm-qualify run``: the suites that come with the harness, in any folder, with every option that pytest has."""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from pathlib import Path

from vllm_qualify.cli import streams
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core import shipped, suggestions
from vllm_qualify.core.errors import EXIT_USAGE

HELP = CommandHelp(
    usage="--image IMAGE [options of this command and of pytest]",
    examples=(
        CommandExample(
            command="vllm-qualify run --image vllm/vllm-openai:v0.19.1",
            what="one image, where ./qualify.toml says, or on this machine with the built-in canary profile",
        ),
        CommandExample(
            command="vllm-qualify run --pick newest --image 'vllm/vllm-openai:>=v0.12'",
            what="the newest release that qualifies",
        ),
        CommandExample(
            command="vllm-qualify run --list-checks --image vllm/vllm-openai:v0.19.1",
            what="every case with its level and what it costs; nothing is run",
        ),
    ),
    exit_codes={
        0: "every candidate qualified; with --pick: one did",
        1: "a candidate did not qualify, or is ruled out; with --pick: none did",
        2: "interrupted by Ctrl-C, after production was put back and the reports were written",
        3: "a fault of the harness",
        4: "a mistake in options or settings",
        5: "there was no case to run",
        10: "inconclusive or broken; with --pick: none qualified, and something was left open",
        20: "production could not be put back; takes precedence over every other code",
    },
)
_INI = Path(__file__).with_name("run.toml")


def arguments(parser: CommandParser) -> None:
    """The options of a run, by subject; for the help and for shells, since pytest parses them itself."""
    from vllm_qualify.plugin import option_table  # noqa: PLC0415 - the targets; a run loads them in a way of its own.

    more = "All of pytest's own options work as well, such as -k and -x; `pytest --help` lists them."
    parser.epilog = f"{more}\n\n{parser.epilog}"
    for subject in option_table.OptionSubject:
        group = parser.add_argument_group(subject.value)
        for row in (row for row in option_table.OPTION_ROWS if row.subject is subject):
            group.add_argument(row.name, help=row.help, **row.how)


def main(words: Sequence[str], *more: object) -> int:
    """Run pytest; its exit code.

    Args:
        words: of its command line.
        more: further plugins.
    """
    import pytest  # noqa: PLC0415 - the help of this command waits for nothing of a run.

    from vllm_qualify import plugin  # noqa: PLC0415

    # Before pytest looks: it would compile every module in a way of its own, each time anew where it may not write.
    from vllm_qualify.plugin import option_table, wiring  # noqa: F401, PLC0415 - imported to be imported.

    # A plugin that only has a name: pytest has no other way to hand something on that is no option.
    command = types.SimpleNamespace(__name__=shipped.COMMAND)
    fixed = ("-c", str(_INI), "--rootdir", str(Path.cwd()), "-p", plugin.__name__)
    code = int(pytest.main([*fixed, *words], plugins=[command, *more]))
    if code == EXIT_USAGE and (meant := _meant(words, [row.name for row in option_table.OPTION_ROWS])):
        streams.complain("run", meant)
    return code


def _meant(words: Iterable[str], known: Sequence[str]) -> str:
    """What options may have been meant that are only like one of ours; pytest has said that it does not know them."""
    given = [word.partition("=")[0] for word in words if word.startswith("--")]
    near = {word: suggestions.nearest(word, known, cutoff=0.8) for word in given if word not in known}
    return "\n".join(f"{word}: did you mean {meant}?" for word, meant in near.items() if meant)

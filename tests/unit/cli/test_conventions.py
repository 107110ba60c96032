"""Every command keeps the conventions of a command line, whatever it is given and wherever its output goes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.called import Where, forked, started
from tests.unit.cli.command_lines import MODULES, NAMES, PARSED, WORDS, fill
from vllm_qualify import __version__, cli
from vllm_qualify.cli import calling, exit_codes
from vllm_qualify.core.errors import EXIT_USAGE

HELPS = dict(exit_codes.told())
# These two write nothing before they know that something is wrong.
SILENT = {"restore"}
STOPPED = """
import importlib.abc, os, signal, sys
class Stop(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == f"vllm_qualify.cli.{sys.argv[1]}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
from vllm_qualify.cli import main
sys.exit(main())
"""
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's own, where every command has something to show."""
    folder = tmp_path_factory.mktemp("operator")
    fill(folder)
    forked(folder, "history", "--add", "reports")
    return folder


def test_every_command_is_called_here() -> None:
    """Else a new one would be held to none of this."""
    assert NAMES == MODULES


@pytest.mark.parametrize(
    ("where", "why"),
    [(Where.FULL, "No space left on device"), (Where.CLOSED, "it is closed")],
    ids=lambda one: getattr(one, "value", ""),
)
@pytest.mark.parametrize("name", PARSED)
def test_output_that_cannot_be_written_is_a_line(name: str, where: Where, why: str, folder: Path) -> None:
    """It is told once, and a success becomes a mistake; nothing that is opened meanwhile is taken for it."""
    code, _, plain = forked(folder, name, *WORDS[name])
    told = "" if name in SILENT else f"vllm-qualify {name}: cannot write to standard output: {why}\n"

    assert forked(folder, name, *WORDS[name], where=where) == (code or EXIT_USAGE, "", plain + told)


@pytest.mark.parametrize("name", PARSED)
def test_a_reader_that_has_gone_changes_nothing(name: str, folder: Path) -> None:
    """The command comes to its end, with its exit code, and without a word about it."""
    code, _, plain = forked(folder, name, *WORDS[name])

    assert forked(folder, name, *WORDS[name], where=Where.GONE) == (code, "", plain)


@pytest.mark.parametrize("name", PARSED)
def test_output_of_few_characters_is_no_reason_to_fail(name: str, folder: Path) -> None:
    """What ASCII has no sign for is shown by another one."""
    code, shown, plain = forked(folder, name, *WORDS[name])
    poor = forked(folder, name, *WORDS[name], encoding="ascii")

    assert (poor[0], poor[2]) == (code, plain)
    assert len(poor[1].splitlines()) == len(shown.splitlines())
    assert code in HELPS[name].all_codes


@pytest.mark.parametrize(("to", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")])
@pytest.mark.parametrize(
    "words", [["--help"], ["advisories", *WORDS["advisories"]], ["run", *WORDS["run"]]], ids=" ".join
)
def test_a_process_ends_as_its_command(words: list[str], to: str, why: str, folder: Path) -> None:
    """What Python does at its end adds nothing to it."""
    code, said = started(folder, *words, to=to)

    assert code == EXIT_USAGE
    assert said == f"vllm-qualify {words[0]}: cannot write to standard output: {why}\n".replace(" --help:", ":")


@pytest.mark.parametrize("name", NAMES)
def test_ctrl_c_while_a_command_loads_is_silent(name: str, folder: Path) -> None:
    """130, and not a word, though it comes in the middle of an import."""
    assert started(folder, name, *WORDS[name], program=("-c", STOPPED)) == (130, "")


@pytest.mark.parametrize("name", PARSED)
def test_ctrl_c_while_a_command_works_is_silent(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """130, and whoever called finds Ctrl-C as it was."""
    monkeypatch.setattr(f"vllm_qualify.cli.{name}.run", lambda _options: signal.raise_signal(signal.SIGINT))

    assert cli.main([name, *WORDS[name]]) == 130

    assert capsys.readouterr() == ("", "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("name", PARSED)
def test_an_option_that_does_not_exist_is_a_line(name: str, capsys: Captured) -> None:
    """It ends with 4, and says what was meant where that can be told."""
    assert cli.main([name, *WORDS[name], "--hlep"]) == EXIT_USAGE

    said = capsys.readouterr().err
    assert said == f"vllm-qualify {name}: there is no option --hlep; did you mean --help?\n"


def test_an_option_of_a_run_that_does_not_exist_is_explained(folder: Path) -> None:
    """Pytest says that there is none; the last line says what was meant."""
    code, said = started(folder, "run", "--imgae", "vllm/vllm-openai:v0.12.0")

    assert code == EXIT_USAGE
    assert said.splitlines()[-1] == "vllm-qualify run: --imgae: did you mean --image?"


@pytest.mark.parametrize("name", PARSED)
def test_a_choice_that_does_not_exist_is_a_line(name: str, capsys: Captured) -> None:
    """Of every option that has choices; with those that there are."""
    options = [(one.option_strings[-1:], one.choices) for one in calling.parser(name)._actions if one.choices]
    for option, choices in options:
        assert cli.main([name, *option, f"{next(iter(choices))}x"]) == EXIT_USAGE

        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert f"did you mean {next(iter(choices))}?" in said


@pytest.mark.parametrize("ask", [lambda name: [name, "--help"], lambda name: ["help", name]], ids=["--help", "help"])
@pytest.mark.parametrize("name", NAMES)
def test_help_has_all_that_one_needs(
    name: str, ask: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Options by subject, examples, and every exit code."""
    monkeypatch.setenv("COLUMNS", "200")

    assert cli.main(ask(name)) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"usage: vllm-qualify {name} {HELPS[name].usage}\n")
    assert all(f"  {one.command}\n" in said for one in HELPS[name].examples)
    assert all(f"  {code:>3}  {meaning}\n" in said for code, meaning in HELPS[name].all_codes.items())
    assert "\noptions:\n" not in said, "an option that belongs to no subject"


@pytest.mark.parametrize("name", ["", *NAMES])
def test_help_is_as_wide_as_the_terminal(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """But for examples, which are copied, the line of the usage, and the headings."""
    monkeypatch.setenv("COLUMNS", "80")

    assert cli.main([*filter(None, [name]), "--help"]) == 0

    lines = capsys.readouterr().out.partition("\nexamples:\n")
    wide = [line for part in lines[::2] for line in part.splitlines() if len(line) > 80]
    assert [line for line in wide if line.startswith(" ") and "vllm-qualify " not in line] == []


@pytest.mark.parametrize("name", ["", *NAMES])
def test_the_version_is_told_everywhere(name: str, capsys: Captured) -> None:
    """The same one."""
    assert cli.main([*filter(None, [name]), "--version"]) == 0

    assert capsys.readouterr().out == f"vllm-qualify {__version__}\n"

"""`cli`: what a user can mend ends any command with its lines, its exit code and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import cli
from vllm_qualify.cli import commands, doctor
from vllm_qualify.core.errors import UserError

KEY = "hf_abcdefghijklmnopqrstuvwx"


class Away(UserError):
    """What has an exit code of its own."""

    exit_code = 20


def test_each_problem_is_a_line_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every line names the command, what it quotes keeps no secret, and the exit code is the problem's own."""

    def run(_options: object) -> int:
        raise Away(f"no context {KEY}\nno namespace")

    monkeypatch.setattr(doctor, "run", run)

    assert cli.main(["doctor"]) == 20
    said = capsys.readouterr().err
    assert said == "vllm-qualify doctor: no context [redacted]\nvllm-qualify doctor: no namespace\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--verison", "there is no option --verison; did you mean --version?"),
        ("preflihgt", "there is no command preflihgt; did you mean preflight?"),
        ("--frobnicate", "there is no option --frobnicate; --help lists them"),
        ("frobnicate", "there is no command frobnicate; vllm-qualify --help lists them"),
    ],
)
@pytest.mark.parametrize("before", [[], ["help"]], ids=["", "help"])
def test_what_is_no_command_is_a_line(
    before: list[str], word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what was meant, and where all of them are listed where nothing is like it."""
    assert cli.main([*before, word]) == 4

    assert capsys.readouterr() == ("", f"vllm-qualify: {said}\n")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"], ["help", "help"]], ids=" ".join)
def test_the_overview_has_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """By what they are for, with the exit codes."""
    assert cli.main(words) == 0

    said = capsys.readouterr().out
    assert [name for name in commands.COMMANDS if f"\n  {name} " not in said] == []
    assert [subject for subject in commands.SUBJECTS if f"\n{subject}:\n" not in said] == []
    assert "  130  interrupted by Ctrl-C\n" in said


def test_every_mistake_of_a_call_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A line each, so that one try more is enough."""
    assert cli.main(["compare", "a", "b", "c", "--fromat", "--tto=x"]) == 4

    assert capsys.readouterr().err.splitlines() == [
        "vllm-qualify compare: 'c' is one argument too many; `vllm-qualify help compare` shows what it takes",
        "vllm-qualify compare: there is no option --fromat; did you mean --format?",
        "vllm-qualify compare: there is no option --tto; did you mean --to?",
    ]


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody but us can mend is not dressed up as the user's mistake."""

    def run(_options: object) -> int:
        raise ValueError("ours")

    monkeypatch.setattr(doctor, "run", run)

    with pytest.raises(ValueError, match="ours"):
        cli.main(["doctor"])


def test_the_doctor_quotes_no_secret_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with the settings is a line of its report, and keeps no secret there either."""
    (tmp_path / "qualify.toml").write_text(f"{KEY} = 1\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert (KEY in said, "[redacted]" in said) == (False, True)

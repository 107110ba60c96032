"""`cli`: what a user can mend ends any command with its lines, its exit code and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import cli
from vllm_qualify.cli import doctor
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

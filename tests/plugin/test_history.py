"""Every run is recorded in the history at its end, and a history that cannot be written fails no run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vllm_qualify import cli
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.history import store

IMAGE = "vllm/vllm-openai:v0.12.0"
Qualify = Callable[..., pytest.RunResult]
BABBLES = "{'v0.12.0': Script(behaviour='babbles')}"


def test_a_run_is_recorded_beside_its_folder(
    qualify: Qualify, checkout: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    """With verdict, first cause and figures; taking it in once more changes nothing."""
    qualify("--image", IMAGE, scripts=BABBLES)

    (run,) = store.load(checkout.path / "reports" / "history.sqlite")
    (turn,) = run.turns
    assert (turn.image, turn.verdict, run.finished is not None) == (IMAGE, Verdict.NOT_QUALIFIED, True)
    assert turn.reason
    assert "load" in {figure.name for figure in turn.figures}
    assert cli.main(["history", "--add", "reports"]) == 0
    assert "0 runs taken into reports/history.sqlite; 1 run in it already\n" in capsys.readouterr().out


def test_the_settings_name_the_file(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """It need not be there; it is meant from the folder of the settings."""
    checkout.path.joinpath("qualify.toml").write_text('[history]\nfile = "kept/all.sqlite"\n')

    qualify("--image", IMAGE, "-k", "test_health")

    assert len(store.load(checkout.path / "kept" / "all.sqlite")) == 1
    assert not (checkout.path / "reports" / "history.sqlite").exists()


def test_a_history_that_cannot_be_written_is_a_warning(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """The exit code is the verdict's, the reports are there, and one line says what to do."""
    checkout.path.joinpath("reports").mkdir()
    checkout.path.joinpath("reports", "history.sqlite").write_text("a diary of several lines\n" * 100)

    result = qualify("--image", IMAGE, scripts=BABBLES)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["warning: the run is not in the history: *it is not a history*history --add*"])
    assert (checkout.path / "reports" / "latest" / "matrix.json").exists()

"""What is left in the reports folder, and what becomes of it when the disk or the run gives out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import vllm_qualify
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import remake

IMAGE = "vllm/vllm-openai:v0.12.0"
Qualify = Callable[..., pytest.RunResult]
SCHEMA = json.loads((Path(vllm_qualify.__file__).parent / "reports" / "matrix.schema.json").read_text())


def test_everything_is_there(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A run leaves the journal, the matrix in every form, JUnit, Allure and the evidence of what failed."""
    qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='babbles')}")

    latest = checkout.path / "reports" / "latest"
    names = {path.name for path in latest.iterdir()}
    wanted = {"journal.jsonl", "matrix.html", "matrix.md", "matrix.json", "matrix.csv", "junit.xml", "allure-results"}
    assert wanted | {"ctrf-report.json", "findings.sarif", "badge.json", "metrics.prom"} <= names
    logs = {path.name for path in (latest / "evidence" / "v0.12.0").iterdir()}
    assert logs == {"1-ml-engine.txt", "2-r1-engine.txt", "3-ml-engine.txt"}


def test_a_job_shows_the_matrix_when_a_run_ends_and_when_it_is_made_again(
    qualify: Qualify, checkout: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub shows on the page of a job what a step adds to a file that it names."""
    summary = checkout.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    qualify("--image", IMAGE, "-k", "test_health")
    first = summary.read_text()
    again = [sys.executable, "-m", "vllm_qualify", "report"]
    subprocess.run(again, cwd=checkout.path, capture_output=True, check=False)

    assert first.startswith("# vLLM compatibility matrix\n")
    assert summary.read_text() == first + first


def test_a_log_is_kept_as_it_stands_at_the_end(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A log that was kept for a first failure grows with what was printed after it; there is one file a start."""
    qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='babbles')}")

    evidence = checkout.path / "reports" / "latest" / "evidence" / "v0.12.0"
    asked = int((evidence / "1-ml-engine.txt").read_text().split("asked ")[1])
    assert asked > 2 * 72


def test_the_matrix_is_valid_by_its_schema(qualify: Qualify, matrix: Callable[[], dict[str, Any]]) -> None:
    """What a run really writes satisfies the schema that is shipped."""
    qualify("--image", IMAGE)

    Draft202012Validator(SCHEMA).validate(matrix())


def test_secrets_stay_out_of_the_evidence(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A token that the engine printed is in no file of the run."""
    qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='babbles')}")

    files = [path for path in (checkout.path / "reports" / "latest").rglob("*") if path.is_file()]
    assert any("[redacted]" in path.read_text(errors="replace").lower() for path in files if "evidence" in path.parts)
    assert not [path for path in files if b"hf_abcdefghij" in path.read_bytes()]


def test_a_message_without_end_stays_out_of_the_reports(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """The journal has its head and every report with it; what evidence takes of it is beside the case."""
    checkout.path.joinpath("suites", "test_wordy.py").write_text(
        "import pytest\n@pytest.mark.requirement('LOAD')\n"
        "def test_wordy(candidate):\n    '''Says much.'''\n    raise AssertionError('word ' * 400_000)\n"
    )

    qualify("--image", IMAGE, "-k", "test_wordy")

    latest = checkout.path / "reports" / "latest"
    (case,) = (one for one in matrix()["candidates"][0]["cases"] if one["id"] == "LOAD/wordy")
    assert case["message"].endswith("[vllm-qualify cut this text of 2,000,000 characters]")
    assert [one["path"] for one in case["evidence"] if "in-full" in one["name"]]
    made = [*(path for path in latest.iterdir() if path.is_file()), *latest.glob("allure-results/*-result.json")]
    assert max(path.stat().st_size for path in made) < 1_000_000


def test_allure_shows_the_failing_case_with_its_log(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """The result of a failing case is 'failed', with the engine's log attached; one that is not shown is 'skipped'.

    One that decides nothing, as marks that no answer names, is 'broken': Allure has no better word.
    """
    qualify("--image", IMAGE, scripts="{'v0.12.0': Script(behaviour='babbles')}")

    folder = checkout.path / "reports" / "latest" / "allure-results"
    results = [json.loads(path.read_text()) for path in folder.glob("*-result.json")]
    labels = next(one for one in results if one["name"].startswith("CLASSIFY/labels"))
    assert labels["status"] == "failed"
    assert "1-ml-engine" in {attachment["name"] for attachment in labels["attachments"]}
    assert {one["status"] for one in results} == {"passed", "failed", "skipped", "broken"}
    assert {"environment.properties", "categories.json"} <= {path.name for path in folder.iterdir()}


def test_allure_shows_each_case_once_also_after_its_report_is_made_again(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """What allure-pytest wrote on the way and what is made of the journal are the same cases."""
    qualify("--image", IMAGE, "-k", "test_deploy or test_kv")
    folder = checkout.path / "reports" / "latest" / "allure-results"
    first = {path.name: path.read_bytes() for path in folder.glob("*-*.*")}

    remake.remake([folder.parent])

    assert {path.name for path in folder.glob("*-*.*")} == set(first)
    shown = [json.loads(first[name])["fullName"] for name in first if name.endswith("-result.json")]
    cases = [case["id"] for case in matrix()["candidates"][0]["cases"]]
    assert sorted(name for name in shown if "/" in name) == sorted(cases)
    assert not list(folder.glob("*-container.json"))


def test_allure_keeps_candidates_apart(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """The same case on two candidates has two histories, and the same ones on the next run."""
    images = ("--image", IMAGE, "--image", "vllm/vllm-openai:v0.15.1")

    def histories() -> list[str]:
        qualify(*images, "-k", "test_health")
        folder = checkout.path / "reports" / "latest" / "allure-results"
        return sorted(json.loads(path.read_text())["historyId"] for path in folder.glob("*-result.json"))

    first = histories()
    assert len(set(first)) == 2 * len(EXPECTED)
    assert histories() == first


def test_a_folder_without_permission(qualify: Qualify) -> None:
    """A reports folder that cannot be made is one line, before anything is started."""
    # Not even root may make a folder there.
    result = qualify("--image", IMAGE, "--reports-dir", "/sys/reports")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot write /sys/reports*"])


def test_a_file_where_the_folder_should_be(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A reports folder that is a file is one line, before anything is started."""
    checkout.path.joinpath("taken").write_text("mine")

    result = qualify("--image", IMAGE, "--reports-dir", "taken")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot write*taken*"])
    assert checkout.path.joinpath("taken").read_text() == "mine"


def test_a_full_disk(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A disk that fills up in the middle ends the run with one line; the journal before it is readable."""
    script = "{'v0.12.0': __import__('resource').setrlimit(1, (16384, 16384)) or Script()}"

    result = qualify("--image", IMAGE, scripts=script)

    assert result.ret == 10, result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    journal = checkout.path / "reports" / "latest" / "journal.jsonl"
    # Which line is the first that does not fit, and whether a shorter one still does, is a matter of bytes.
    assert "case-finished" in [json.loads(line)["type"] for line in journal.read_text().splitlines()]


def test_sigkill_leaves_a_journal_that_renders(qualify: Qualify, checkout: pytest.Pytester) -> None:
    """A run that was killed can still be reported; the case it was in counts as interrupted."""
    checkout.path.joinpath("suites", "test_hang.py").write_text(
        "import os, pytest\n@pytest.mark.requirement('LOAD')\n"
        "def test_hang(candidate):\n    '''Hangs.'''\n    os.kill(os.getpid(), 9)\n"
    )
    result = qualify("--image", IMAGE)
    assert result.ret == -signal.SIGKILL

    remake = subprocess.run(
        [sys.executable, "-m", "vllm_qualify", "report"],
        cwd=checkout.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert remake.returncode == 10, remake.stderr
    assert "interrupted" in (checkout.path / "reports" / "latest" / "matrix.md").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_a_run_in_order(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]], number: signal.Signals
) -> None:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: everything is cleaned up, and reports are written."""
    checkout.path.joinpath("suites", "test_hang.py").write_text(
        "import os, pytest\n@pytest.mark.requirement('LOAD')\n"
        f"def test_hang(candidate):\n    '''Hangs.'''\n    os.kill(os.getpid(), {int(number)})\n"
    )

    result = qualify("--image", IMAGE)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert matrix()["candidates"][0]["verdict"] != "qualified"


def test_ctrl_c_while_reports_are_written_waits_for_them(
    qualify: Qualify, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """Every report is written, the end is told, and the exit code is that of the verdicts."""
    checkout.makepyfile(
        pressed="""
        import os, signal
        from vllm_qualify import reports

        render = reports.all

        def interrupted(*given, **named):
            os.kill(os.getpid(), signal.SIGINT)
            return render(*given, **named)

        reports.all = interrupted
        """
    )

    result = qualify("--image", IMAGE, "-k", "test_kv", "-p", "pressed")

    assert result.ret == 10, result.stdout.str()
    assert matrix()["candidates"][0]["verdict"] == "inconclusive"
    result.stdout.fnmatch_lines(["*SIGINT: the reports are being written; this is not interrupted*", "*matrix.html"])
    assert "KeyboardInterrupt" not in result.stdout.str() + result.stderr.str()

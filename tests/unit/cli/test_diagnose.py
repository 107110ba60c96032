"""``vllm-qualify diagnose`` on files and pipes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from vllm_qualify import cli

DATA = Path(__file__).parents[1] / "data" / "logs"
DIED = DATA / "v0.12.0-bfloat16-dies-on-schema.log"
HEALTHY = DATA / "v0.15.1-healthy.log"
Captured = pytest.CaptureFixture[str]


def test_for_people(capsys: Captured) -> None:
    """The cause, its line, what to do and where it is from; a healthy log is told to be one."""
    assert cli.main(["diagnose", str(DIED), str(HEALTHY)]) == 0

    said = capsys.readouterr().out
    assert "(E58; certain" in said
    assert "  line 91: ValueError: logits must be of type float32\n  what to do: " in said
    assert f"{HEALTHY}: no cause found" in said


def test_for_programs(capsys: Captured) -> None:
    """One object a file and line, with all that is known of each cause."""
    assert cli.main(["diagnose", "--format", "json", str(DIED), str(HEALTHY)]) == 0

    died, healthy = map(json.loads, capsys.readouterr().out.splitlines())
    assert (died["file"], healthy["causes"]) == (str(DIED), [])
    assert set(died["causes"][0]) == {"id", "title", "certainty", "wrapper", "lines", "remedy", "reference"}
    assert died["causes"][0]["lines"] == [{"number": 91, "text": "ValueError: logits must be of type float32"}]


def test_a_pipe_with_events_and_exit_code(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A silent log is explained by the pod's events, and otherwise by the exit code."""
    (tmp_path / "events").write_text("Warning Unhealthy Container vllm failed liveness probe, will be restarted\n")
    said = []
    for more in (["--events", str(tmp_path / "events")], []):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"INFO 11-23 10:00:01 [a.py:1] calm\n")))
        assert cli.main(["diagnose", "--format", "json", "--exit-code", "137", *more]) == 0
        said.append(json.loads(capsys.readouterr().out)["causes"][0]["id"])

    assert said == ["E50", "E51"]


def test_what_cannot_be_read_is_told_and_the_rest_diagnosed(capsys: Captured, tmp_path: Path) -> None:
    """A missing file costs exit code 4 and one line; the other one is diagnosed."""
    assert cli.main(["diagnose", str(tmp_path / "gone"), str(DIED)]) == 4

    said = capsys.readouterr()
    assert said.err.splitlines() == [
        f"vllm-qualify diagnose: cannot read {tmp_path / 'gone'}: No such file or directory"
    ]
    assert "E58" in said.out


def test_a_problem_in_json(capsys: Captured, tmp_path: Path) -> None:
    """Programs get an object for what could not be read as well."""
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04")

    assert cli.main(["diagnose", "--format", "json", str(tmp_path / "x.zip")]) == 4
    assert "zip archive" in json.loads(capsys.readouterr().out)["problem"]


def test_an_empty_log(capsys: Captured, tmp_path: Path) -> None:
    """An empty log is no error; where to look instead is said."""
    (tmp_path / "empty.log").touch()

    assert cli.main(["diagnose", str(tmp_path)]) == 0
    assert "it is empty; kubectl logs --previous" in capsys.readouterr().out


def test_secrets_stay_out(capsys: Captured, tmp_path: Path) -> None:
    """A token in the line of a cause is not printed."""
    (tmp_path / "a.log").write_text("vllm: error: unrecognized arguments: --api-key sk-0123456789abcdefghijk\n")

    assert cli.main(["diagnose", str(tmp_path / "a.log")]) == 0
    assert "sk-0123456789abcdefghijk" not in capsys.readouterr().out


def test_neither_file_nor_pipe(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started at a terminal without a file, it says how it is used."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    assert cli.main(["diagnose"]) == 4
    assert "give a FILE, or pipe a log" in capsys.readouterr().err

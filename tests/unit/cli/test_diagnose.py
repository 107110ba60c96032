"""``vllm-qualify diagnose`` on files and pipes."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vllm_qualify import cli

DATA = Path(__file__).parents[1] / "data" / "logs"
DIED = DATA / "v0.12.0-bfloat16-dies-on-schema.log"
HEALTHY = DATA / "v0.15.1-healthy.log"
Captured = pytest.CaptureFixture[str]
FORMATS: list[list[str]] = [[], ["--format", "json"]]
# What begins a compressed file, an archive or another encoding, and what a log is made of.
PIECES = [b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff"]
PIECES += [
    b"\xef\xbb\xbf",
    b"{",
    b'{"log": "a"}',
    b"\r",
    b"\n",
    b"\x00",
    b"\x1b[31m",
    b"CUDA out of memory",
    b"\xed\xa0\x80",
]
PIECES += [b"Traceback (most recent call last):\n", b"ValueError: odd\n", b"(EngineCore_DP0 pid=1) ERROR "]


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
    assert set(died["causes"][0]) == {
        "id",
        "title",
        "certainty",
        "wrapper",
        "lines",
        "remedy",
        "reference",
        "origin",
        "message",
    }
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


DEATH = "Modèle: ValueError: No available memory for the cache blocks\n"


def said_of(content: bytes, folder: Path, capsys: Captured, *options: str) -> tuple[int, str, str]:
    """Exit code, output and errors for a log of those bytes."""
    (folder / "a.log").write_bytes(content)
    code = cli.main(["diagnose", *options, str(folder / "a.log")])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize(
    "content",
    [
        DEATH.encode(),
        DEATH.encode("utf-8-sig"),
        DEATH.encode("latin-1"),
        DEATH.encode("cp1252").replace(b"\n", b"\r\n"),
        DEATH.encode("utf-16"),
        DEATH.encode("utf-16-le") * 9,
        DEATH.encode("utf-16-be") * 9,
        DEATH.encode("utf-32"),
        b"\x00" * 5000 + DEATH.encode(),
        b"\xfd\xfe\xff" * 3 + DEATH.encode("latin-1"),
        gzip.compress(DEATH.encode("utf-16")),
        b"\x1b[31m" + DEATH.encode()[:-1],
    ],
    ids=range(12),
)
def test_a_log_in_another_encoding_is_diagnosed(content: bytes, tmp_path: Path, capsys: Captured) -> None:
    """Whatever it is written in, the cause is found, and what is printed is text."""
    code, out, err = said_of(content, tmp_path, capsys, "--format", "json")

    found = json.loads(out)
    assert (code, err) == (0, "")
    assert [cause["id"] for cause in found["causes"]] == ["E29"]
    assert "\x00" not in found["causes"][0]["lines"][0]["text"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty; kubectl logs --previous shows"),
        (b"\n \n\r\n", "it is empty; kubectl logs --previous shows"),
        (b"\x00" * 3000, "is not a text file; give the log as text"),
        (b"\x7fELF" + bytes(range(256)) * 40, "is not a text file; give the log as text"),
        (gzip.compress(DEATH.encode() * 500)[:-20], "is damaged or cut off, so its end was not read"),
        (b"\x1f\x8b", "is damaged or cut off"),
        (b"PK\x03\x04" + b"x" * 99, "is a zip archive; unpack it first"),
        (b"\xef\xbb\xbf", "it is empty; kubectl logs --previous shows"),
        ("".encode("utf-16"), "it is empty; kubectl logs --previous shows"),
    ],
    ids=["empty", "blank", "zeros", "program", "cut", "cut-head", "zip", "mark-8", "mark-16"],
)
def test_what_is_no_log_is_told_in_one_line(content: bytes, told: str, tmp_path: Path, capsys: Captured) -> None:
    """A file without a word, and one that is none, are each told as such, with what to do."""
    code, out, err = said_of(content, tmp_path, capsys)

    assert told in out + err
    assert code == (4 if err else 0)
    assert err.count("\n") <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(max_size=40) | st.sampled_from(PIECES), max_size=12), options=st.sampled_from(FORMATS))
def test_no_bytes_make_it_fail(pieces: list[bytes], options: list[str], tmp_path: Path, capsys: Captured) -> None:
    """Any bytes at all come to an answer or to one line of what is wrong; never to a traceback."""
    code, out, err = said_of(b"".join(pieces), tmp_path, capsys, *options)

    assert code == (4 if err else 0)
    assert err.count("\n") <= 1
    assert not options or all(json.loads(line)["file"] for line in out.splitlines())
    assert "\x1b" not in out


UNKNOWN = """\
INFO 08-11 07:13:52 [utils.py:299] vLLM API server version 0.9.2
Traceback (most recent call last):
  File "/a/site-packages/vllm/config.py", line 9, in __post_init__
    raise ValueError(
ValueError: data_parallel_size_local (4) must be <= data_parallel_size (2)
"""


@pytest.mark.parametrize("output", FORMATS)
def test_an_unknown_exception_is_looked_up(output: list[str], tmp_path: Path, capsys: Captured) -> None:
    """For people and for programs: which statement raised it, and whether production's release has it."""
    log = tmp_path / "unknown.log"
    log.write_text(UNKNOWN)

    assert cli.main(["diagnose", str(log), "--production", "v0.8.5", *output]) == 0
    said = capsys.readouterr().out
    assert "raised by vllm/config.py, `ParallelConfig.__post_init__`" in said
    assert "it is about `--data-parallel-size-local` and `--data-parallel-size`" in said
    assert "production's v0.8.5 does not have this check" in said


def test_what_is_not_a_release_is_refused(capsys: Captured) -> None:
    """Before any log is read."""
    assert cli.main(["diagnose", str(HEALTHY), "--release", "latest"]) == 4

    assert "'latest' is not a release; expected one such as 0.20.2" in capsys.readouterr().err

"""What an engine writes is kept with its times, and has its bounds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from vllm_qualify.targets.local import supervisor


def test_a_line_without_end_is_kept_as_several() -> None:
    """No more of it is held at once than a line may be."""
    log = io.BytesIO()

    supervisor._pump(io.BytesIO(b"x" * (2 * supervisor.LINE_BYTES) + b"\nend\n"), log)

    lines = [line.partition(b" ")[2] for line in log.getvalue().splitlines()]
    assert lines == [b"x" * supervisor.LINE_BYTES, b"x" * supervisor.LINE_BYTES, b"", b"end"]


def test_a_log_without_end_is_read_to_its_end_and_kept_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine never waits for a reader; the log says that it goes on."""
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    source, log = io.BytesIO(b"a line\n" * 100), io.BytesIO()

    supervisor._pump(source, log)

    lines = [line.partition(b" ")[2] for line in log.getvalue().splitlines()]
    assert lines == [b"a line", b"a line", b"vllm-qualify: the log is longer than the 10 bytes that are kept"]
    assert source.read() == b""


def test_an_engine_behind_the_harness_leaves_the_processors_to_its_clients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its whole session is told so, as nice(1) would tell one process."""
    autogroup = tmp_path / "autogroup"
    monkeypatch.setattr(supervisor, "AUTOGROUP", autogroup)

    supervisor.stand_behind()

    assert autogroup.read_text(encoding="ascii") == "10"


def test_a_kernel_that_does_not_know_sessions_starts_the_engine_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where there is no such file, nothing is lost but the order."""
    monkeypatch.setattr(supervisor, "AUTOGROUP", tmp_path / "none" / "autogroup")

    supervisor.stand_behind()

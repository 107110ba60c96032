from __future__ import annotations

from pathlib import Path

import pytest

from lab import programs
from vllm_qualify.system.caches import Caches


def test_without_root_one_line_says_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason names root and the other way, in one line."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    reason = programs.missing()

    assert reason is not None
    assert "root" in reason
    assert "kind" in reason
    assert "\n" not in reason


@pytest.mark.parametrize("program", ["go", "gcc", "ip", "unshare"])
def test_a_missing_program_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Each program that a lab needs is looked for, and its absence told with what to install."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: None if name == program else f"/usr/bin/{name}")

    assert str(programs.missing()).startswith(f"a lab needs {program}, which is not on PATH; install")


def test_nothing_is_built_without_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Go the build says so before it makes a folder."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    root = tmp_path / "cache"

    with pytest.raises(programs.Unavailable, match="install Go"):
        programs.ensure(Caches(root), say=print)
    assert not root.exists()

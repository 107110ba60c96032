"""Whether a named cluster answers; asked of a kubectl on the PATH that is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.edge import reachability


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a kubectl on the PATH that does this."""
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_one_that_answers_has_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for its version, under its name, with an end."""
    kubectl(tmp_path, monkeypatch, """echo '{"major": "1"}'""")

    assert reachability.problem("home") == ""
    assert (tmp_path / "asked").read_text() == "--context=home --request-timeout=5s get --raw /version\n"


@pytest.mark.parametrize(
    "said",
    [
        'error: context "home" does not exist',
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
    ],
    ids=["no-context", "refused"],
)
def test_one_that_does_not_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """In kubectl's words, and once: whoever has no cluster up does not wait for it."""
    kubectl(tmp_path, monkeypatch, f"echo '{said}' >&2; exit 1")

    assert reachability.problem("home") == said
    assert len((tmp_path / "asked").read_text().splitlines()) == 1


def test_a_machine_without_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert reachability.problem("home") == "there is no kubectl; install kubectl and put it on the PATH"

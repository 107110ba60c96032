"""Whether a named cluster answers; asked of a kubectl on the PATH that is a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.kube import reachability
from vllm_qualify.kube.kubeconfig import Kubeconfig
from vllm_qualify.kube.reachability import NoAnswer, NoContext


def known() -> Kubeconfig:
    """A kubeconfig with two contexts."""
    return Kubeconfig(files=(Path("/home/me/.kube/config"),), contexts=("home", "work"))


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a kubectl on the PATH that does this."""
    program = folder / "kubectl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_one_that_answers_has_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for its version, under its name, with an end."""
    kubectl(tmp_path, monkeypatch, """echo '{"major": "1"}'""")

    reachability.check("home", read=known)

    assert (tmp_path / "asked").read_text() == "--context=home --request-timeout=5s get --raw /version\n"


def test_one_that_does_not_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In kubectl's words, and once: a run that will not be does not wait long for it."""
    said = "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"
    kubectl(tmp_path, monkeypatch, f"echo '{said}' >&2; exit 1")

    with pytest.raises(NoAnswer) as problem:
        reachability.check("home", read=known)

    assert str(problem.value) == f"the cluster home does not answer: {said}"
    assert len((tmp_path / "asked").read_text().splitlines()) == 1


@pytest.mark.parametrize("said", ['context "nope" does not exist', "context was not found for specified context: nope"])
def test_a_context_that_is_none_is_told_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """By the kubeconfig, not by the words of one release of kubectl."""
    kubectl(tmp_path, monkeypatch, f"echo 'error: {said}' >&2; exit 1")

    with pytest.raises(NoContext) as problem:
        reachability.check("nope", read=known)

    assert str(problem.value) == "no context nope in /home/me/.kube/config; there are home, work"


def test_a_pod_has_no_kubeconfig_and_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is refused is no matter of a name."""
    kubectl(tmp_path, monkeypatch, "echo 'error: You must be logged in to the server' >&2; exit 1")

    with pytest.raises(NoAnswer, match="the cluster in-cluster does not answer: error: You must be logged in"):
        reachability.check("in-cluster", read=known)


def test_a_machine_without_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told what to install, whatever the name."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoAnswer, match="there is no kubectl; install kubectl and put it on the PATH"):
        reachability.check("nope", read=known)

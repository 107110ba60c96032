"""``vllm-qualify restore``: what it takes, what it says, and how it ends."""

from __future__ import annotations

import functools
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.unit.targets.home import Home, neighbour
from vllm_qualify import cli, reports
from vllm_qualify.cli import restore
from vllm_qualify.core.outcomes import EXIT_NOT_RESTORED, EXIT_QUALIFIED, EXIT_UNDECIDED
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.reachability import NoAnswer, NoContext
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

SETTINGS = '[cluster]\ncontext = "home"\nclient = "direct"\n[modes.ml]\nmanifest = "deployment.yaml"\n'
MANIFEST = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n"
    "      containers:\n      - name: vllm\n        image: vllm/vllm-openai:v0.5.5\n        args: [--model, m]\n"
)
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def checked(home: Home, context: str) -> None:
    """What the kubeconfig and the cluster say of a context."""
    if context != "home":
        raise NoContext(f"no context {context} in /home/me/.kube/config; there are home, work")
    if home.api.clock.now < home.api.outage_until:
        raise NoAnswer(f"the cluster {context} does not answer: connection refused")


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A cluster on which a run was killed with production away; settings beside it name that cluster."""
    (tmp_path / "qualify.toml").write_text(SETTINGS)
    (tmp_path / "deployment.yaml").write_text(MANIFEST)
    home, handlers = Home(), {number: signal.getsignal(number) for number in NUMBERS}
    wanted = objects.with_replicas(home.candidate(), 0)
    home.leave(home.kept(wanted))
    home.api.put(wanted, manager="vllm-qualify")
    home.api.controller.settle()
    clock: dict[str, Any] = {"clock": home.api.clock, "sleep": home.api.clock.sleep}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(restore, "Kubectl", functools.partial(Kubectl, run=home.api.run, **clock))
    monkeypatch.setattr(restore, "Namespace", functools.partial(Namespace, **clock))
    monkeypatch.setattr(restore, "new_http_client", home.client)
    monkeypatch.setattr(restore.reachability, "check", functools.partial(checked, home))
    yield home
    for number, handler in handlers.items():
        signal.signal(number, handler)
    home.close()
    assert home.api.complaints == []


def test_production_is_put_back(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Each step and each proof is a line with its time."""
    assert cli.main(["restore"]) == EXIT_QUALIFIED

    assert killed.problems() == []
    lines = [line[9:] for line in capsys.readouterr().out.splitlines()]
    assert "putting production back as run run-1 found it at 2026-11-23 12:00:00 UTC" in lines
    assert "put Deployment vllm-server back as it was, with 1 replicas" in lines
    assert lines[-1] == "production answers as qwen"


def test_programs_get_one_document(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """As its schema says; the steps go to standard error."""
    assert cli.main(["restore", "--format", "json"]) == EXIT_QUALIFIED

    told, steps = capsys.readouterr()
    document = json.loads(told)
    schema = json.loads((Path(reports.__file__).parent / "restore.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["complete"]
    assert document["checked"][-1] == "production answers as qwen"
    assert "put Deployment vllm-server back as it was, with 1 replicas" in steps
    assert killed.problems() == []


def test_quiet_shows_what_came_of_it(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """None of the steps."""
    assert cli.main(["restore", "--quiet"]) == EXIT_QUALIFIED

    told, steps = capsys.readouterr()
    assert steps == ""
    assert "putting production back" not in told
    assert told.endswith("production answers as qwen\n")
    assert killed.problems() == []


def test_a_second_time_there_is_nothing_to_do(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """And that is a success."""
    cli.main(["restore"])
    killed.api.written.clear()
    capsys.readouterr()

    assert cli.main(["restore"]) == EXIT_QUALIFIED

    assert "nothing was left to put back" in capsys.readouterr().out
    assert killed.api.written == []


def test_what_somebody_changed_needs_a_word(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 20, and both ways on; with the word it is done."""
    killed.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=7))

    assert cli.main(["restore"]) == EXIT_NOT_RESTORED
    said = capsys.readouterr().err
    assert "vllm-qualify restore: Deployment vllm-server was changed by somebody else" in said
    assert "production is NOT back; run it again, with --overwrite" in said

    assert cli.main(["restore", "--overwrite"]) == EXIT_QUALIFIED
    assert killed.problems() == []


def test_to_leave_everything_as_it_is(killed: Home) -> None:
    """The snapshot is forgotten, production is not touched."""
    assert cli.main(["restore", "--keep"]) == EXIT_QUALIFIED

    assert killed.api.find("Secret", snapshot.NAME) is None
    assert objects.replicas(killed.live("vllm-server")) == 0


def test_both_words_at_once_are_a_mistake(killed: Home) -> None:
    """They say the opposite of each other."""
    assert cli.main(["restore", "--keep", "--overwrite"]) == 4

    assert killed.api.requests == []


def test_a_run_that_lives_is_named(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is done, and nothing is wrong with production."""
    killed.api.put(lease.lease(neighbour("other"), namespace="ml"))
    killed.api.written.clear()

    assert cli.main(["restore"]) == EXIT_UNDECIDED

    assert "the run that holds production is still alive" in capsys.readouterr().err
    assert killed.api.written == []


def test_a_lock_that_is_lost_on_the_way_is_told(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """This machine slept, and somebody else puts production back by now: it may be away, and nothing more is done."""

    def take_over() -> None:
        # The first look at a Deployment comes once the lock was taken.
        if killed.api.requests[-1].key == ("Deployment", "ml", "vllm-server"):
            killed.api.put(lease.lease(neighbour("run-1"), namespace="ml"))
            killed.api.before.clear()

    killed.api.before.update(dict.fromkeys(range(1, 400), take_over))
    killed.api.written.clear()

    assert cli.main(["restore"]) == EXIT_NOT_RESTORED

    assert "lost its lock on the namespace ml: it is held by" in capsys.readouterr().err
    assert killed.api.written == ["replace Lease vllm-qualify"]


def test_a_cluster_that_does_not_answer(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Five minutes of patience; then it is said that production may be away."""
    killed.api.outage_until = began = killed.api.clock.now + 1_000_000
    began -= 1_000_000

    assert cli.main(["restore"]) == EXIT_NOT_RESTORED

    assert "production may be down, run it again" in capsys.readouterr().err
    assert 300 <= killed.api.clock.now - began < 310


def test_a_reader_that_has_gone_does_not_hide_the_end(killed: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """``restore | head`` has things to say of what is back and what is not; its exit code tells the latter."""
    killed.models = lambda: ["another"]

    def fail(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("sys.stdout.write", fail)

    assert cli.main(["restore"]) == EXIT_NOT_RESTORED


def test_no_cluster_is_guessed(killed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither from the current context nor from anything else."""
    (tmp_path / "qualify.toml").unlink()

    assert cli.main(["restore"]) == 4

    assert "no cluster is named: give --config FILE with [cluster], or --context" in capsys.readouterr().err
    assert killed.api.requests == []


def test_the_command_line_outranks_the_settings(killed: Home) -> None:
    """Another namespace of the same cluster: nothing was left there."""
    assert cli.main(["restore", "--namespace", "other"]) == EXIT_QUALIFIED

    assert {request.namespace for request in killed.api.requests} == {"other"}
    assert objects.replicas(killed.live("vllm-server")) == 0


def test_ctrl_c_waits_until_production_is_back(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Then it ends, as one that was interrupted."""
    killed.api.before[12] = lambda: signal.raise_signal(signal.SIGINT)

    assert cli.main(["restore"]) == 130

    assert "SIGINT: production is being put back; this is not interrupted" in capsys.readouterr().out
    assert killed.problems() == []


def test_ctrl_c_does_not_hide_that_production_is_away(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks at the exit code has to know that above all."""
    killed.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=7))
    killed.api.before[12] = lambda: signal.raise_signal(signal.SIGINT)

    assert cli.main(["restore"]) == EXIT_NOT_RESTORED

    assert "production is NOT back" in capsys.readouterr().err


def test_no_namespace_is_guessed(killed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That nothing was left in a place that nobody meant would be a false all-clear."""
    (tmp_path / "qualify.toml").unlink()

    assert cli.main(["restore", "--context", "home"]) == 4

    assert "no namespace is named: give --namespace" in capsys.readouterr().err
    assert killed.api.requests == []


def test_context_and_namespace_are_enough(killed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the run printed them: which Service production serves behind is in the snapshot."""
    (tmp_path / "qualify.toml").unlink()
    monkeypatch.setattr(restore, "ServerAccess", lambda **fields: ServerAccess(**fields | {"client": "direct"}))

    assert cli.main(["restore", "--context", "home", "--namespace", "ml"]) == EXIT_QUALIFIED

    assert killed.problems() == []


def test_a_mistyped_context_is_a_mistake(killed: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing speaks for production being away, and running it again would not help."""
    assert cli.main(["restore", "--context", "nope"]) == 4

    said = capsys.readouterr().err
    assert said == "vllm-qualify restore: no context nope in /home/me/.kube/config; there are home, work\n"
    assert killed.api.requests == []


def test_settings_without_a_cluster_are_named(killed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has two folders reads which one was looked at."""
    (tmp_path / "qualify.toml").write_text(SETTINGS.replace('[cluster]\ncontext = "home"\nclient = "direct"\n', ""))

    assert cli.main(["restore"]) == 4

    said = capsys.readouterr().err
    assert said.startswith(f"vllm-qualify restore: {tmp_path / 'qualify.toml'}: has no [cluster]; no cluster is named")
    assert killed.api.requests == []


def test_what_a_command_lacks_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its name stands before it one time."""
    assert cli.main(["restore", "--config", str(tmp_path / "none.toml"), "--context", "home"]) == 4

    assert capsys.readouterr().err.count("restore:") == 1


def test_what_the_cluster_says_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of a restoration is shown without the sequences in it."""
    restore._say("pod \x1b[2Jsays \x1b]52;c;AAAA\x07that")

    assert capsys.readouterr().out.endswith("pod says that\n")

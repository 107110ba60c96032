"""Command lines of kubectl, what is made of its answers, and how often it is asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.kube import kubectl
from vllm_qualify.kube.kubectl import IN_CLUSTER, Kubectl
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.system.process_runner import CompletedProcess

POD: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "ml"}}
MISSING = 'Error from server (NotFound): pods "x" not found'
BUSY = "Error from server (ServiceUnavailable): apiserver not ready"


def said(document: object) -> CompletedProcess:
    """A kubectl that printed this."""
    return CompletedProcess(exit_code=0, stdout=json.dumps(document))


def refused(stderr: str) -> CompletedProcess:
    """A kubectl that failed with this."""
    return CompletedProcess(exit_code=1, stderr=stderr)


@dataclass
class Scripted:
    """Processes that end as they are told to, one after the other; the last one's end is that of all further ones."""

    ends: Sequence[CompletedProcess | Exception]
    argvs: list[list[str]] = field(default_factory=list)
    stdins: list[str] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    now: float = 0.0

    def __call__(
        self, argv: list[str], *, env: Mapping[str, str], cwd: Path, stdin: str, deadline_seconds: float
    ) -> CompletedProcess:
        assert "PATH" in env
        assert cwd.is_absolute()
        self.argvs.append(argv)
        self.stdins.append(stdin)
        self.deadlines.append(deadline_seconds)
        end = self.ends[min(len(self.argvs), len(self.ends)) - 1]
        if isinstance(end, Exception):
            raise end
        return end

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def scripted(*ends: CompletedProcess | Exception, **fields: Any) -> tuple[Kubectl, Scripted]:
    """A kubectl on such processes."""
    run = Scripted(ends)
    return Kubectl(**({"context": "home"} | fields), run=run, clock=lambda: run.now, sleep=run.sleep), run


def test_an_object_is_read() -> None:
    """The context is named, the request has an end, and so has the process around it."""
    client, run = scripted(said(POD), kubeconfig=Path("/etc/kube"))

    assert client.get("/api/v1/namespaces/ml/pods/x") == POD
    assert run.argvs == [
        [
            *("kubectl", "--kubeconfig=/etc/kube", "--context=home", "--request-timeout=5s"),
            *("get", "--raw", "/api/v1/namespaces/ml/pods/x"),
        ]
    ]
    assert (run.stdins, run.deadlines) == ([""], [10.0])


def test_within_the_cluster_there_is_no_context() -> None:
    """A service account is in no kubeconfig."""
    client, run = scripted(said(POD), context=IN_CLUSTER)

    client.get("/version")

    assert run.argvs == [["kubectl", "--request-timeout=5s", "get", "--raw", "/version"]]


def test_what_is_not_there_is_none() -> None:
    """Only an object that the server knows nothing of; and of a list it is an empty one."""
    client, run = scripted(refused(MISSING))

    assert client.get("/api/v1/namespaces/ml/pods/x") is None
    assert client.items("/api/v1/namespaces/ml/pods") == ()
    assert len(run.argvs) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        refused(BUSY),
        refused("Error from server (Expired): The resourceVersion for the provided list is too old."),
        refused("Error from server (NotFound): the server could not find the requested resource"),
        refused("error: unexpected EOF"),
        TimeoutError(),
        CompletedProcess(exit_code=0, stdout="<html>"),
        CompletedProcess(exit_code=0, stdout="[1]"),
        CompletedProcess(exit_code=0),
    ],
    ids=["busy", "expired", "no-path", "cut", "hangs", "html", "list", "nothing"],
)
def test_a_read_is_repeated_until_there_is_an_answer(trouble: CompletedProcess | Exception) -> None:
    """With a pause in between; whoever reads sees nothing of it."""
    client, run = scripted(trouble, trouble, said(POD))

    assert client.get("/api/v1/namespaces/ml/pods/x") == POD
    assert (len(run.argvs), run.now) == (3, 1.0)


def test_a_kubectl_that_a_signal_ended_is_asked_again() -> None:
    """Ctrl-C goes to every process of the terminal; what it ends says nothing about the cluster."""
    client, run = scripted(CompletedProcess(exit_code=-2), said(POD))

    assert client.get("/api/v1/namespaces/ml/pods/x") == POD
    assert len(run.argvs) == 2


def test_a_write_that_a_signal_ended_may_be_made_again() -> None:
    """Nobody knows whether it was carried out, as with every answer that is lost."""
    client, _ = scripted(CompletedProcess(exit_code=-15))

    with pytest.raises(Refused, match="ended by signal 15 before it answered") as caught:
        client.replace(POD)

    assert caught.value.kind is RefusalKind.TRANSIENT


def test_patience_has_an_end() -> None:
    """Then the last refusal comes out."""
    client, run = scripted(refused(BUSY))

    with pytest.raises(Refused, match="apiserver not ready"):
        client.patient(10.0).get("/version")

    assert 10.0 <= run.now <= 11.0


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ('Error from server (Forbidden): pods is forbidden: User "x" cannot list', RefusalKind.FORBIDDEN),
        ("error: You must be logged in to the server (Unauthorized)", RefusalKind.UNAUTHORIZED),
        ('error: context "home" does not exist', RefusalKind.OTHER),
    ],
    ids=["forbidden", "unauthorized", "no-context"],
)
def test_what_will_not_change_is_not_repeated(stderr: str, kind: RefusalKind) -> None:
    """The refusal says what kubectl said."""
    client, run = scripted(refused(stderr))

    with pytest.raises(Refused) as problem:
        client.get("/version")

    assert (str(problem.value), problem.value.kind, len(run.argvs)) == (stderr, kind, 1)


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_a_write_names_its_writer_and_is_made_once(verb: str) -> None:
    """Whether it may be made again only the caller knows; it is told before it is sent."""
    told: list[tuple[int, Any]] = []
    client, run = scripted(refused(BUSY))
    client = dataclasses.replace(client, on_change=lambda argv, obj: told.append((len(run.argvs), (argv, obj))))

    with pytest.raises(Refused) as problem:
        getattr(client, verb)(POD)

    path = "/api/v1/namespaces/ml/pods" + ("/x" if verb == "replace" else "")
    assert run.argvs[0][3:] == [verb, "--raw", f"{path}?fieldManager=vllm-qualify", "-f", "-"]
    assert (json.loads(run.stdins[0]), problem.value.kind) == (POD, RefusalKind.TRANSIENT)
    assert told == [(0, (run.argvs[0], POD))]


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_a_dry_run_is_no_change(verb: str) -> None:
    """The server is asked to make nothing of it, and the journal gets no step."""
    told: list[object] = []
    client, run = scripted(said(POD), on_change=lambda *words: told.append(words))

    assert getattr(client, verb)(POD, dry_run=True) == POD
    assert run.argvs[0][5].endswith("?fieldManager=vllm-qualify&dryRun=All")
    assert told == []


def test_a_question_is_no_change() -> None:
    """It is worded as an object, and kept nowhere."""
    told: list[object] = []
    question = {"kind": "SelfSubjectAccessReview", "spec": {}}
    client, run = scripted(refused(BUSY), said(question), on_change=lambda *words: told.append(words))

    assert client.review(question) == question
    assert (len(run.argvs), told) == (2, [])


@pytest.mark.parametrize("answers", [[said({})], [refused(MISSING)], [TimeoutError(), refused(MISSING)]])
def test_a_deletion_ends_with_nothing_there(answers: list[CompletedProcess | Exception]) -> None:
    """That it was gone already is fine, also when it was this very request that took it away."""
    client, run = scripted(*answers)

    client.delete("Pod", "ml", "x", uid="u1", grace_seconds=0)

    assert run.argvs[-1][3:] == ["delete", "--raw", "/api/v1/namespaces/ml/pods/x", "-f", "-"]
    assert json.loads(run.stdins[-1]) == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": "u1"},
        "gracePeriodSeconds": 0,
    }


def test_another_one_of_that_name_is_not_deleted() -> None:
    """The server refuses, and so it is told."""
    client, _ = scripted(refused("Error from server (Conflict): the UID in the precondition does not match"))

    with pytest.raises(Refused) as problem:
        client.delete("Lease", "ml", "x", uid="u1")

    assert problem.value.kind is RefusalKind.CONFLICT


def test_a_log() -> None:
    """Of this life of the container or of its last, with times or without; nothing to read is an empty one."""
    gone = CompletedProcess(exit_code=0, stdout="unable to retrieve container logs for containerd://11929dba461c")
    client, run = scripted(CompletedProcess(exit_code=0, stdout="a\nb\n"), refused(MISSING), gone)

    assert client.log("ml", "x", "vllm", previous=True) == "a\nb\n"
    assert client.log("ml", "x", "vllm", stamped=False) == ""
    assert client.log("ml", "x", "vllm", stamped=False) == ""
    paths = [argv[-1].partition("?")[2] for argv in run.argvs]
    assert paths == [
        "container=vllm&timestamps=true&previous=true&limitBytes=67108864",
        "container=vllm&limitBytes=67108864",
        "container=vllm&limitBytes=67108864",
    ]


def test_a_command_in_a_pod() -> None:
    """Its exit code is a value, its words are no options of kubectl's, and the connection has no end of its own."""
    client, run = scripted(CompletedProcess(exit_code=3, stdout="o", stderr="e"))

    ended = client.execute("ml", "x", "vllm", ["nvidia-smi", "-L"], stdin="in", seconds=7.0)

    assert ended == CompletedProcess(exit_code=3, stdout="o", stderr="e")
    assert run.argvs[0][2:4] == ["--request-timeout=0s", f"--cache-dir={kubectl._memory()}"]
    assert run.argvs[0][4:12] == ["exec", "-i", "-n", "ml", "x", "-c", "vllm", "--"]
    assert run.argvs[0][12:] == ["nvidia-smi", "-L"]
    assert (run.stdins, run.deadlines) == (["in"], [7.0])

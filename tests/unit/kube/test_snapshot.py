"""What production was, in a Secret and out of it again."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import objects, snapshot
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import BadSnapshot, Snapshot

TOKEN = "hf_canarycanarycanary12"  # noqa: S105 (planted, to be searched for)
WORDS = st.text(max_size=5)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["Deployment", "Service"]), "metadata": st.just({"name": "x"}), "spec": JSON}
)
SNAPSHOTS = st.builds(
    Snapshot,
    run=WORDS,
    taken=st.datetimes(timezones=st.just(UTC)),
    namespace=WORDS,
    objects=st.lists(OBJECTS, max_size=3).map(tuple),
    absent=st.lists(st.tuples(WORDS, WORDS), max_size=2).map(tuple),
    served=st.lists(WORDS, max_size=2).map(tuple),
    service=WORDS,
    container=WORDS,
    ready=st.dictionaries(WORDS, st.integers(1, 9), max_size=2),
    revisions=st.dictionaries(WORDS, st.lists(WORDS, max_size=2).map(tuple), max_size=2),
    owners=st.dictionaries(
        WORDS, st.lists(st.dictionaries(WORDS, WORDS, max_size=1), max_size=1).map(tuple), max_size=2
    ),
    known=st.lists(OBJECTS, max_size=2).map(tuple),
    switching=st.booleans(),
)


def deployment(name: str = "vllm-server", *, replicas: int = 1) -> Object:
    """A Deployment with a token in plain sight."""
    container = {"name": "vllm", "env": [{"name": "HF_TOKEN", "value": TOKEN}]}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    return {"kind": "Deployment", "metadata": {"name": name, "namespace": "ml"}, "spec": spec}


def taken(*kept: Object, **fields: Any) -> Snapshot:
    """A snapshot of these."""
    return Snapshot(run="r1", taken=datetime(2026, 11, 23, tzinfo=UTC), namespace="ml", objects=kept, **fields)


@given(SNAPSHOTS)
def test_a_snapshot_is_read_back_as_it_was(kept: Snapshot) -> None:
    """Whatever is in it; from another machine there is nothing else."""
    assert snapshot.read(json.loads(json.dumps(snapshot.secret(kept)))) == kept


@given(SNAPSHOTS, st.data())
def test_a_spoilt_secret_is_never_half_read(kept: Snapshot, data: st.DataObject) -> None:
    """One byte changed, and it is refused with what to do, unless it says the same all the same."""
    secret = snapshot.secret(kept)
    (key, text) = next(iter(secret["data"].items()))
    held = bytearray(base64.b64decode(text))
    held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    secret["data"] = {key: base64.b64encode(held).decode()}

    try:
        assert snapshot.read(secret) == kept
    except BadSnapshot as problem:
        assert "delete that Secret once they are right" in str(problem)  # noqa: PT017 (either is right)


@given(SNAPSHOTS, st.data())
def test_a_cut_secret_is_refused(kept: Snapshot, data: st.DataObject) -> None:
    """However much of it is left."""
    secret = snapshot.secret(kept)
    (key, text) = next(iter(secret["data"].items()))
    held = base64.b64decode(text)
    left = held[: data.draw(st.integers(0, len(held) - 1))]
    secret["data"] = {key: base64.b64encode(left).decode()}

    with pytest.raises(BadSnapshot):
        snapshot.read(secret)


def packed(document: object) -> str:
    """Anything, in the form of a snapshot."""
    return base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"data": None},
        {"data": {"token": "aGY="}},
        {"data": {"snapshot.json.gz": "no base64!"}},
        {"data": {"snapshot.json.gz": base64.b64encode(b"no gzip").decode()}},
        {"data": {"snapshot.json.gz": base64.b64encode(gzip.compress(b"no json")).decode()}},
        {"data": {"snapshot.json.gz": packed([1])}},
        {"data": {"snapshot.json.gz": packed({"run": "r1"})}},
        {"data": {"snapshot.json.gz": packed({"run": "r1", "taken": "then"})}},
    ],
    ids=["empty", "no-data", "another", "base64", "gzip", "json", "list", "missing", "time"],
)
def test_a_secret_that_is_none_of_ours(secret: Object) -> None:
    """It is said which one, and what to do; nothing is guessed from it."""
    with pytest.raises(BadSnapshot, match="the Secret vllm-qualify-snapshot holds no readable snapshot"):
        snapshot.read(secret)


def test_nothing_of_it_is_in_plain_sight() -> None:
    """Whoever lists Secrets with their labels and annotations learns the run and no more."""
    kept = taken(deployment())
    secret = snapshot.secret(kept)

    assert TOKEN not in json.dumps(secret)
    assert TOKEN not in repr(kept)
    assert secret["metadata"]["annotations"] == {"vllm-qualify/run": "r1"}


def test_what_is_put_back_and_what_is_only_looked_at() -> None:
    """Deployments are put back; of everything else it is seen that nobody touched it."""
    service = {"kind": "Service", "metadata": {"name": "vllm-api"}}
    kept = taken(deployment(), service)

    assert (kept.deployments, kept.witnesses) == ((deployment(),), (service,))


def test_what_a_run_may_have_written_is_known() -> None:
    """At any scale, and nothing else."""
    kept = taken(deployment()).knowing([deployment()])
    other = objects.with_namespace(deployment(), "other")

    assert kept.ours(deployment(replicas=0))
    assert not kept.ours(other)
    assert kept.knowing([other]).ours(other)
    assert kept.knowing([other]).ours(deployment())


def test_while_the_operators_own_command_is_at_work_it_may_write_anything() -> None:
    """Whoever writes then cannot be told from a stranger, and nothing there is taken for somebody's to be kept."""
    theirs = deployment() | {"metadata": {"name": "vllm-server", "annotations": {"a": "b"}}}
    kept = taken(switching=True)

    assert kept.ours(theirs)
    assert kept.merged(deployment(), theirs) == deployment()


def test_what_the_run_itself_left_out_comes_back_whoever_wrote_since() -> None:
    """A candidate lacks a note that only the cluster had, and GitOps that puts the image back knows nothing of it."""
    production, candidate = deployment(), deployment()
    production["metadata"]["annotations"] = {"on-call": "Mara"}
    candidate["spec"]["template"]["spec"]["containers"][0]["image"] = "candidate"
    kept = taken(production).knowing([production, candidate])
    reverted = deployment()
    reverted["metadata"]["annotations"] = {"seen": "yes"}

    merged = kept.merged(production, reverted)

    assert merged["metadata"]["annotations"] == {"on-call": "Mara", "seen": "yes"}

"""What of an object is the operator's, and where two objects differ."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import Object

NAMES = st.sampled_from(["a", "b", "app", "image", "name"])
# No null, which the API leaves out, and no 0 and 1, which Python takes for False and True.
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(min_value=2, max_value=9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.dictionaries(NAMES, st.text(max_size=3), min_size=1, max_size=2)
OWN = st.fixed_dictionaries({"name": NAMES, "namespace": NAMES}, optional={"labels": TEXTS, "annotations": TEXTS})
SERVERS = st.fixed_dictionaries(
    {
        "creationTimestamp": st.just("2026-11-23T10:00:00Z"),
        "generation": st.integers(1, 9),
        "managedFields": st.lists(st.dictionaries(NAMES, st.text()), max_size=1),
        "resourceVersion": st.text("0123456789", min_size=1, max_size=3),
        "uid": st.text("abc", min_size=3, max_size=3),
    }
)
SPEC = st.dictionaries(NAMES, VALUES, max_size=3)
STATUS = st.dictionaries(NAMES, VALUES, max_size=2)


@st.composite
def deployments(draw: st.DrawFn) -> Object:
    """An object as somebody wrote it."""
    spec = draw(SPEC) | draw(st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 9)}))
    return {"kind": "Deployment", "metadata": draw(OWN), "spec": spec}


def served(obj: Object, server: Object, status: Object) -> Object:
    """The same object as a server gives it."""
    revision = {"deployment.kubernetes.io/revision": str(server["generation"])}
    annotations = {"annotations": obj["metadata"].get("annotations", {}) | revision}
    return copy.deepcopy(obj) | {"metadata": obj["metadata"] | server | annotations, "status": status}


@given(deployments(), SERVERS, STATUS)
def test_what_the_server_adds_is_not_the_operators(obj: Object, server: Object, status: Object) -> None:
    """Cleaned of it, an object is what was sent; it differs in nothing."""
    live = served(obj, server, status)

    assert objects.cleaned(live) == objects.cleaned(obj) == obj
    assert objects.differences(obj, live) == ()


@given(deployments(), SERVERS, STATUS)
def test_cleaning_leaves_its_argument_alone(obj: Object, server: Object, status: Object) -> None:
    """What comes out shares nothing with what went in."""
    live = served(obj, server, status)
    before = copy.deepcopy(live)

    objects.cleaned(live)["spec"]["replicas"] = "spoilt"

    assert live == before


@given(value=VALUES)
def test_a_copy_shares_nothing(value: Any) -> None:
    """Nothing that can be changed is in both, and both say the same."""

    def changeable(of: Any) -> list[int]:
        inner = of.values() if isinstance(of, dict) else of if isinstance(of, list) else None
        return [] if inner is None else [id(of), *(one for each in inner for one in changeable(each))]

    made = objects.copied(value)

    assert made == value
    assert not set(changeable(made)) & set(changeable(value))


@given(deployments(), deployments())
def test_differences_are_there_exactly_when_objects_differ(one: Object, other: Object) -> None:
    """None is missed and none made up, and seen from the other side they are the same the other way round."""
    forth, back = objects.differences(one, other), objects.differences(other, one)

    assert bool(forth) == (not same(one, other))
    assert [(found.path, found.was, found.now) for found in forth] == [
        (found.path, found.now, found.was) for found in back
    ]


@given(deployments(), deployments())
def test_a_difference_names_the_field(one: Object, other: Object) -> None:
    """Its path leads to the two values that it tells."""
    for found in objects.differences(one, other):
        assert (at(one, found.path), at(other, found.path)) == (found.was, found.now)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ({"replicas": 1}, {"replicas": 0}, "spec.replicas: was 1, is 0"),
        ({}, {"paused": True}, "spec.paused: was absent, is true"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, 'spec.a[0].b: was "x", is "y"'),
        ({"a": [1]}, {"a": [1, 2]}, "spec.a: was [1], is [1, 2]"),
        ({"a": "x" * 99}, {}, f'spec.a: was "{"x" * 79}..., is absent'),
    ],
    ids=["value", "new", "in-a-list", "length-of-a-list", "long"],
)
def test_a_difference_in_words(was: Object, now: Object, told: str) -> None:
    """Short enough for a line."""
    found = objects.differences({"metadata": {}, "spec": was}, {"metadata": {}, "spec": now})

    assert [str(one) for one in found] == [told]


def test_empty_annotations_are_none() -> None:
    """The server keeps an empty map where an operator has nothing, and the other way round."""
    assert objects.differences({"metadata": {"annotations": {}}}, {"metadata": {}}) == ()
    assert objects.differences({"metadata": {"annotations": None}}, {"metadata": {}}) == ()


@pytest.mark.parametrize(("spec", "count"), [({}, 1), ({"replicas": None}, 1), ({"replicas": 0}, 0)])
def test_replicas(spec: Object, count: int) -> None:
    """Absent means one, and zero is not absent."""
    assert objects.replicas({"spec": spec}) == count


@given(deployments(), st.integers(0, 9))
def test_another_number_of_replicas_changes_nothing_else(obj: Object, count: int) -> None:
    """Neither the argument nor any other field."""
    before = copy.deepcopy(obj)

    made = objects.with_replicas(obj, count)

    assert objects.replicas(made) == count
    assert obj == before
    assert same(without_replicas(made), without_replicas(obj))


def test_another_image_in_one_container() -> None:
    """Its neighbours keep theirs; a container that is not there is an error."""
    containers = [{"name": "vllm", "image": "a"}, {"name": "side", "image": "a"}]
    obj = {"kind": "Deployment", "metadata": {}, "spec": {"template": {"spec": {"containers": containers}}}}

    made = objects.with_image(obj, "b", container="vllm")

    assert [str(one) for one in objects.differences(obj, made)] == [
        'spec.template.spec.containers[0].image: was "a", is "b"'
    ]
    with pytest.raises(KeyError, match="none"):
        objects.with_image(obj, "b", container="none")


@pytest.mark.parametrize(
    ("chosen", "selector"),
    [({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"), ({"app": "vllm"}, "app=vllm"), ({}, "")],
    ids=["deployment", "service", "none"],
)
def test_a_selector_in_a_query(chosen: Object, selector: str) -> None:
    """Those of Deployments and of Services, in one order always."""
    assert objects.selector({"spec": {"selector": chosen}}) == selector


def same(one: Any, other: Any) -> bool:
    """Equality as the API has it."""
    return bool(one == other)


def without_replicas(obj: Object) -> Object:
    """All but the number of replicas."""
    return obj | {"spec": {key: value for key, value in obj["spec"].items() if key != "replicas"}}


def at(obj: Any, path: str) -> Any:
    """What a path leads to; ``None`` where it leads nowhere."""
    for step in path.replace("[", ".[").split("."):
        if step.startswith("["):
            obj = obj[int(step[1:-1])]
            continue
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def test_the_image_of_a_container() -> None:
    """In a pod and in what makes pods; one that is not there has none."""
    spec = {"containers": [{"name": "proxy", "image": "a:1"}, {"name": "vllm", "image": "b:2"}]}

    made = {"spec": {"template": {"spec": spec}}}
    assert objects.image({"spec": spec}, container="vllm") == objects.image(made, container="vllm") == "b:2"
    assert not objects.image({"spec": {}}, container="vllm")

"""The expressions of NVIDIA_REQUIRE_*."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import preflight
from vllm_qualify.preflight import forward, requires
from vllm_qualify.preflight.requires import BadRequirement, RequireCondition

NODE = forward.properties(preflight.node(gpu="RTX 3060", driver="570.195.03"))
TESLA = forward.properties(preflight.node(gpu="Tesla T4", driver="535.104.05"))
# The heads of what the base images of CUDA 12.4 and 12.9 really set.
CUDA_12_4 = "cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=geforce,driver>=470,driver<471"
CUDA_12_9 = (
    "cuda>=12.9 brand=unknown,driver>=535,driver<536 "
    "brand=tesla,driver>=535,driver<536 brand=nvidia,driver>=535,driver<536"
)

versions = st.lists(st.integers(0, 999), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
conditions = st.builds(
    RequireCondition,
    name=st.sampled_from(["arch", "cuda", "driver"]),
    operator=st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    value=versions,
) | st.builds(
    RequireCondition,
    name=st.just("brand"),
    operator=st.sampled_from(["=", "!="]),
    value=st.sampled_from(["geforce", "geforcertx", "tesla"]),
)
requirements = st.lists(st.lists(conditions, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4).map(tuple)
worlds = st.fixed_dictionaries(
    {
        "arch": st.frozensets(versions, max_size=1),
        "brand": st.frozensets(st.sampled_from(["geforce", "geforcertx", "tesla"]), max_size=2),
        "cuda": st.frozensets(versions, max_size=1),
        "driver": st.frozensets(versions, max_size=1),
    }
)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        (CUDA_12_4, True),
        (CUDA_12_9, False),
        ("", True),
        (" ", True),
        ("cuda>=12.8", True),
        ("cuda>12.8", False),
        ("cuda<12.8.0", False),
        ("cuda=12.8.0", True),
        ("cuda!=12.8", False),
        ("driver>=570 brand=tesla", True),
        ("driver>=570,brand=tesla", False),
        ("driver>=570.195.4", False),
        ("driver<=570.195.03", True),
        ("arch>=8.0,arch<9", True),
        ("BRAND=Tesla", False),
        ("brand!=tesla", True),
        ("brand=geforce", None),
        ("brand=geforce brand=geforcertx", True),
    ],
)
def test_expressions_on_the_storys_node(text: str, met: bool | None) -> None:  # noqa: FBT001 - what is expected.
    """A blank is or, a comma is and; a GeForce may be called by either of two brands, which decides nothing else."""
    assert requires.holds(requires.parse(text), NODE) is met


def test_the_exceptions_are_for_data_centre_cards() -> None:
    """The same expression holds on an older driver of a Tesla, and not on a GeForce."""
    geforce = forward.properties(preflight.node(gpu="RTX 3060", driver="535.104.05"))

    assert requires.holds(requires.parse(CUDA_12_9), TESLA) is True
    assert requires.holds(requires.parse(CUDA_12_9), geforce) is False


@pytest.mark.parametrize(
    "text", ["cuda", "cuda>=", ">=12", "cuda>>12", "brand>=tesla", "cuda>=x", "cuda>=.", "memory>1", "a=b"]
)
def test_what_is_no_expression(text: str) -> None:
    """What the container runtime calls invalid is refused, with the part that is wrong."""
    with pytest.raises(BadRequirement, match="expected"):
        requires.parse(f"cuda>=12.4 {text}")


@given(requirements)
def test_expressions_survive_being_written(requirement: requires.Requirement) -> None:
    """What is written as text is read as what it was."""
    text = " ".join(",".join(map(str, term)) for term in requirement)

    assert requires.parse(text) == requirement


@given(st.text(alphabet="cudabrneivh<>=!., 0123456789", max_size=60) | st.text(max_size=30), worlds)
def test_any_text_is_read_or_refused(text: str, world: dict[str, frozenset[str]]) -> None:
    """Nothing but BadRequirement is raised, whatever somebody sets, and what is read can be answered."""
    try:
        requirement = requires.parse(text)
    except BadRequirement:
        return
    assert requires.holds(requirement, world) in {True, False, None}


@given(requirements, worlds)
def test_what_is_not_known_decides_nothing(requirement: requires.Requirement, world: dict[str, frozenset[str]]) -> None:
    """An answer that is given with less known stays the answer with everything known."""
    whole = {name: values or frozenset({"1"}) for name, values in world.items()}
    partial = requires.holds(requirement, world)

    assert partial is None or requires.holds(requirement, whole) is partial


@given(conditions, worlds)
def test_opposites_exclude_each_other(condition: RequireCondition, world: dict[str, frozenset[str]]) -> None:
    """Of a comparison and its opposite exactly one holds, wherever it can be told: versions have one order."""
    other = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[condition.operator]
    opposite = RequireCondition(name=condition.name, operator=other, value=condition.value)

    answers = [requires.holds(((each,),), world) for each in (condition, opposite)]

    assert answers in ([True, False], [False, True], [None, None])


@pytest.mark.parametrize(
    ("value", "off"), [("1", True), ("true", True), ("TRUE", True), ("0", False), ("yes", False), (None, False)]
)
def test_the_check_is_switched_off(value: str | None, off: bool) -> None:  # noqa: FBT001 - what is expected.
    """Only what Go reads as true switches it off, and only the name without an s."""
    assert requires.disabled({"NVIDIA_DISABLE_REQUIRE": value}) is off
    assert not requires.disabled({"NVIDIA_DISABLE_REQUIRES": "1"})


def test_several_variables_are_all_asked() -> None:
    """Every NVIDIA_REQUIRE_ variable counts but the one for Jetson boards."""
    env = {"NVIDIA_REQUIRE_CUDA": "a", "NVIDIA_REQUIRE_MINE": None, "NVIDIA_REQUIRE_JETPACK": "c", "PATH": "d"}

    assert requires.expressions(env) == {"NVIDIA_REQUIRE_CUDA": "a", "NVIDIA_REQUIRE_MINE": None}

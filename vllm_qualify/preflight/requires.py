"""The expressions of ``NVIDIA_REQUIRE_*``: read, and held against a node. Pure.

A blank is "or", a comma is "and", and several variables must hold together. This follows what libnvidia-container does
at the start of a container (its ``src/cli/dsl.c``); the properties are ``arch``, ``brand``, ``cuda`` and ``driver``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vllm_qualify.catalogue import cuda_drivers
from vllm_qualify.catalogue.cuda_drivers import Cuda

_CONDITION = re.compile(r"(?P<name>[^<>=!]+)(?P<operator>!=|<=|>=|=|<|>)(?P<value>[^<>=!]+)")
_DIGITS = re.compile(r"[0-9.]{1,64}", re.ASCII)
_PREFIX = "NVIDIA_REQUIRE_"
# What Go's strconv.ParseBool takes for true; anything else, misspelt values included, leaves the check on.
_TRUE = frozenset({"1", "T", "TRUE", "True", "t", "true"})
_VERSIONS = frozenset({"arch", "cuda", "driver"})


class BadRequirement(ValueError):
    """An expression that the container runtime could not read either: it would refuse to start the container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireCondition:
    """One comparison, such as ``cuda>=12.4``."""

    name: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{self.value}"


Requirement = tuple[tuple[RequireCondition, ...], ...]
"""Alternatives, of which one must hold; within one, all conditions must."""


def parse(text: str) -> Requirement:
    """Read one expression.

    Raises:
        BadRequirement: a part of it is no comparison of a known property.
    """
    terms = [[_condition(part) for part in term.split(",") if part] for term in text.split(" ") if term]
    return tuple(tuple(term) for term in terms if term)


def _condition(text: str) -> RequireCondition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise BadRequirement(f"{text!r} is not a comparison; expected one such as cuda>=12.4 or brand=tesla")
    name, operator, value = match["name"].lower(), match["operator"], match["value"]
    if name == "brand" and operator in {"=", "!="}:
        return RequireCondition(name=name, operator=operator, value=value.lower())
    if name in _VERSIONS and _DIGITS.fullmatch(value) and value.strip("."):
        return RequireCondition(name=name, operator=operator, value=value)
    raise BadRequirement(f"{text!r} cannot be compared; expected arch, cuda or driver with a version, or brand")


def holds(requirement: Requirement, properties: Mapping[str, frozenset[str]]) -> bool | None:
    """Tell whether a node meets an expression; an empty one always holds.

    Args:
        requirement: see `parse`.
        properties: by name what the node may have; several values where nobody knows which of them.

    Returns:
        ``None`` where the answer depends on what is not known.
    """
    if not requirement:
        return True
    names = sorted(name for name, values in properties.items() if values)
    worlds = (
        dict(zip(names, values, strict=True)) for values in itertools.product(*(properties[one] for one in names))
    )
    answers = {_any(_all(_compared(each, world) for each in term) for term in requirement) for world in worlds}
    return answers.pop() if len(answers) == 1 else None


def expressions(env: Mapping[str, str | None]) -> dict[str, str | None]:
    """The variables that are checked, by name; ``None`` where a value comes from elsewhere."""
    names = (name for name in env if name.startswith(_PREFIX) and not name.startswith(f"{_PREFIX}JETPACK"))
    return {name: env[name] for name in sorted(names)}


def disabled(env: Mapping[str, str | None]) -> bool:
    """``NVIDIA_DISABLE_REQUIRE`` turns the check off."""
    return env.get("NVIDIA_DISABLE_REQUIRE") in _TRUE


def usual(cuda: Cuda) -> str:
    """The expression in the base images of this CUDA, as far as it is known; the exceptions are for older drivers."""
    geforce = cuda <= (12, 4)
    branches = (470, 525, 535) if geforce else (535, 550, 560, 565, 570, 575, 580)
    brands = ["unknown", "tesla", "nvidia", "quadro", "quadrortx", "nvidiartx"]
    brands += ["geforce", "geforcertx", "titan", "titanrtx"] if geforce else ["grid", "vapps", "vpc", "vcs", "vws"]
    # Only branches older than the one that the CUDA was shipped with are exceptions.
    shipped = cuda_drivers.compat_of(cuda)
    older = [one for one in branches if shipped is None or one < int(shipped.value.partition(".")[0])]
    others = [f"brand={brand},driver>={one},driver<{one + 1}" for one, brand in itertools.product(older, brands)]
    return " ".join((f"cuda>={cuda[0]}.{cuda[1]}", *others))


def _compared(condition: RequireCondition, world: Mapping[str, str]) -> bool | None:
    value = world.get(condition.name)
    if value is None:
        return None
    if condition.name == "brand":
        return (value.lower() == condition.value) is (condition.operator == "=")
    left, right = _numbers(value), _numbers(condition.value)
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[condition.operator]


def _numbers(text: str) -> tuple[int, ...]:
    """A version as numbers; zeros at the end count nothing, so that 12.0 is 12."""
    numbers = [int(part) for part in text.split(".") if part.isdecimal()]
    while numbers and numbers[-1] == 0:
        del numbers[-1]
    return tuple(numbers)


def _all(answers: Iterable[bool | None]) -> bool | None:
    seen = set(answers)
    return False if False in seen else None if None in seen else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    seen = set(answers)
    return True if True in seen else None if None in seen else False

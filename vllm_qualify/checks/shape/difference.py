"""Judge of what changed in the form of answers between a baseline and a candidate, and what that breaks. Pure.

What is new breaks no caller that does not refuse it; what vanished, or became null, breaks those that read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.shape import paths
from vllm_qualify.core import foreign
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

_MOST_TOLD = 20
_NULL = "null"
_EMPTY = "array"


RENAMED = {
    "reasoning_content": ("reasoning", "callers that read reasoning_content find no reasoning"),
}
"""Fields that a release of vLLM renamed, by the last part of their path: the new one, and whom that breaks."""
_BREAKS = {
    "finish_reason": "callers that read finish_reason of every chunk fail",
    "tool_calls": "callers that read tool_calls of every message fail",
}


def against(cases: ComparedCases) -> Judgement:
    """Hold the form of the candidate's answers against the baseline's; what a caller may miss is a warning.

    Args:
        cases: the case ``form`` in each turn; what the baseline's own turns differ in is not held against anybody.
    """
    if cases.candidate is None or not (new := foreign.mapping(cases.candidate.material.get(paths.KEY))):
        return cases.unmeasured
    olds = [old for one in cases.baselines if (old := foreign.mapping(one.material.get(paths.KEY)))]
    if not olds:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=cases.no_baseline or "no baseline: it kept no form")
    lost, added = _found(_lost, olds, new), _found(_added, olds, new)
    told = [f"{', '.join(kinds)}: {what}" for what, kinds in lost.items()]
    parts = [*_cut(told), *([f"new: {', '.join(_cut(list(added)))}"] if added else [])]
    return Judgement(
        outcome=Outcome.WARNED if lost else Outcome.PASSED,
        message="; ".join(parts) or f"{len(new)} kinds of answers have the form of the baseline's",
        observations=(
            Observation(name="fields-lost", value=len(lost), limit=Limit(high=0)),
            Observation(name="fields-new", value=len(added)),
        ),
    )


_Difference = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[str]]


def _found(differs: _Difference, olds: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> dict[str, list[str]]:
    """In what the candidate differs from each turn of the baseline, with the kinds of answers that do."""
    found: dict[str, list[str]] = {}
    for kind in (kind for kind in olds[0] if all(kind in each for each in (*olds, new))):
        each = [list(differs(*map(foreign.mapping, (old[kind], new[kind])))) for old in olds]
        for told in each[0]:
            if all(told in others for others in each):
                found.setdefault(told, []).append(kind)
    return found


def _lost(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, called in (("status", "HTTP status"), ("type", "content type")):
        if old.get(name) != new.get(name):
            yield f"the {called} is {new.get(name)}, it was {old.get(name)}"
    # Where another status is answered, every field is another.
    if old.get("status") == new.get("status"):
        for header in sorted(set(_texts(old.get("headers"))) - set(_texts(new.get("headers")))):
            yield f"the header {header} is gone"
        yield from _fields(_paths(old), _paths(new))


def _fields(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[str]:
    gone, came = _only(old, new), _only(new, old)
    if "message" in gone and "error.message" in new:
        yield "the error is under the key error now; callers that read message at the top level find nothing"
        gone = [path for path in gone if path != "object" and f"error.{path}" not in new]
    for path in gone:
        name = path.rpartition(".")[2]
        instead, breaks = RENAMED.get(name, ("", _BREAKS.get(name, "")))
        renamed = bool(instead) and path.removesuffix(name) + instead in {*came, *new}
        null = ", it was null" if list(old[path]) == [_NULL] else ""
        said = f"{path} is {instead} now" if renamed else f"{path} is gone{null}"
        yield f"{said}; {breaks}" if breaks else said
    for path in sorted(old.keys() & new.keys()):
        # What was always null told nobody anything.
        if set(new[path]) - set(old[path]) and list(old[path]) != [_NULL]:
            yield f"{path} is {' or '.join(new[path])}, it was {' or '.join(old[path])}"


def _added(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old.get("status") == new.get("status"):
        for header in sorted(set(_texts(new.get("headers"))) - set(_texts(old.get("headers")))):
            yield f"header {header}"
        yield from _only(_paths(new), _paths(old))


def _only(these: Mapping[str, Sequence[str]], those: Mapping[str, Sequence[str]]) -> list[str]:
    """The paths that only these have, the uppermost of each branch; what an empty list would hold is not missed."""
    found: list[str] = []
    for path in sorted(these.keys() - those.keys()):
        inside = any(path.startswith((f"{upper}.", f"{upper}[]")) for upper in found)
        if not (inside or _hidden(path, those)):
            found.append(path)
    return found


def _hidden(path: str, those: Mapping[str, Sequence[str]]) -> bool:
    """Whether a list or an object that may hold the path is empty, or null, there."""
    if not those:
        return True
    uppers = [path[:end] for end in range(len(path)) if path.startswith(("[]", "."), end)]
    for upper in uppers:
        if upper in those and not any(each.startswith((f"{upper}.", f"{upper}[]")) for each in those):
            return bool(set(those[upper]) & {_EMPTY, _NULL, "object"})
    return False


def _paths(kept: Mapping[str, Any]) -> dict[str, list[str]]:
    return {path: _texts(types) for path, types in foreign.mapping(kept.get("paths")).items()}


def _texts(value: object) -> list[str]:
    return [each for each in foreign.items(value) if isinstance(each, str)]


def _cut(told: Sequence[str]) -> list[str]:
    return [*told[:_MOST_TOLD], *([f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else [])]

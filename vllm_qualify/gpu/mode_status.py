"""What the operator's ``gpu-mode`` says, and whether the manifests that it applies are the repository's. Pure.

For the requirement R1, where ``qualify.toml`` names the command. Its folder was stale once, so that it applied a
manifest of before the upgrade.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.client.exchanges import quote
from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.kube import yamltext

MODES = frozenset({"both", "ml", "none", "r1"})
STALE = entry(
    "gpu-mode/stale-copy",
    "gpu-mode applies another manifest",
    "gpu-mode applies the manifests of the repository",
    Severity.WARN,
)

_LINE = re.compile(r"(?P<mode>ml|r1): (?P<facts>.+)")
_MOST_LINES = 12
_DIFF_HEAD = 2


class BadStatus(ValueError):
    """What ``gpu-mode status`` printed cannot be read; the message quotes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeStatus:
    """One mode's Deployment.

    Attributes:
        deployment: namespace and name.
        replicas: as many as are wanted.
        ready: as many as serve.
        pods: as many as may still hold the GPU.
        image: what they run; ``""`` when there is no Deployment.
    """

    deployment: str = ""
    replicas: int = 0
    ready: int = 0
    pods: int = 0
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuModeStatus:
    """What ``gpu-mode status`` says.

    Attributes:
        mode: ``ml``, ``r1``, ``none`` or ``both``.
        ml: the everyday mode.
        r1: the reasoning mode.
    """

    mode: str
    ml: ModeStatus
    r1: ModeStatus


def parse_status(text: str) -> GpuModeStatus:
    """Read what ``gpu-mode status`` printed; lines of other kinds, such as ssh's, are passed over.

    Args:
        text: ``mode: ml``, then a line for each mode, as in ``ml: deployment=ml/vllm-server replicas=1 ready=1``.

    Raises:
        BadStatus: no mode is named. A command that names the mode alone is enough.
    """
    mode = next((line.partition(": ")[2].strip() for line in text.splitlines() if line.startswith("mode: ")), "")
    if mode not in MODES:
        said = repr(text.strip()[:200]) if text.strip() else "nothing"
        raise BadStatus(f"gpu-mode status printed {said}; expected a line such as mode: ml")
    found = {match["mode"]: _mode(match["facts"]) for line in text.splitlines() if (match := _LINE.fullmatch(line))}
    return GpuModeStatus(mode=mode, ml=found.get("ml", ModeStatus()), r1=found.get("r1", ModeStatus()))


def _mode(text: str) -> ModeStatus:
    facts = dict(word.split("=", 1) for word in text.split() if "=" in word)
    numbers = {key: int(facts[key]) for key in ("replicas", "ready", "pods") if facts.get(key, "").isdecimal()}
    image = facts.get("image", "")
    return ModeStatus(deployment=facts.get("deployment", ""), image="" if image == "-" else image, **numbers)


def stale(copies: Mapping[str, str], manifests: Mapping[str, str], *, folder: str = "") -> tuple[Finding, ...]:
    """Compare the manifests that ``gpu-mode`` applies with the repository's.

    Ends of lines and blank ends of the file do not count. Copies that differ in comments alone apply the same, which is
    a note and no warning.

    Args:
        copies: text by name of file, as they lie in the folder of ``gpu-mode``; a missing name is a missing copy.
        manifests: the repository's, under the same names.
        folder: the folder of ``gpu-mode``, for the messages.
    """
    found = (_compared(name, copies.get(name), text, folder) for name, text in sorted(manifests.items()))
    return tuple(finding for finding in found if finding is not None)


def _compared(name: str, copy: str | None, manifest: str, folder: str) -> Finding | None:
    ours, theirs = _lines(manifest), _lines(copy or "")
    if ours == theirs:
        return None
    same = copy is not None and _same_objects(copy, manifest)
    line = next((at for at, pair in enumerate(zip(ours, theirs, strict=False), 1) if pair[0] != pair[1]), 0)
    place = f"{folder.rstrip('/')}/{name}" if folder else name
    diff = list(difflib.unified_diff(theirs, ours, "gpu-mode", "repository", n=1, lineterm=""))
    result = RuleResult(
        severity=Severity.NOTE if same else None,
        brief="it is missing" if copy is None else _first_difference(diff),
        subject=f"{place}:{line or min(len(ours), len(theirs)) + 1}" if copy is not None else place,
        expected="the content of the repository's file",
        actual="it is missing" if copy is None else ("other comments:\n" if same else "") + _first_lines(diff),
        remedy=f"copy the repository's {name} to {place} on the machine of gpu-mode",
    )
    return STALE.finding(result)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.removeprefix("\ufeff").rstrip().splitlines()]


def _same_objects(one: str, other: str) -> bool:
    try:
        return _objects(one) == _objects(other)
    except yamltext.BadYaml:
        return False


def _objects(text: str) -> list[Any]:
    return [document.data for document in yamltext.documents(text)]


def _first_difference(diff: list[str]) -> str:
    """The first line that differs, on both sides; it stands for the rest."""
    has, wants = (
        next((f"has {quote(line[1:].strip())}" for line in diff[_DIFF_HEAD:] if line.startswith(sign)), "ends")
        for sign in "-+"
    )
    return f"it {has} where the repository's file {wants}"


def _first_lines(diff: list[str]) -> str:
    return "\n".join(diff[:_MOST_LINES] + (["..."] if len(diff) > _MOST_LINES else []))

"""Where the cluster differs from the operator's file: what the file says, held against the live object. Pure.

Called before a run touches anything. What only the server filled in is no drift; what somebody added by hand is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import Rule, RuleResult, entry
from vllm_qualify.kube import drift_words, quantity
from vllm_qualify.kube.drift_words import DriftChange
from vllm_qualify.kube.objects import Object, name_of

_IDENTITY = {
    "containers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
# Fields without a default of the server: where the file lacks one of them, somebody put it there.
_NEVER_DEFAULTED = frozenset(
    {"affinity", "args", "command", "env", "envFrom", "hostIPC", "hostNetwork", "initContainers", "lifecycle"}
    | {"imagePullSecrets", "livenessProbe", "nodeName", "nodeSelector", "readinessProbe", "runtimeClassName"}
    | {"startupProbe", "tolerations", "volumeMounts", "volumes"}
)
_OWN_KEYS = frozenset({"data", "limits", "matchLabels", "nodeSelector", "selector", "stringData"})
_QUANTITIES = frozenset({"limits", "requests", "sizeLimit", "capacity"})
_WORDS = frozenset({"args", "command"})


_IMAGE = entry("D01", "another image runs", "production runs the image of its file", Severity.WARN)
_ARGUMENT = entry("D02", "other arguments", "production has the arguments of its file", Severity.WARN)
_VARIABLE = entry("D03", "another environment", "production has the environment of its file", Severity.WARN)
_FIELD = entry("D04", "another field", "production is what its file says", Severity.WARN)
_REPLICAS = entry("D05", "other replicas", "production has the replicas of its file", Severity.NOTE)
RULES = (_IMAGE, _ARGUMENT, _VARIABLE, _FIELD, _REPLICAS)


def drift(manifest_object: Object, live_object: Object, *, source: str = "") -> tuple[Finding, ...]:
    """Compare an object of the operator's files with the one in the cluster.

    Args:
        manifest_object: as the file has it.
        live_object: as the API gives it.
        source: the file, as messages name it.

    Returns:
        One finding for each field, argument or variable that differs: ``expected`` is the file's, ``actual`` the
        cluster's. Values that are named for a secret are not in it.
    """
    subject = name_of(manifest_object) + (f" of {source}" if source else "")
    hidden = manifest_object.get("kind") == "Secret"
    changes = [*_metadata(manifest_object, live_object)]
    for key in sorted(manifest_object.keys() - {"apiVersion", "kind", "metadata", "status"}):
        changes += _compare(manifest_object[key], live_object.get(key), (key,))
    return tuple(_finding(change, subject, hidden=hidden) for change in changes)


def _metadata(file: Object, live: Object) -> Iterator[DriftChange]:
    """Labels and annotations of the file; those that others add are their own business."""
    for part in ("annotations", "labels"):
        written = file.get("metadata", {}).get(part) or {}
        yield from _compare(written, live.get("metadata", {}).get(part) or {}, ("metadata", part))


def _compare(file: Any, live: Any, path: tuple[str, ...]) -> Iterator[DriftChange]:
    key = path[-1].partition("[")[0]
    if key in _WORDS:
        yield from drift_words.compare(file or [], live or [], path)
    elif key in _IDENTITY and not _is_mapping(file) and not _is_mapping(live):
        yield from _keyed(file or [], live or [], path, _identity(key, file or live or []))
    elif _is_mapping(file) and _is_mapping(live):
        yield from _mappings(file, live, path, every=key in _OWN_KEYS)
    elif isinstance(file, list) and isinstance(live, list) and len(file) == len(live):
        for place, (one, other) in enumerate(zip(file, live, strict=True)):
            yield from _compare(one, other, (*path[:-1], f"{path[-1]}[{place}]"))
    elif not _same(file, live, path):
        yield DriftChange(path=path, file=file, live=live)


def _mappings(
    file: Mapping[str, Any], live: Mapping[str, Any], path: tuple[str, ...], *, every: bool
) -> Iterator[DriftChange]:
    added = {key for key in live.keys() - file.keys() if every or key in _NEVER_DEFAULTED}
    for key in sorted(file.keys() | added):
        yield from _compare(file.get(key), live.get(key), (*path, str(key)))


def _keyed(file: Sequence[Any], live: Sequence[Any], path: tuple[str, ...], identity: str) -> Iterator[DriftChange]:
    """Lists whose items have names: their order means nothing."""
    files, lives = ({str(each.get(identity)): each for each in items} for items in (file, live))
    for name in [*files, *(name for name in lives if name not in files)]:
        where = (*path[:-1], f"{path[-1]}[{name}]")
        if name in files and name in lives:
            yield from _compare(files[name], lives[name], where)
        else:
            yield DriftChange(path=where, file=files.get(name), live=lives.get(name))


def _identity(key: str, items: Sequence[Any]) -> str:
    # The ports of a Service have another name for the same.
    service = key == "ports" and any("port" in item for item in items)
    return "port" if service else _IDENTITY[key]


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _same(file: Any, live: Any, path: tuple[str, ...]) -> bool:
    if file == live or (not file and live is None) or (file is None and not live):
        return not (file is False and live is True)
    return bool(_QUANTITIES & set(path)) and quantity.same(file, live)


def _rule(path: tuple[str, ...]) -> Rule:
    steps = [step.partition("[")[0] for step in path]
    if steps[-1] == "image":
        return _IMAGE
    if _WORDS & set(steps):
        return _ARGUMENT
    if "env" in steps or "envFrom" in steps:
        return _VARIABLE
    return _REPLICAS if path == ("spec", "replicas") else _FIELD


def _finding(change: DriftChange, subject: str, *, hidden: bool) -> Finding:
    file, live = drift_words.shown(change, hidden=hidden)
    result = RuleResult(
        subject=subject,
        path=".".join(change.path),
        expected=file,
        actual=live,
        remedy="apply the file, or change it to what runs; a run puts back what runs now",
    )
    return _rule(change.path).finding(result)

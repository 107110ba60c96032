"""Reads the operator's manifests: which container serves, with which command line. Pure; the edge reads the files.

Called by the suite of ARGS, by both targets, and by preflight.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from typing import Any

from vllm_qualify.kube import commandline, yamltext
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.serving import BadManifest, Probe, ServingManifest
from vllm_qualify.kube.yamltext import YamlDocument

WORKLOADS = ("DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
GPU = "nvidia.com/gpu"

_PROBES = ("liveness", "readiness", "startup")


def parse(text: str, *, source: str) -> tuple[ServingManifest, ...]:
    """Read every workload of a YAML text, one container each; other kinds are passed over.

    Where a pod has several containers, the one that asks for the GPU serves.

    Args:
        text: YAML, one or more documents; what is inside a ``kind: List`` counts as well.
        source: name of the file, for the messages.

    Raises:
        BadManifest: the text is no YAML, or a workload cannot be read. All problems at once.
    """
    problems: list[str] = []
    readers = [_Reader(document, path, source, problems) for document, path in _workloads(text, source)]
    manifests = tuple(reader.manifest() for reader in readers)
    if problems:
        raise BadManifest("\n".join(problems))
    return manifests


def serving(text: str, *, source: str) -> ServingManifest:
    """Read the one workload of a YAML text.

    Raises:
        BadManifest: as ``parse``, and when there is no workload or more than one.
    """
    return _only(parse(text, source=source), source)


def workload(text: str, *, source: str) -> tuple[Object, ServingManifest]:
    """Read the one workload of a YAML text, and the object itself as the API takes it.

    Args:
        text: YAML, one or more documents.
        source: name of the file, for the messages.

    Raises:
        BadManifest: as ``serving``.
    """
    manifest = serving(text, source=source)
    ((document, path),) = _workloads(text, source)
    try:
        found: Object = _as_json(document, path)
    except RecursionError as error:
        raise BadManifest(f"{source}:{document.line(*path)}: a value contains itself through a YAML alias") from error
    return found, manifest


def places(document: YamlDocument) -> Iterator[yamltext.Path]:
    """Where in a document its workloads are: at its root, or among the items of a list."""
    found = _mapping(document.data)
    objects: dict[yamltext.Path, Any] = {(): found}
    if found.get("kind") == "List":
        objects = {("items", place): item for place, item in enumerate(_list(found.get("items")))}
    yield from (path for path, each in objects.items() if _mapping(each).get("kind") in WORKLOADS)


def pod_spec(kind: str) -> yamltext.Path:
    """Where a workload of that kind has the specification of its pods."""
    return ("spec",) if kind == "Pod" else ("spec", "template", "spec")


def at(data: Any, *path: str | int) -> Any:
    """The value at a path; ``None`` where there is none."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            data = _mapping(data).get(step)
    return data


def _workloads(text: str, source: str) -> list[tuple[YamlDocument, yamltext.Path]]:
    try:
        documents = yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise BadManifest(f"{source}:{error.line}: {error}") from error
    return [(document, path) for document in documents for path in places(document)]


def _only(manifests: tuple[ServingManifest, ...], source: str) -> ServingManifest:
    if len(manifests) != 1:
        names = ", ".join(f"{each.kind} {each.name}" for each in manifests) or "none"
        raise BadManifest(f"{source}: expected exactly one workload, such as a Deployment, and found {names}")
    return manifests[0]


def _as_json(document: YamlDocument, path: yamltext.Path) -> Any:
    """A value as kubectl would send it. Its parser knows no dates and no numbers with colons: those are strings."""
    value = at(document.data, *path)
    if isinstance(value, dict):
        return {str(key): _as_json(document, (*path, key)) for key in value}
    if isinstance(value, list):
        return [_as_json(document, (*path, place)) for place in range(len(value))]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    written = document.text(*path) if number or isinstance(value, date) else ""
    return written if ":" in written or isinstance(value, date) else value


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


class _Reader:
    """Reads one workload. It notes problems as it goes, because the operator wants all of them at once."""

    def __init__(self, document: YamlDocument, workload: yamltext.Path, source: str, problems: list[str]) -> None:
        self._document = document
        self._workload = workload
        self._source = source
        self._problems = problems
        self._kind = str(self._at(*workload, "kind"))
        self._pod = (*workload, *pod_spec(self._kind))
        containers = (*self._pod, "containers")
        self._path: yamltext.Path = (*containers, self._serving(_list(self._at(*containers))))
        self._container = _mapping(self._at(*self._path))

    def manifest(self) -> ServingManifest:
        metadata = _mapping(self._at(*self._workload, "metadata"))
        command, args, env = self._words("command"), self._words("args"), dict(self._env())
        return ServingManifest(
            source=self._source,
            kind=self._kind,
            name=str(metadata.get("name", "")),
            namespace=str(metadata.get("namespace", "")),
            container=str(self._container.get("name", "")),
            image=str(self._container.get("image", "")),
            command=command,
            args=args,
            env=env,
            probes={kind: probe for kind in _PROBES if (probe := self._probe(kind)) is not None},
            command_line=self._command_line(command, args, env),
            lines=dict(self._lines(len(args))),
        )

    def _at(self, *path: str | int) -> Any:
        return at(self._document.data, *path)

    def _note(self, message: str, *path: str | int) -> None:
        self._problems.append(f"{self._source}:{self._document.line(*path)}: {message}")

    def _serving(self, containers: list[Any]) -> int:
        """Place of the container that serves."""
        if not containers:
            self._note("the workload has no container", *self._pod)
        limits = [_mapping(_mapping(_mapping(each).get("resources")).get("limits")) for each in containers]
        served = [place for place, limit in enumerate(limits) if GPU in limit]
        if len(containers) > 1 and len(served) != 1:
            self._note(f"several containers, and not exactly one of them asks for {GPU}", *self._pod)
        return served[0] if served else 0

    def _words(self, key: str) -> tuple[str, ...]:
        value = self._container.get(key)
        if value is not None and not isinstance(value, list):
            self._note(f"{key} must be a list of strings", *self._path, key)
        return tuple(self._word(key, place, each) for place, each in enumerate(_list(value)))

    def _word(self, key: str, place: int, value: object) -> str:
        if isinstance(value, str):
            return value
        written = self._document.text(*self._path, key, place)
        self._note(
            f"{key}[{place}] is {written}, which YAML reads as {type(value).__name__}; Kubernetes takes strings only, "
            "so put it in quotes",
            *(*self._path, key, place),
        )
        return written

    def _env(self) -> Iterator[tuple[str, str | None]]:
        known: dict[str, str] = {}
        for entry in map(_mapping, _list(self._container.get("env"))):
            name, value = str(entry.get("name", "")), entry.get("value", None if "valueFrom" in entry else "")
            if value is not None:
                # A variable may name those above it.
                value = known[name] = commandline.expand(str(value), known)
            yield name, value

    def _command_line(
        self, command: tuple[str, ...], args: tuple[str, ...], env: dict[str, str | None]
    ) -> tuple[str, ...]:
        known = {name: value for name, value in env.items() if value is not None}
        try:
            return commandline.resolve(command, args, known)
        except commandline.ShellScript as error:
            self._note(
                f"the container starts a shell whose script {error}, so its command line cannot be read; "
                "write command and args as lists of words",
                *(*self._path, "command"),
            )
            return ()

    def _probe(self, kind: str) -> Probe | None:
        probe = self._container.get(f"{kind}Probe")
        if not isinstance(probe, dict):
            return None
        get = _mapping(probe.get("httpGet"))
        numbers = {
            "initial_delay_seconds": probe.get("initialDelaySeconds"),
            "period_seconds": probe.get("periodSeconds"),
            "timeout_seconds": probe.get("timeoutSeconds"),
            "failure_threshold": probe.get("failureThreshold"),
        }
        given = {name: value for name, value in numbers.items() if isinstance(value, int)}
        return Probe(path=str(get.get("path", "")), port=str(get.get("port", "")), **given)

    def _lines(self, args: int) -> Iterator[tuple[str, int]]:
        for key in ("image", "command", "args"):
            if key in self._container:
                yield key, self._document.line(*self._path, key)
        for place in range(args):
            yield f"args[{place}]", self._document.line(*self._path, "args", place)

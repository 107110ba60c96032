"""What house rules look at: one object of a manifest with its file and lines, and what stands around it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.arguments.shell.tokens import UnreadableScript
from vllm_qualify.core import foreign
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.kube import commandline, manifests
from vllm_qualify.kube.serving import Probe
from vllm_qualify.kube.yamltext import Path, YamlDocument

POD = ("spec", "template", "spec")
_VLLM_FLAGS = frozenset({"--gpu-memory-utilization", "--max-model-len", "--enforce-eager"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyObject:
    """One object of a file.

    Attributes:
        file: the file, as messages name it.
        document: the YAML document that it stands in.
        root: where in that document; not empty for an item of a list.
    """

    file: str
    document: YamlDocument = field(repr=False)
    root: Path = ()

    @property
    def kind(self) -> str:
        """The object's kind; ``""`` where it says none."""
        return str(self.at("kind") or "")

    @property
    def name(self) -> str:
        """Its kind and name, as messages have it."""
        return f"{self.kind} {self.at('metadata', 'name') or ''}".strip()

    @property
    def container(self) -> Path:
        """Where the container that serves stands: the one with the GPU, else the first."""
        containers = self.list(*POD, "containers")
        limits = [foreign.mapping(manifests.at(each, "resources", "limits")) for each in containers]
        place = next((place for place, limit in enumerate(limits) if manifests.GPU in limit), 0)
        return (*POD, "containers", place)

    @property
    def header(self) -> str:
        """The comment at the head of its file."""
        lines = []
        for line in self.document.whole.splitlines():
            if line.strip() and not line.startswith(("#", "---", "%", "\ufeff")):
                break
            lines.append(line)
        return "\n".join(lines)

    def at(self, *path: str | int) -> Any:
        """The value at a path; ``None`` where there is none."""
        return manifests.at(self.document.data, *self.root, *path)

    def env(self) -> dict[str, str]:
        """The serving container's variables whose values the manifest gives."""
        entries = map(foreign.mapping, self.list(*self.container, "env"))
        return {str(each.get("name")): str(each.get("value") or "") for each in entries if "valueFrom" not in each}

    def flags(self) -> tuple[command_line.Group, ...]:
        """The serving container's command line by option; of a shell's script only its words."""
        command, args = ([str(word) for word in self.list(*self.container, key)] for key in ("command", "args"))
        try:
            return command_line.split(commandline.resolve(command, args, ShellVariables(values=self.env())).words)
        except UnreadableScript:
            return command_line.split([part for word in (*command, *args) for part in word.split()])

    def broken(self, path: Path, **said: Any) -> RuleResult:
        """The result of a rule that does not hold at a path; it says what `RuleResult` takes."""
        return RuleResult(subject=f"{self.file}:{self.line(*path)}", path=dotted(path), **said)

    def labels(self, *path: str | int) -> dict[str, Any]:
        """The labels of the metadata at a path."""
        return foreign.mapping(self.at(*path, "metadata", "labels"))

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest one above it; counted from 1."""
        return self.document.line(*self.root, *path)

    def list(self, *path: str | int) -> list[Any]:
        """The list at a path; empty where there is none."""
        return foreign.items(self.at(*path))

    def probe(self, kind: str) -> Probe | None:
        """One probe of the serving container, filled in as Kubernetes does."""
        found = self.at(*self.container, f"{kind}Probe")
        if not isinstance(found, dict):
            return None
        plain = Probe()
        return Probe(
            initial_delay_seconds=_number(found.get("initialDelaySeconds"), plain.initial_delay_seconds),
            period_seconds=_number(found.get("periodSeconds"), plain.period_seconds),
            failure_threshold=_number(found.get("failureThreshold"), plain.failure_threshold),
        )

    def serves_vllm(self) -> bool:
        """Whether it is a Deployment that starts vLLM, by its image, its label or its command line."""
        if self.kind != "Deployment":
            return False
        image = str(self.at(*self.container, "image") or "")
        labelled = self.labels().get("app.kubernetes.io/name") == "vllm"
        groups = self.flags()
        flags = {command_line.canonical(group.flag) for group in groups} & _VLLM_FLAGS
        return bool("vllm" in image or labelled or flags or any("vllm" in str(group) for group in groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyScope:
    """What is around an object, and what the operator set.

    Attributes:
        namespace: where everything belongs.
        manifests: every object of the folder.
        load_seconds: how long a model may take to load.
        service: the Service that callers know.
        port: its port.
    """

    namespace: str
    manifests: tuple[PolicyObject, ...] = ()
    load_seconds: float = 120.0
    service: str = "vllm-api"
    port: int = 8000

    @property
    def servers(self) -> tuple[PolicyObject, ...]:
        """The Deployments that start vLLM, one for each mode."""
        return tuple(each for each in self.manifests if each.serves_vllm())


def dotted(path: Sequence[str | int]) -> str:
    """A path as Kubernetes writes it: ``spec.template.spec.containers[0].args``."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def objects(file: str, document: YamlDocument) -> Iterator[PolicyObject]:
    """The objects of a document: itself, or the items of a list."""
    whole = PolicyObject(file=file, document=document)
    if whole.kind != "List":
        yield whole
        return
    for place in range(len(whole.list("items"))):
        yield PolicyObject(file=file, document=document, root=("items", place))


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise

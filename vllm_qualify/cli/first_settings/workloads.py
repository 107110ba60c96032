"""Which workloads of a folder run vLLM, and what their manifests say of the place where they run. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from vllm_qualify.cli.first_settings.folder_texts import FolderText
from vllm_qualify.core import foreign
from vllm_qualify.kube import manifests, serving_container, unreadable, yamltext
from vllm_qualify.kube.config_maps import ConfigMaps, Lookup
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.pod_templates import PodTemplate, at, of_workloads, roots
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.kube.yamltext import YamlDocument

HOSTNAME = "kubernetes.io/hostname"
_REASONS = re.compile(r"(?<![a-z0-9])(?:r1|qwq|reason(?:ing|er)?|think(?:ing|er)?)(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value and the place where it stands."""

    value: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWorkload:
    """A workload that may serve.

    Attributes:
        path: of the manifest, as the settings name it: a file, or a kustomize folder.
        manifest: its serving container.
        several: the manifest has others that may serve as well, so that it has to be named.
        runs_vllm: its image or its command line is vLLM's; else it only asks for a GPU.
        replicas: as they are written; 1 where they are not.
        labels: of its pods.
        node: that its pods are bound to; ``None`` where they are not.
        rendered: lines are those of what kubectl made, which no file has.
    """

    path: str
    manifest: ServingManifest
    several: bool = False
    runs_vllm: bool = True
    replicas: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    node: Found | None = None
    rendered: bool = False

    def __str__(self) -> str:
        return f"{self.manifest.kind} {self.manifest.name} ({self.path})"

    @property
    def reasons(self) -> bool:
        """Its name or its model is one of a reasoning mode."""
        return any(_REASONS.search(word) for word in (self.manifest.name, self.manifest.model, *self.labels.values()))

    def place(self, key: str) -> str:
        """Where something stands, as a comment has it.

        Args:
            key: ``image``, or the argument whose place is wanted.
        """
        lines = self.manifest.lines
        held = next((f"args[{place}]" for place, word in enumerate(self.manifest.args) if key in word.split()), "")
        held = held or next((f"args[{place}]" for place, word in enumerate(self.manifest.args) if key in word), "")
        line = lines.get(key) or lines.get(held) or lines.get("args") or lines.get("command")
        return self.path if self.rendered or line is None else f"{self.path}:{line}"


def of(one: FolderText, *, beside: Lookup, rendered: bool = False) -> tuple[list[FoundWorkload], list[str]]:
    """The workloads of a text, and what of it could not be read.

    Args:
        one: the text.
        beside: finds ConfigMaps in the files around it.
        rendered: kubectl made it of a folder.
    """
    try:
        documents = manifests.documents_of(one.text, source=one.path)
    except BadManifest as problem:
        return [], [str(problem)]
    templates = [each for document in documents for each in of_workloads(document, one.path)]
    around = Around(config_maps=ConfigMaps(beside=beside))
    found: list[FoundWorkload] = []
    problems = [f"{one.path} {reason}" for reason in unreadable.reasons(documents)]
    for template in templates:
        try:
            found += _workload(template, documents, around, rendered=rendered)
        except BadManifest as problem:
            problems += problem.lines
    likely = [each for each in found if each.runs_vllm] or found
    return [replace(each, several=len(likely) > 1) for each in likely], problems


def services(texts: Iterable[FolderText], workload: FoundWorkload) -> tuple[Found, ...]:
    """The Services that select the pods of a workload, where each is defined.

    Args:
        texts: of the folder.
        workload: whose labels are looked for.
    """
    return tuple(_services(texts, workload))


def objects(one: FolderText) -> Iterator[tuple[YamlDocument, tuple[str | int, ...]]]:
    """Every object of a text with its place in its document; none where it is no YAML."""
    for document in yamltext.readable(one.text):
        for root in roots(document):
            yield document, root


def _services(texts: Iterable[FolderText], workload: FoundWorkload) -> Iterator[Found]:
    for one in texts:
        # Reading YAML takes long, and of thousands of files most have other labels.
        if "Service" not in one.text or not any(value in one.text for value in workload.labels.values()):
            continue
        for document, root in objects(one):
            found = at(document.data, *root)
            selector = foreign.mapping(at(found, "spec", "selector"))
            here = at(found, "metadata", "namespace") or workload.manifest.namespace
            same = not workload.manifest.namespace or here == workload.manifest.namespace
            if at(found, "kind") == "Service" and same and selector and selector.items() <= workload.labels.items():
                line = document.line(*root, "metadata", "name")
                yield Found(value=str(at(found, "metadata", "name")), place=f"{one.path}:{line}")


def _workload(
    template: PodTemplate, documents: tuple[YamlDocument, ...], around: Around, *, rendered: bool
) -> list[FoundWorkload]:
    """The serving container of one workload; empty where none of its containers may be one.

    Raises:
        BadManifest: it has one, which cannot be read.
    """
    candidates = [one for one in serving_container.candidates([template]) if one.weight]
    if not candidates:
        return []
    chosen = serving_container.only(candidates, source=template.source)
    data, document = template.document.data, template.document
    replicas = at(data, *template.root, "spec", "replicas")
    labels = foreign.mapping(at(data, *template.pod[:-1], "metadata", "labels"))
    node = at(data, *template.pod, "nodeSelector", HOSTNAME)
    line = document.line(*template.pod, "nodeSelector", HOSTNAME)
    place = template.source if rendered else f"{template.source}:{line}"
    return [
        FoundWorkload(
            path=template.source,
            manifest=manifests.read(chosen, documents, around),
            runs_vllm=chosen.runs_vllm,
            replicas=replicas if isinstance(replicas, int) else 1,
            labels={str(key): str(value) for key, value in labels.items()},
            node=Found(value=str(node), place=place) if isinstance(node, str) else None,
            rendered=rendered,
        )
    ]

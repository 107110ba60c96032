"""Reads the container that serves from whatever kinds an operator has, for preflight, which changes nothing. Pure.

A qualification needs a workload that it can put a candidate into; see `vllm_qualify.kube.manifests`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.kube import kserve, manifests, pod_templates, serving_container, unreadable
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.pod_templates import PodTemplate
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.kube.serving_container import ContainerCandidate
from vllm_qualify.kube.yamltext import YamlDocument

_RUNTIMES = frozenset({"ClusterServingRuntime", "ServingRuntime"})
_MOST_NAMED = 5
_CHOOSE = "choose one with --workload NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """One YAML text.

    Attributes:
        text: its content.
        source: what messages call it.
    """

    text: str
    source: str


def serving(texts: Sequence[SourceText], *, name: str = "", around: Around | None = None) -> ServingManifest:
    """Read the container that runs vLLM, of any kind that has pods in it.

    Args:
        texts: YAML; of a folder there are several.
        name: of the object, where several could be meant.
        around: what is known beside them.

    Raises:
        BadManifest: there is none, or more than one, or it cannot be read; the message says what to give instead.
    """
    known = [(each, text.source) for text in texts for each in _documents(text)]
    documents = [document for document, _ in known]
    source = texts[0].source if len(texts) == 1 else " and ".join(text.source for text in texts[:2])
    found = serving_container.candidates([one for one in _templates(known) if name in {"", one.name}])
    reasons = unreadable.reasons(documents)
    if not found or (reasons and not any(one.runs_vllm for one in found)):
        raise BadManifest(f"{source} {_nothing(documents, reasons, name)}")
    chosen = serving_container.only(found, source=source, ways=_CHOOSE)
    _refuse_template(chosen)
    if not chosen.runs_vllm and not name:
        raise BadManifest(
            f"{source}: {chosen.template} does not seem to run vLLM, judging by its image and command line; use it "
            f"anyway with --workload {chosen.template.name}, or give the command line with --args"
        )
    return manifests.read(chosen, documents, around or Around())


def _documents(text: SourceText) -> tuple[YamlDocument, ...]:
    return manifests.documents_of(text.text, source=text.source)


def _templates(documents: Sequence[tuple[YamlDocument, str]]) -> list[PodTemplate]:
    joined = list(kserve.joined(documents))
    others = [one for document, source in documents for one in pod_templates.by_shape(document, source)]
    # A runtime that is part of a service is no choice beside it.
    return [*joined, *(one for one in others if not joined or one.kind not in _RUNTIMES)]


def _nothing(documents: Sequence[YamlDocument], reasons: Sequence[str], name: str) -> str:
    """What there is instead of a container that serves."""
    if reasons:
        return reasons[0]
    kinds = unreadable.kinds(documents)
    wanted = f"no workload {name} that runs vLLM" if name else "no workload that runs vLLM, such as a Deployment"
    more = f" and {len(kinds) - _MOST_NAMED} more" if len(kinds) > _MOST_NAMED else ""
    return f"has {wanted}; found {', '.join(kinds[:_MOST_NAMED]) or 'no Kubernetes object'}{more}"


def _refuse_template(chosen: ContainerCandidate) -> None:
    template = chosen.template
    container = template.containers[chosen.place]
    words = [str(container.get(key) or "") for key in ("args", "command", "image")]
    if template.kind not in _RUNTIMES and (said := unreadable.template("\n".join(words))):
        raise BadManifest(f"{template.source}: {template} {said.replace(' in line 1', '')}")

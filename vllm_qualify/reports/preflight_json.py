"""What preflight says of an image, for programs; ``preflight.schema.json`` describes it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import Change, Remedy
from vllm_qualify.preflight import NodeFacts, PredictedVerdict, ToolkitMode
from vllm_qualify.preflight.predict import ImagePrediction, Subject
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightFinding:
    """What one rule found.

    Attributes:
        id: the rule's stable name.
        severity: whether it stands in the way.
        certainty: how far it may be trusted.
        title: what must hold.
        path: the field, the option or the variable; empty where there is none.
        expected: what should be there.
        actual: what is there.
        remedy: what to do next.
        source: the files or threads that the facts were read from.
        changes: what would remove it: one way as good as the other, each a list of what must change together.
        manifests: those that it is about; none where it holds for all.
        waived: the operator's reason why it does not matter; empty where it does.
    """

    id: str
    severity: Severity
    certainty: Certainty
    title: str
    path: str
    expected: str
    actual: str
    remedy: str
    source: str
    changes: tuple[tuple[Change, ...], ...]
    manifests: tuple[str, ...]
    waived: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightNode:
    """What was known of the node.

    Attributes:
        name: of the node; empty where it has none.
        gpu: name of its GPU.
        gpus: how many GPUs it has.
        memory_mib: of one GPU, in MiB; null where nobody knows.
        compute_capability: as in 8.6; empty where nobody knows.
        driver: version of the driver; empty where nobody knows.
        toolkit: version of the NVIDIA Container Toolkit; empty where nobody knows.
        runtime_mode: how that toolkit puts the driver into a container.
        assumed: which facts come from the GPU's name alone.
    """

    name: str
    gpu: str
    gpus: int
    memory_mib: int | None
    compute_capability: str
    driver: str
    toolkit: str
    runtime_mode: ToolkitMode
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightStart:
    """One way to start the image.

    Attributes:
        source: the manifest, or --args.
        image: the image that it names now; empty where it names none.
        model: the model that it serves; empty where that is not known.
    """

    source: str
    image: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightDocument:
    """What is predicted of one image before anything is tried.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        image: the image in full.
        verdict: the prediction.
        certainty: how far it may be trusted; that something works is at most probable before it was tried.
        reason: the first finding in its way, in one sentence; empty where none is.
        changes: what would change it: one way as good as the other, each a list of what must change together.
        findings: in the order of a start.
        basis: who answered for the image.
        digest: of the image, as the registry told it; empty where it was not asked or did not answer.
        problem: why the registry did not answer; empty where it did or was not asked.
        node: what was known of the node.
        starts: how the image would be started.
    """

    schema: Literal[1]
    image: str
    verdict: PredictedVerdict
    certainty: Certainty
    reason: str
    changes: tuple[tuple[Change, ...], ...]
    findings: tuple[PreflightFinding, ...]
    basis: Literal["catalogue", "registry"]
    digest: str
    problem: str
    node: PreflightNode
    starts: tuple[PreflightStart, ...]


def document(predicted: ImagePrediction, subject: Subject, secrets: Collection[str] = ()) -> dict[str, Any]:
    """One image as plain values, before they become text.

    Args:
        predicted: of the image.
        subject: what it was asked about.
        secrets: what is not told, wherever it stands.
    """
    digest = predicted.told.facts.digest
    made = plain.like(
        PreflightDocument,
        predicted.prediction,
        schema=1,
        image=str(predicted.image),
        changes=_changes(predicted.prediction.remedies),
        findings=tuple(plain.like(PreflightFinding, one, changes=_changes(one.remedies)) for one in predicted.findings),
        basis="registry" if digest else "catalogue",
        digest=digest,
        problem=predicted.told.problem,
        node=_node(subject.node),
        starts=tuple(
            PreflightStart(source=start.manifest.source, image=start.manifest.image, model=start.served)
            for start in subject.starts
        ),
    )
    values: dict[str, Any] = plain.of(redaction.record(made, secrets))
    return values


def _changes(remedies: tuple[Remedy, ...]) -> tuple[tuple[Change, ...], ...]:
    return tuple(remedy.changes for remedy in remedies)


def _node(node: NodeFacts) -> PreflightNode:
    return plain.like(
        PreflightNode,
        node,
        compute_capability=".".join(map(str, node.compute_capability or ())),
        runtime_mode=node.mode,
        assumed=tuple(sorted(node.assumed)),
    )

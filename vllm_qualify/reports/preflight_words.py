"""The words of preflight: verdicts, rules in a few words, changes in a few words, who answers. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from vllm_qualify.catalogue import cuda_drivers
from vllm_qualify.core.records import Finding
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy, told
from vllm_qualify.preflight import NodeFacts, PredictedVerdict, Prediction
from vllm_qualify.preflight.predict import LaunchSpec, RegistryAnswer, Subject
from vllm_qualify.reports import text

WIDTH = 100
VERDICTS = {
    PredictedVerdict.SHOULD_WORK: "should work",
    PredictedVerdict.NEEDS_OVERRIDE: "needs override",
    PredictedVerdict.CANNOT_VERIFY: "cannot verify",
    PredictedVerdict.WILL_NOT_WORK: "will not work",
}
_LONG_WORD = 60


def predicted(prediction: Prediction) -> str:
    """The prediction and how far it may be trusted: ``should work (probable)``."""
    return f"{VERDICTS[prediction.verdict]} ({prediction.certainty.value})"


def briefly(finding: Finding | None) -> str:
    """What stands in the way, in a few words after the rule's id; ``""`` for nothing."""
    return f"{finding.id} {finding.brief or f'does not hold: {finding.title}'}" if finding else ""


def change_briefly(prediction: Prediction) -> str:
    """What would change a prediction, in a few words."""
    remedies = (" and ".join(filter(None, map(_short, one.changes))) for one in prediction.remedies)
    return " or ".join(dict.fromkeys(filter(None, remedies)))


def paragraph(content: str, *, indent: int = 0, hanging: int = 2, width: int = WIDTH) -> list[str]:
    """A text in lines; what is longer than a line, such as a path, is not cut, so that it can be copied."""
    return textwrap.wrap(
        text.one_line(content),
        width=width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def labelled(name: str, content: str, *, indent: int, width: int = WIDTH) -> list[str]:
    """A text with its name in front; one with a long word, which somebody will copy, begins on a line of its own."""
    if max(map(len, content.split()), default=0) <= _LONG_WORD:
        return paragraph(f"{name}: {content}", indent=indent, width=width)
    return [f"{' ' * indent}{name}:", *paragraph(content, indent=indent + 2, width=width)]


def asked(told: RegistryAnswer) -> str:
    """Who answers for one image, where a registry was asked."""
    if told.problem:
        return f"only the catalogue; the registry gave no information: {told.problem}"
    size = told.facts.size_bytes
    known = f", {size / 1e9:.1f} GB compressed" if size else ""
    return f"the registry ({told.facts.digest}{known}) and the catalogue" if told.facts.digest else ""


def about(subject: Subject, *, basis: str, hint: str = "", width: int = WIDTH) -> Iterator[str]:
    """What was asked: the node, how it is started, where the facts are from.

    Args:
        subject: node and starts.
        basis: where the facts of the image are from.
        hint: what the operator could tell in addition.
        width: of the terminal, in columns.
    """
    yield from _named("node", node(subject.node), width)
    for place, start in enumerate(subject.starts):
        yield from _named("started by" if place == 0 else "", started(start), width)
    if hint:
        yield from _named("", hint, width)
    yield from _named("facts from", basis, width)


def node(facts: NodeFacts) -> str:
    """A node in one line, with what of it is not known and what was taken from the GPU's name."""
    driver = facts.driver_version
    knows = cuda_drivers.cuda_of(driver) if driver else None
    cuda = f" (CUDA {'.'.join(map(str, knows.value))})" if knows else ""
    capability = ".".join(map(str, facts.compute_capability or ()))
    parts = (
        f"{facts.name}: {facts.gpu or 'GPU not known'}" if facts.name else facts.gpu or "GPU not known",
        f"{facts.gpus} GPUs" if facts.gpus > 1 else "",
        f"{text.number(facts.memory_mib)} MiB" if facts.memory_mib else "memory not known (--gpu-memory)",
        f"compute capability {capability or 'not known (--compute-capability)'}",
        f"driver {facts.driver}{cuda}" if facts.driver else "driver not known",
        f"toolkit {facts.toolkit}" if facts.toolkit else "toolkit not known (nvidia-ctk --version; --toolkit)",
    )
    whole = ", ".join(filter(None, parts))
    names = {"compute_capability": "capability", "memory_mib": "memory"}
    assumed = text.listing(names.get(field, field) for field in sorted(facts.assumed, reverse=True))
    return f"{whole}; {assumed} inferred from the GPU's name" if assumed else whole


def started(start: LaunchSpec) -> str:
    """A start in one line."""
    now = start.release
    parts = (
        f"serves {start.served}" if start.served else "names no model",
        "" if start.model or not start.served else "its config.json is not known here (--model-config FILE)",
        f"now v{now}" if now else "",
    )
    return f"{start.manifest.source}: {', '.join(filter(None, parts))}"


def _named(name: str, content: str, width: int) -> Iterator[str]:
    head, *rest = paragraph(content, indent=12, hanging=0, width=width) or [""]
    yield f"{name:<12}{head.strip()}"
    yield from rest


def _short(change: Change) -> str:
    match change.kind:
        case ChangeKind.DRIVER if change.value:
            return f"driver {change.value}"
        case ChangeKind.ENVIRONMENT:
            return f"{'set' if change.value else 'drop'} {change.name}"
        case ChangeKind.FLAG if change.name and change.value:
            return f"{change.name} {change.value}"
        case ChangeKind.TAG if change.value:
            return change.value
        case ChangeKind.TAG:
            # Whether there is such a tag has to be found out first.
            return ""
        case _:
            return change.text.partition(";")[0].partition(":")[0].removeprefix("take ")


def remedies_in_full(remedies: Iterable[Remedy], *, indent: int, width: int = WIDTH) -> Iterator[str]:
    """Each on lines of its own, one as good as the other."""
    for place, remedy in enumerate(remedies):
        yield from labelled("what would change it" if place == 0 else "or", str(remedy), indent=indent, width=width)


def rest(finding: Finding, *, indent: int, width: int = WIDTH) -> Iterator[str]:
    """What helps against a finding, what else to do, and where its facts come from."""
    yield from remedies_in_full(finding.remedies, indent=indent, width=width)
    if finding.remedy and finding.remedy != told(finding.remedies):
        yield from labelled("what to do", finding.remedy, indent=indent, width=width)
    if finding.source:
        yield from labelled("source", finding.source, indent=indent, width=width)

"""The rule of what staying costs: advisories that an upgrade closes and opens, and which of them apply here. Pure.

It never stands in an image's way: what is recorded is a reason to upgrade or to look, and no measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.catalogue import advisories
from vllm_qualify.catalogue.advisories import Advisory, AdvisoryRecords, Rating
from vllm_qualify.core.records import Severity
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.serve_command import ServeCommand, UnknownValue

_OFFICIAL = "vllm/vllm-openai"
_TOLD = 3
"""So many are named; the rest are counted."""
_MULTIMODAL = ("ForConditionalGeneration", "VLForCausalLM", "VLMoeForCausalLM", "VisionForCausalLM")


class Applicability(Enum):
    """Whether an advisory can be reached with the operator's own arguments and model."""

    APPLIES = "applies"
    UNKNOWN = "cannot be told"
    DOES_NOT = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryOutlook:
    """What is recorded of a release, against the release that runs now.

    Attributes:
        open: with whether each applies, the gravest first.
        closes: what the upgrade leaves behind; ``None`` where it is not known what runs now.
        opens: what it brings; ``None`` likewise.
        until: the day of the newest record.
    """

    open: Mapping[Advisory, Applicability]
    closes: tuple[Advisory, ...] | None
    opens: tuple[Advisory, ...] | None
    until: str

    def that(self, applicability: Applicability) -> tuple[Advisory, ...]:
        """Those that apply, or do not, or of which it cannot be told."""
        return tuple(one for one, found in self.open.items() if found is applicability)


def outlook(question: Question, *, records: AdvisoryRecords | None = None) -> AdvisoryOutlook | None:
    """What is recorded of the image's release; ``None`` where the catalogue does not have it.

    Args:
        question: the image and what is known around it.
        records: the advisories; ``None``: those that the harness carries.
    """
    if question.release is None:
        return None
    known = records or advisories.records()
    change = known.between(question.baseline.version, question.release.version) if question.baseline else None
    return AdvisoryOutlook(
        open={one: applicability(one, question) for one in known.open_in(question.release.version)},
        closes=change.closes if change else None,
        opens=change.opens if change else None,
        until=known.until,
    )


def applicability(advisory: Advisory, question: Question) -> Applicability:
    """Whether an advisory applies, by what it needs; what nobody has read of it cannot be told."""
    tell = NEEDS.get(advisory.needs)
    if tell is None or question.command is None:
        return Applicability.UNKNOWN
    try:
        return tell(question, question.command)
    except UnknownValue:
        return Applicability.UNKNOWN


def told(found: AdvisoryOutlook, *, version: object) -> str:
    """The outlook in a sentence for each thing that it says."""
    worst = f", the gravest {next(iter(found.open))}" if found.open else ""
    parts = [f"{len(found.open)} advisories are recorded as open in v{version} (as of {found.until}){worst}"]
    if found.closes is not None and found.opens is not None:
        parts.append(f"the upgrade closes {len(found.closes)} and opens {_counted(found.opens)}")
    if found.open:
        applies, unknown = found.that(Applicability.APPLIES), found.that(Applicability.UNKNOWN)
        rest = len(found.that(Applicability.DOES_NOT))
        parts.append(
            f"with these arguments {_counted(applies)} {'applies' if len(applies) == 1 else 'apply'}, {rest} do not, "
            f"and of {len(unknown)} it cannot be told"
        )
    return "; ".join(parts)


def recorded(question: Question) -> Iterator[RuleResult]:
    """P32: what is recorded about the security of the release, against the one that runs now."""
    found = outlook(question)
    if found is not None and question.release is not None:
        yield RuleResult(
            severity=Severity.NOTE,
            actual=told(found, version=question.release.version),
            source=advisories.records().source,
        )


def gravest(found: Iterable[Advisory]) -> Rating:
    """The highest rating among some; unrated where there are none."""
    return max((one.rating for one in found), key=tuple(Rating).index, default=Rating.UNRATED)


def _counted(found: tuple[Advisory, ...]) -> str:
    names = ", ".join(map(str, found[:_TOLD]))
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return f"{len(found)} ({names}{more})" if found else "none"


def _when(*, holds: bool) -> Applicability:
    return Applicability.APPLIES if holds else Applicability.DOES_NOT


def _perhaps(*, holds: bool) -> Applicability:
    """Of what can be reached in other ways too."""
    return Applicability.APPLIES if holds else Applicability.UNKNOWN


def _api_key(question: Question, command: ServeCommand) -> Applicability:
    return _when(holds="VLLM_API_KEY" in question.env or command.has("--api-key"))


def _several_nodes(_question: Question, command: ServeCommand) -> Applicability:
    nodes, pipeline = command.number("--nnodes"), command.number("--pipeline-parallel-size")
    return _when(holds=max(nodes or 1, pipeline or 1) > 1 or command.value("--distributed-executor-backend") == "ray")


def _multimodal(question: Question, _command: ServeCommand) -> Applicability:
    if question.model is None or not question.model.architectures:
        return Applicability.UNKNOWN
    return _when(holds=any(name.endswith(_MULTIMODAL) for name in question.model.architectures))


def _gguf(_question: Question, command: ServeCommand) -> Applicability:
    return _when(holds=".gguf" in command.model.casefold() or command.value("--quantization") == "gguf")


def _own_build(question: Question, _command: ServeCommand) -> Applicability:
    return Applicability.DOES_NOT if question.image.repository.endswith(_OFFICIAL) else Applicability.UNKNOWN


NEEDS: Mapping[str, Callable[[Question, ServeCommand], Applicability]] = {
    "API key": _api_key,
    "GGUF model": _gguf,
    "KV transfer": lambda _question, command: _when(holds=command.has("--kv-transfer-config")),
    "model revision": lambda _question, command: _when(holds=command.has("--revision", "--code-revision")),
    "multimodal model": _multimodal,
    "own image build": _own_build,
    "prompt embeddings": lambda _question, command: _perhaps(holds=command.has("--enable-prompt-embeds")),
    "remote code": lambda _question, command: _perhaps(holds=command.has("--trust-remote-code")),
    "several nodes": _several_nodes,
    "tool parser qwen3_coder": lambda _question, command: _when(
        holds=command.value("--tool-call-parser") == "qwen3_coder"
    ),
}
"""What an advisory may need, by the words of ``catalogue_maker/advisory_needs.toml``."""

RULES = (
    row(
        "P32",
        "advisories",
        "it is said which published advisories the upgrade closes and opens, and which apply here",
        recorded,
        severity=Severity.NOTE,
    ),
)

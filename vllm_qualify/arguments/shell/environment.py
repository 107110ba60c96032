"""A container's variables as far as they are known, and words in which a value may be unknown. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# In brackets, in braces or bare; the output of a command has no name to it that could be set.
_VARIABLE = re.compile(r"\$(?:\((?P<a>[A-Za-z_]\w*)\)|\{(?P<b>[A-Za-z_]\w*)\}|(?P<c>[A-Za-z_]\w*))", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellVariables:
    """The variables of a container.

    Attributes:
        values: by name, those whose value is known.
        unknown: by name, where the value of the others comes from, such as ``key len of the ConfigMap vllm``.
        rest: where variables come from whose very names are not known; ``""`` for nowhere.
        spellings: what stands in the values for something that is not known, and where that comes from.
    """

    # Values may be tokens, and a repr ends up in failure messages.
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict)
    rest: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict)

    def source(self, name: str) -> str:
        """Where the value of a variable that is not known may come from; ``""`` where nothing sets it."""
        return self.unknown.get(name, self.rest)

    def plain(self) -> dict[str, str | None]:
        """The variables by name; ``None`` for a value that is not wholly known."""
        known = {name: None if unknown_in(value, self.spellings) else value for name, value in self.values.items()}
        return {**known, **dict.fromkeys(self.unknown)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words that are executed.

    Attributes:
        words: in their order; what is not known stands in them as it is written, such as ``$(MAX_LEN)``.
        unknowns: by each such spelling, where its value comes from.
        variables: what the script sets for the program beside the container's own variables.
        gaps: where more words may come from that nobody has read, as in ``the script starts vLLM in 2 ways``.
    """

    words: tuple[str, ...] = ()
    unknowns: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A value that is not known.

    Attributes:
        written: what stands for it, such as ``$(MAX_LEN)``.
        source: where it comes from, such as ``key len of the ConfigMap vllm, which is not at hand``.
    """

    written: str
    source: str

    @property
    def remedy(self) -> str:
        """How it can be told."""
        found = _VARIABLE.fullmatch(self.written)
        name = next(filter(None, found.groups()), "") if found else ""
        ways = [f"--env {name}=VALUE"] if name else ["--args with the whole command line"]
        if "ConfigMap" in self.source:
            ways.append("the ConfigMap in the same file or folder, or --context of the cluster that has it")
        return f"provide it: {'; or '.join(ways)}"

    def __str__(self) -> str:
        return f"{self.written} ({self.source})"


def unknown_in(text: str, unknowns: Mapping[str, str]) -> Unknown | None:
    """The first unknown value of a text; ``None`` where everything in it is known."""
    found = next((written for written in unknowns if written in text), None)
    return None if found is None else Unknown(written=found, source=unknowns[found])

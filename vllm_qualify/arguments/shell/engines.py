"""Commands of container engines, as a shell's script has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.arguments import command_line

ENGINES = frozenset({"docker", "nerdctl", "podman"})
"""Programs that run in a container what stands behind their own words."""


def engine_words(words: Sequence[str]) -> tuple[str, ...]:
    """A command of a container engine without what stands before it, such as ``sudo``; empty for any other."""
    names = [word.rpartition("/")[2] for word in words]
    if not names or names[0] not in ENGINES | command_line.STARTERS:
        return ()
    place = next((place for place, name in enumerate(names) if name in ENGINES), len(words))
    return tuple(words[place:])

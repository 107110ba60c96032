"""Files of systemd's syntax: sections of ``Key=value``, in which a key may stand again. Pure.

Source: systemd.syntax(7) and systemd.unit(5).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vllm_qualify.container.refusal import UnreadableContainer

_SECTION = re.compile(r"\[(.+)\]")
_SPECIFIER = re.compile(r"%(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFile:
    """One unit.

    Attributes:
        name: of the file, without its suffix.
        entries: section, key and value, in their order; specifiers are put in.
    """

    name: str
    entries: Sequence[tuple[str, str, str]]

    def values(self, section: str, key: str) -> tuple[str, ...]:
        """All values of a key; an empty one takes back those before it."""
        found: list[str] = []
        for where, name, value in self.entries:
            if (where, name) == (section, key):
                found = [*found, value] if value else []
        return tuple(found)

    def words(self, section: str, key: str) -> tuple[str, ...]:
        """All words of all values of a key.

        Raises:
            UnreadableContainer: a quotation has no end.
        """
        return tuple(word for value in self.values(section, key) for word in split(value, key))


def read(text: str, *, name: str, environment: Mapping[str, str]) -> UnitFile:
    """Read a unit.

    Args:
        text: of the file.
        name: of the file, without its suffix.
        environment: of the operator, for the home folder.
    """
    instance = name.partition("@")[2]
    known = {"%": "%", "h": environment.get("HOME", "~"), "i": instance, "I": instance, "n": name, "N": name, "p": name}

    def specified(value: str) -> str:
        return _SPECIFIER.sub(lambda one: known.get(one[1], one[0]), value)

    entries, section = [], ""
    for line in _lines(text):
        if header := _SECTION.fullmatch(line):
            section = header[1]
        elif "=" in line:
            key, _, value = line.partition("=")
            entries.append((section, key.strip(), specified(value.strip())))
    return UnitFile(name=name, entries=entries)


def split(value: str, key: str) -> tuple[str, ...]:
    """The words of a value.

    Raises:
        UnreadableContainer: a quotation has no end.
    """
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise UnreadableContainer(
            f"{key}= cannot be split into words: {str(error).lower()}; mend its quotes"
        ) from error


def _lines(text: str) -> list[str]:
    """The lines without comments, also between those that a backslash joins."""
    found: list[str] = []
    joined = False
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not joined):
            continue
        goes_on = line.endswith("\\")
        part = line[:-1].rstrip() if goes_on else line
        if joined:
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
        joined = goes_on
    return found

"""Words that options take, from where they are made, once somebody asks: every pytest comes by here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator


class LaterChoices(Collection[str]):
    """Words that an option takes, from where they are made, once somebody asks."""

    def __init__(self, read: Callable[[], Collection[str]]) -> None:
        self._read = read

    def __contains__(self, word: object) -> bool:
        return word in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def _targets() -> Collection[str]:
    from vllm_qualify.targets.table import AUTO, TARGETS  # noqa: PLC0415 - knows all that a target needs.

    return (AUTO, *TARGETS)


def _severities() -> Collection[str]:
    from vllm_qualify.core.advisories import LEVELS  # noqa: PLC0415 - with what is recorded of advisories.

    return LEVELS


TARGETS = LaterChoices(_targets)
SEVERITIES = LaterChoices(_severities)

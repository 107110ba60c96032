"""The words of ``docker run``, ``podman run`` and ``create``, taken apart. Pure.

Source: ``docker run --help`` of Docker 28, ``podman create --help`` of Podman 4.3 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.arguments.shell import engines
from vllm_qualify.container.refusal import UnreadableContainer

_LETTERS = {
    "P": "publish-all",
    "a": "attach",
    "c": "cpu-shares",
    "d": "detach",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "q": "quiet",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
_SAME = {"dns-opt": "dns-option", "net": "network", "net-alias": "network-alias"}
_SWITCHES = frozenset(
    {"detach", "disable-content-trust", "env-host", "help", "http-proxy", "init", "interactive", "no-healthcheck"}
    | {"no-hosts", "oom-kill-disable", "passwd", "privileged", "publish-all", "quiet", "read-only", "read-only-tmpfs"}
    | {"replace", "rm", "rmi", "rootfs", "sig-proxy", "tls-verify", "tty", "unsetenv-all", "use-api-socket"}
)
_VERBS = frozenset({"create", "run"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWords:
    """One command that makes a container.

    Attributes:
        engine: the program, without its folder.
        options: long names without dashes, with their values, as often as they are given; ``true`` for a switch.
        image: the image.
        command: what stands behind it.
    """

    engine: str
    options: tuple[tuple[str, str], ...]
    image: str
    command: tuple[str, ...]

    def all(self, *names: str) -> tuple[str, ...]:
        """All values of an option."""
        return tuple(value for name, value in self.options if name in names)

    def last(self, name: str) -> str:
        """The value of an option that is given once; ``""`` where it is not given."""
        return next(iter(self.all(name)[-1:]), "")

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.last(name).lower() in {"1", "t", "true"}


def parse(words: Sequence[str]) -> RunWords | None:
    """Take a command apart.

    Args:
        words: as a shell has split them.

    Returns:
        ``None`` for one that makes no container.

    Raises:
        UnreadableContainer: it names no image.
    """
    command = engines.engine_words(words)
    place = next((place for place, word in enumerate(command) if place and word in _VERBS), None)
    if place is None or any(not _of_engine(command, at) for at in range(1, place)):
        return None
    options, rest = _options(command[place + 1 :])
    engine = command[0].rpartition("/")[2]
    if not rest:
        raise UnreadableContainer(f"{engine} {command[place]} names no image; give the whole command")
    return RunWords(engine=engine, options=options, image=rest[0], command=tuple(rest[1:]))


def _of_engine(command: Sequence[str], place: int) -> bool:
    """Whether a word before the verb belongs to the engine itself: an option, its value, or the noun."""
    before = command[place - 1]
    return command[place].startswith("-") or command[place] == "container" or before.startswith("-")


def _options(words: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], Sequence[str]]:
    """The options in front of the image, and what is left."""
    found: list[tuple[str, str]] = []
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            name = _SAME.get(name, name)
        else:
            name, equals, value = _letters(word[1:], found)
        if not equals:
            value = "true" if name in _SWITCHES else rest.pop(0) if rest else ""
        found.append((name, value))
    return tuple(found), rest


def _letters(word: str, found: list[tuple[str, str]]) -> tuple[str, str, str]:
    """The last of several letters, with what stands right behind it; those in front are switches."""
    while len(word) > 1 and _LETTERS.get(word[0], "") in _SWITCHES and word[1] != "=":
        found.append((_LETTERS[word[0]], "true"))
        word = word[1:]
    name, value = _LETTERS.get(word[0], word[0]), word[1:]
    return name, "=" if value else "", value.removeprefix("=")

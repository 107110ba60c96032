"""The command line that a container really gets: Kubernetes' ``$(VAR)``, then the shell, if there is one. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

_REFERENCE = re.compile(r"\$\$|\$\((?P<name>[A-Za-z_.-][A-Za-z0-9_.-]*)\)")
_SHELL_VARIABLE = re.compile(r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SHELLS = frozenset({"ash", "bash", "dash", "sh"})
_SCRIPT_OPTION = re.compile(r"-[a-z]*c[a-z]*")
# Operators as shlex returns them when asked for punctuation; a script with one is more than one simple command.
_OPERATORS = frozenset("();<>|&")
_SPECIAL = _OPERATORS | frozenset("\"'\\$`\n*?[")


class ShellScript(ValueError):
    """A container's shell script that is more than one simple command; the message names the part."""


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace ``$(VAR)`` as the kubelet does: ``$$`` is a dollar sign, an unknown variable stays as it is written."""

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        return "$" if name is None else env.get(name, match[0])

    return _REFERENCE.sub(value, text)


def resolve(command: Sequence[str], args: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...]:
    """Work out what is executed.

    Args:
        command: the container's ``command``; empty when the image's own entrypoint runs.
        args: the container's ``args``.
        env: the variables whose values the manifest gives.

    Returns:
        The words of the command line. Without a ``command`` they follow the image's entrypoint.

    Raises:
        ShellScript: a shell runs a script whose command line cannot be known without running it.
    """
    words = tuple(expand(word, env) for word in (*command, *args))
    script = _script(words) if command else None
    return words if script is None else _simple_command(script, env)


def _script(words: Sequence[str]) -> str | None:
    """The script of ``sh -c SCRIPT``; ``None`` where no shell is started."""
    if words[0].rpartition("/")[2] not in _SHELLS:
        return None
    for place, word in enumerate(words[1:], start=1):
        if _SCRIPT_OPTION.fullmatch(word):
            return words[place + 1] if place + 1 < len(words) else None
        if not word.startswith("-"):
            return None
    return None


def _simple_command(script: str, env: Mapping[str, str]) -> tuple[str, ...]:
    words = _words(_expanded(script.strip().replace("\\\n", " "), env))
    while words and (words[0] == "exec" or _ASSIGNMENT.fullmatch(words[0])):
        del words[0]
    return tuple(words)


def _expanded(script: str, env: Mapping[str, str]) -> str:
    """Put in the shell's variables. Before the split, because the shell splits ``$EXTRA_ARGS`` into words as well."""

    def value(match: re.Match[str]) -> str:
        name = match["bare"] or match["braced"]
        if name not in env:
            raise ShellScript(f"uses the variable {name}, whose value the manifest does not give")
        if _SPECIAL & set(env[name]):
            raise ShellScript(f"uses the variable {name}, whose value has characters that are special to a shell")
        return env[name]

    return _SHELL_VARIABLE.sub(value, script)


def _words(script: str) -> list[str]:
    if "\n" in script:
        raise ShellScript("runs several lines")
    if "`" in script or "$(" in script:
        raise ShellScript("runs a command inside the command")
    lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise ShellScript(f"cannot be split into words ({str(error).lower()})") from error
    operator = next((word for word in words if word and set(word) <= _OPERATORS), None)
    if operator is not None:
        raise ShellScript(f"uses {operator!r}")
    return words

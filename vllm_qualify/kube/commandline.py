"""The command line that a container really gets: Kubernetes' ``$(VAR)``, then the shell, if there is one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vllm_qualify.arguments.shell import script
from vllm_qualify.arguments.shell.config_file import Files, nothing_at_hand
from vllm_qualify.arguments.shell.environment import ShellVariables, Words

_REFERENCE = re.compile(r"\$\$|\$\((?P<name>[A-Za-z_.-][A-Za-z0-9_.-]*)\)")
# A word may be one of a template that is filled in before it is applied. In braces it is hardly ever anything else.
_PLACEHOLDER = re.compile(r"\$\{(?P<braced>[A-Za-z_]\w*)\}|(?<![^=,:/])\$(?P<bare>[A-Za-z_]\w*)(?![^,:/])", re.ASCII)
_TEMPLATE = "a template placeholder, as for envsubst; Kubernetes leaves it as it is"
# Kubernetes sets these for every Service that is older than the pod, and replaces them in words as well.
_OF_A_SERVICE = re.compile(r"[A-Z0-9_]+_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP).*)?)")


def expand(text: str, env: ShellVariables) -> str:
    """Replace ``$(VAR)`` as the kubelet does: ``$$`` is a dollar sign, what is not known stays as it is written."""

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        return "$" if name is None else env.values.get(name, match[0])

    return _REFERENCE.sub(value, text)


def unknowns(text: str, env: ShellVariables) -> Iterator[tuple[str, str]]:
    """The references of a text that the kubelet replaces by a value that is not known, and where that comes from.

    A name that nothing sets is none of them: the kubelet leaves it as it is written, and so the container gets it.
    """
    for match in _REFERENCE.finditer(text):
        name = match["name"]
        if name is None or name in env.values:
            continue
        source = env.source(name) or ("a Service of the cluster" if _OF_A_SERVICE.fullmatch(name) else "")
        if source:
            yield match[0], source


def resolve(
    command: Sequence[str],
    args: Sequence[str],
    env: ShellVariables,
    *,
    given: Mapping[str, str] | None = None,
    files: Files = nothing_at_hand,
) -> Words:
    """Work out what is executed.

    Args:
        command: the container's ``command``; empty when the image's own entrypoint runs.
        args: the container's ``args``.
        env: the variables of the container.
        given: what somebody puts in for ``${NAME}``, which Kubernetes leaves alone.
        files: finds a script that a shell is given as a file.

    Returns:
        The words of the command line. Without a ``command`` they follow the image's entrypoint.

    Raises:
        UnreadableScript: a shell runs a script whose command line cannot be known without running it.
    """
    written = (*command, *args)
    found = {**env.spellings, **{one: source for word in written for one, source in unknowns(word, env)}}
    words = tuple(expand(word, env) for word in written)
    read = script.resolved(words, env, files) if command else None
    if read is not None:
        return replace(read, unknowns={**found, **read.unknowns})
    words = tuple(_PLACEHOLDER.sub(lambda one: (given or {}).get(_name(one), one[0]), word) for word in words)
    placeholders = {one[0]: _TEMPLATE for word in words for one in _PLACEHOLDER.finditer(word)}
    return Words(words=words, unknowns={**found, **placeholders})


def _name(placeholder: re.Match[str]) -> str:
    return placeholder["braced"] or placeholder["bare"]

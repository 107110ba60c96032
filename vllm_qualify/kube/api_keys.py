"""Which API key the server in a container asks for, as its pod says it; called by the way to servers. Pure.

vLLM answers 401 to whoever does not send the key of ``--api-key``, or else of ``VLLM_API_KEY``; ``/health`` and
``/metrics`` are open to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vllm_qualify.arguments import command_line
from vllm_qualify.arguments.shell.environment import ShellVariables
from vllm_qualify.arguments.shell.tokens import UnreadableScript
from vllm_qualify.kube import commandline
from vllm_qualify.kube.objects import Object

_FLAG = "--api-key"
_VARIABLE = "VLLM_API_KEY"
# What the kubelet puts in, and what a shell would.
_REFERENCE = re.compile(r"\$\((?P<kubelet>[A-Za-z_][\w.-]*)\)|\$\{?(?P<shell>[A-Za-z_]\w*)\}?")

_WITHOUT_QUOTES = str.maketrans("", "", "\"'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The key of a server; at most one of the attributes is set.

    Attributes:
        value: the key itself; ``""`` where it does not stand in the pod.
        variable: of the container, that holds it, because it comes from a Secret.
    """

    # A repr ends up in failure messages.
    value: str = field(default="", repr=False)
    variable: str = ""


def of(pod: Object, container: str) -> ApiKey:
    """The key that the container's server asks for; of several the first, since any of them will do.

    Args:
        pod: as the API gives it.
        container: the one that serves.
    """
    found = [one for one in pod.get("spec", {}).get("containers") or [] if one.get("name") == container]
    if not found:
        return ApiKey()
    env = _env(found[0])
    words = _words(found[0], {name: value for name, value in env.items() if value is not None})
    written = next((values[0] for values in _keys(words) if values and values[0]), "")
    if reference := _REFERENCE.fullmatch(written):
        return ApiKey(variable=reference["kubelet"] or reference["shell"])
    if written:
        return ApiKey(value=written)
    value = env.get(_VARIABLE, "")
    # A Secret whose keys all become variables may have this one as well.
    from_elsewhere = value is None or (_VARIABLE not in env and found[0].get("envFrom"))
    return ApiKey(variable=_VARIABLE) if from_elsewhere else ApiKey(value=value or "")


def _env(container: Object) -> dict[str, str | None]:
    """The variables by name; ``None`` where the value comes from elsewhere. One may name those above it."""
    env: dict[str, str | None] = {}
    for entry in container.get("env") or []:
        known = {name: value for name, value in env.items() if value is not None}
        above = ShellVariables(values=known)
        given = None if "valueFrom" in entry else commandline.expand(str(entry.get("value") or ""), above)
        env[str(entry.get("name", ""))] = given
    return env


def _words(container: Object, env: Mapping[str, str]) -> tuple[str, ...]:
    """What is executed; a script that cannot be known without running it is taken for plain words."""
    command, args = container.get("command") or [], container.get("args") or []
    try:
        return commandline.resolve(command, args, ShellVariables(values=env)).words
    except UnreadableScript:
        return tuple(" ".join((*command, *args)).translate(_WITHOUT_QUOTES).split())


def _keys(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """What stands behind the flag, the last one first, because that one counts."""
    return tuple(
        group.values for group in reversed(command_line.split(words)) if command_line.canonical(group.flag) == _FLAG
    )

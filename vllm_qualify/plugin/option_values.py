"""What a qualification makes of its options: settings that they outrank, and wishes, met or not."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from vllm_qualify.config import Routing, Settings
from vllm_qualify.plugin.option_table import OPTION_ROWS
from vllm_qualify.targets.kind import Ability, RunWishes, TargetKind
from vllm_qualify.targets.table import TARGETS


def outranked(settings: Settings, option: Namespace) -> Settings:
    """The settings, with everything that the command line gives in its place."""
    for row in OPTION_ROWS:
        for key in row.settings:
            if value := row.given(option):
                settings = _placed(settings, key, value)
    return settings


def wishes(option: Namespace, environment: Mapping[str, str]) -> RunWishes:
    """What the command line asks of the target; what is not given is as usual.

    Args:
        option: the command line.
        environment: the variables of ``--env``, read.
    """
    given = {row.wish: value for row in OPTION_ROWS if row.wish and (value := row.given(option))}
    return RunWishes(environment=environment, **given)


def unmet(
    option: Namespace, settings: Settings, *, kind: TargetKind, environ: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """Every wish that a run cannot meet, a line each, told before anything is done.

    A wish that is passed over in silence makes a run look as if it had shown what it did not.

    Args:
        option: what the command line asks for.
        settings: what the operator configured.
        kind: what the run is for.
        environ: holds the key of the proxy.
    """
    lacks = kind.lacks(settings)
    for row in OPTION_ROWS:
        if row.needs is not None and row.needs in lacks and row.given(option):
            able = [
                f"give --target {other.name}" for other in TARGETS.values() if row.needs not in other.lacks(settings)
            ]
            ways = filter(None, [lacks[row.needs].remedy, "leave it out", *able])
            yield f"{row.name}: {lacks[row.needs].reason}; {', or '.join(ways)}"
    if settings.routing is not None and Ability.BEHIND_PROXY not in lacks:
        yield from _no_key(settings.routing, environ)


def _no_key(routing: Routing, environ: Mapping[str, str]) -> Iterator[str]:
    """Why the proxy cannot be asked with the key that was named; the built-in name may stand for a proxy without."""
    name = routing.api_key_env
    if name != Routing.__dataclass_fields__["api_key_env"].default and not environ.get(name):
        yield f"routing.api_key_env: {name} is not set in this environment; set it to a key of {routing.proxy}"


def _placed(holder: Any, key: str, value: object) -> Any:
    """A dataclass with a value in the place of a dotted key; a table that there is not has no place for it."""
    name, _, rest = key.partition(".")
    if holder is None:
        return None
    return replace(holder, **{name: _placed(getattr(holder, name), rest, value) if rest else value})

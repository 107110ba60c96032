"""What production was when a run began: the labels of the lock container, which outlive run, engine and machine. Pure.

A label cannot be changed once its container is made, and a name belongs to one container, so lock and snapshot are one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from vllm_qualify.core.errors import UserError
from vllm_qualify.kube.lease import Holder

LOCK = "vllm-qualify-lock"
"""The name of the lock container: an engine gives it to one run at a time."""
SNAPSHOT = "vllm-qualify.snapshot"
"""The label that holds what production was: of the lock, and of each candidate of the run."""
_HOLDER = "vllm-qualify.holder"


class UnreadableSnapshot(UserError):
    """The labels of the lock container are not those that a run writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptContainer:
    """One container of production.

    Attributes:
        image_id: of what it runs.
        running: it ran when the run began, and has to run when it ends.
        served: the model names that it answered with; empty where it did not answer.
        unit: the systemd unit that starts it; ``""`` for none.
    """

    id: str
    name: str
    image_id: str
    running: bool
    served: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSnapshot:
    """Production, as a run found it.

    Attributes:
        run: whose snapshot it is.
        taken: wall-clock time, UTC.
        containers: that serve its modes; none where there was no production.
    """

    run: str
    taken: datetime
    containers: tuple[KeptContainer, ...] = ()

    @property
    def serving(self) -> tuple[KeptContainer, ...]:
        """Those that ran."""
        return tuple(one for one in self.containers if one.running)


def labels(snapshot: HostSnapshot, holder: Holder) -> dict[str, str]:
    """The labels that say who holds the lock, and what production was."""
    document = asdict(snapshot) | {"taken": snapshot.taken.isoformat()}
    held = asdict(holder) | {"since": holder.since.isoformat(), "renewed": holder.renewed.isoformat()}
    return {_HOLDER: json.dumps(held), SNAPSHOT: json.dumps(document)}


def holder(found: Mapping[str, str]) -> Holder:
    """Who holds the lock, by its labels.

    Raises:
        UnreadableSnapshot: they are not a run's.
    """
    document = _document(found, _HOLDER)
    try:
        times = {name: datetime.fromisoformat(document[name]) for name in ("since", "renewed")}
        return Holder(**{**document, **times})
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(_HOLDER, error) from error


def snapshot(found: Mapping[str, str]) -> HostSnapshot:
    """What production was, by the labels of the lock.

    Raises:
        UnreadableSnapshot: they are not a run's.
    """
    document = _document(found, SNAPSHOT)
    try:
        return HostSnapshot(
            run=str(document["run"]),
            taken=datetime.fromisoformat(document["taken"]),
            containers=tuple(
                KeptContainer(**{**one, "served": tuple(one["served"])}) for one in document["containers"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(SNAPSHOT, error) from error


def _document(found: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        document = json.loads(found.get(name, ""))
    except ValueError as error:
        raise _unreadable(name, error) from error
    if not isinstance(document, dict):
        raise _unreadable(name, "it is not an object")
    return document


def _unreadable(name: str, why: object) -> UnreadableSnapshot:
    return UnreadableSnapshot(
        f"the label {name} of container {LOCK} cannot be read ({why}); look at it with `inspect {LOCK}`, start "
        "production yourself if it is down, and remove that container"
    )

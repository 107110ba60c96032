"""The table of targets: a row for each kind; whoever adds a target adds its module and its row here."""

from __future__ import annotations

from vllm_qualify.config import Settings
from vllm_qualify.core.errors import UserError
from vllm_qualify.targets.container.kind import ContainerKind
from vllm_qualify.targets.kind import TargetKind
from vllm_qualify.targets.kubernetes.kind import KubernetesKind
from vllm_qualify.targets.local.kind import LocalKind

AUTO = "auto"
TARGETS: dict[str, TargetKind] = {kind.name: kind for kind in (LocalKind(), ContainerKind(), KubernetesKind())}


def chosen(name: str, settings: Settings) -> TargetKind:
    """The kind of a name. What is named is taken or the run ends: nothing stands in for it.

    Args:
        name: of the kind; ``auto`` takes the first of the table, from its end, that the settings name, or that this
            machine has to offer; the first row needs no name.
        settings: the operator's.

    Raises:
        UserError: the settings do not say where it is.
    """
    if name == AUTO:
        return next(kind for kind in reversed(TARGETS.values()) if not kind.unnamed(settings))
    kind = TARGETS[name]
    if problem := kind.unnamed(settings):
        raise UserError(f"--target {name}: {problem}")
    return kind


def why(kind: TargetKind, settings: Settings) -> str:
    """Why ``auto`` took a kind: what was passed over for it, each with the reason; ``""`` where nothing was.

    Args:
        kind: that was taken.
        settings: the operator's.
    """
    rows = list(reversed(TARGETS.values()))
    passed = rows[: rows.index(kind)]
    return "; ".join(f"not {one.name}, because {one.unnamed(settings).partition(',')[0]}" for one in passed)

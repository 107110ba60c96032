"""What must be right with production's containers before one is touched; reads only. For the container target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vllm_qualify.core import rules
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry, row
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.container import candidate_spec
from vllm_qualify.targets.container.subjects import ModeContainer

_IMAGE_LINES = 2


def _kept_when_stopped(subject: ModeContainer) -> Iterator[RuleResult]:
    one = subject.container
    if one.removed_when_stopped:
        yield RuleResult(
            path="--rm",
            expected="a container that is still there once it is stopped",
            actual="it was started with --rm, so stopping it deletes it and it could not be started again",
            remedy="start it without --rm, then run again",
        )


def _running(subject: ModeContainer) -> Iterator[RuleResult]:
    one = subject.container
    if not one.state.running:
        yield RuleResult(
            path="State",
            expected="production serves before the run",
            actual=f"the container is not running: {one.state}",
            remedy="start it, if it should serve: a run puts back what it found",
        )


def _restarted(subject: ModeContainer) -> Iterator[RuleResult]:
    one = subject.container
    if one.state.running and one.restart == "always":
        yield RuleResult(
            path="--restart",
            actual="its restart policy is always, so it comes back by itself when the engine is restarted during the "
            "run; the run sees that and ends",
            remedy="leave the engine alone during the run",
        )


def _owned(subject: ModeContainer) -> Iterator[RuleResult]:
    one = subject.container
    if one.unit:
        yield RuleResult(
            path="PODMAN_SYSTEMD_UNIT",
            expected="a container that nothing starts again while a candidate is tried",
            actual=f"systemd unit {one.unit} owns it, and would start or remove it when it is stopped",
            remedy="start the same container without the unit for the run: a unit with Restart= fights a stopped "
            "container",
        )


def _updated(subject: ModeContainer) -> Iterator[RuleResult]:
    labels = subject.container.labels
    updater = labels.get("io.containers.autoupdate") or labels.get("com.centurylinklabs.watchtower.enable")
    if updater and updater.lower() != "false":
        yield RuleResult(
            path="labels",
            actual="an updater (watchtower or podman auto-update) may replace it during the run, which ends the run",
            remedy="stop the updater during the run",
        )


def drifted(subject: ModeContainer) -> Iterator[RuleResult]:
    """What the Compose files say now, and the container that runs was not made of."""
    if subject.composed is None:
        return
    # What the image has by itself, a file may say once more.
    seen = {
        name: value
        for name, value in subject.composed.spec.env.items()
        if subject.container.variables.get(name) == value
    }
    container = replace(subject.container.spec, env={**subject.container.spec.env, **seen})
    said = candidate_spec.difference(container, subject.composed.spec)
    if any(line.startswith("+") for line in said.splitlines()[_IMAGE_LINES:]) or _images_differ(subject):
        yield RuleResult(
            path="compose",
            expected="the container is what its Compose files say",
            actual=f"they say otherwise by now: {'; '.join(said.splitlines())}; the run keeps to the container",
            remedy="docker compose up -d, if the files are right, then run again",
        )


def _images_differ(subject: ModeContainer) -> bool:
    """Written with its registry or without, it is the same image."""
    written = subject.composed.spec.image if subject.composed else ""
    return not f"/{subject.container.spec.image}".endswith(f"/{written}")


ROOM = entry("C07", "no room for the image", "there is room for images that must be pulled, each up to 30 GB unpacked")
KEPT = row("C01", "stopping it deletes it", "production's container outlives being stopped", _kept_when_stopped)
SERVES = row("C02", "production does not run", "production serves before the run", _running, severity=Severity.WARN)
RESTARTED = row("C03", "may come back", "production does not come back by itself", _restarted, severity=Severity.NOTE)
OWNED = row("C04", "a unit owns it", "nothing else starts production's container", _owned)
UPDATED = row("C05", "an updater may act", "nothing replaces production's container", _updated, severity=Severity.NOTE)
DRIFTED = row(
    "C06", "drifted from Compose", "production is what its Compose files say", drifted, severity=Severity.WARN
)
_CHECKED = (KEPT, SERVES, RESTARTED, OWNED, UPDATED, DRIFTED)
RULES = (*_CHECKED, ROOM)
_IMAGE_BYTES = 30 * 10**9


def findings(found: Mapping[Mode, ModeContainer], waivers: Mapping[str, str]) -> tuple[Finding, ...]:
    """All that is looked at before a run.

    Args:
        found: what serves each mode.
        waivers: reasons by the ids of rules that do not matter.
    """
    looked = [
        rule.finding(result, subject=f"container {subject.container.name}")
        for mode, subject in found.items()
        for rule in _CHECKED
        # A reasoning model rests until its turn.
        if not (rule is SERVES and mode is Mode.R1)
        for result in rule.check(subject)
    ]
    return rules.waived(looked, waivers)


def space(images: Sequence[ImageRef], free_bytes: int | None, waivers: Mapping[str, str]) -> tuple[Finding, ...]:
    """Whether the host has room for what is pulled: an image that fills its disk harms more than a run.

    Args:
        images: that the engine does not have.
        free_bytes: room where it keeps them; ``None`` where that is not known.
        waivers: reasons by the ids of rules that do not matter.
    """
    needed = len(images) * _IMAGE_BYTES
    if free_bytes is None or free_bytes >= needed:
        return ()
    result = RuleResult(
        subject="the container engine",
        expected=f"{needed / 10**9:.0f} GB free for {', '.join(str(image) for image in images)}",
        actual=f"{free_bytes / 10**9:.0f} GB are free",
        remedy="docker image prune -a removes what no container uses; or try fewer candidates at a time, or waive C07 "
        "if you know the images to be smaller",
    )
    return rules.waived((ROOM.finding(result),), waivers)

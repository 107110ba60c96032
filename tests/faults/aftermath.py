"""What must hold after a run among others: no verdict about another image, and production back or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator

from lab import actors
from tests.faults import production, runs, verdicts
from tests.faults.matrix import Actor
from tests.faults.runs import Restored, Run
from tests.faults.site import Site

# Who means no harm is no reason to leave production away: nobody may be there to put it back.
_HARMLESS = frozenset(
    {Actor.ANNOTATOR, Actor.AUTOSCALER, Actor.EVICTOR, Actor.NODE_PRESSURE, Actor.WEBHOOK, Actor.WEBHOOK_OF_PODS}
)


def problems(site: Site, run: Run, actor: Actor, again: Restored | None) -> list[str]:
    """What is wrong; afterwards production is as before, or that is wrong as well.

    Args:
        site: where production is.
        run: a run that has ended.
        actor: who wrote meanwhile, and does no longer.
        again: the restore after a run that was killed.
    """
    witnessed = [verdicts.seen(line) for line in site.witnessed()]
    events = run.events()
    found = list(verdicts.wrong(events, witnessed, image=production.CANDIDATE, version=production.CANDIDATE_VERSION))
    code = run.process.returncode if again is None else again.exit_code
    if actor is Actor.COLLEAGUE and actors.EDIT not in _env(site):
        found.append("an edit by hand was overwritten")
    if again is not None and code not in {0, runs.NOT_RESTORED}:
        found.append(f"restore ended with {code}: {again.said[-300:]}")
    if code == runs.NOT_RESTORED:
        found += _not_back(site, run, actor, again)
    return found


def _not_back(site: Site, run: Run, actor: Actor, again: Restored | None) -> Iterator[str]:
    """Exit code 20 needs a reason, is no answer to the harmless, and one command ends it."""
    reason = _reason(run) if again is None else _reason_of(again)
    if not reason:
        yield "exit code 20 without a reason"
    if actor in _HARMLESS:
        yield f"production was left away because of {actor.value}: {reason}"
    done = runs.restore(site, run, "--overwrite")
    if done.exit_code:
        yield f"restore --overwrite ended with {done.exit_code}: {done.said[-300:]}"


def _reason(run: Run) -> str:
    cases = [event["case"] for event in run.events() if event["type"] == "case-finished"]
    said = [case.get("message", "") for case in cases if not case["image"] and case["outcome"] != "passed"]
    return said[-1] if said else ""


def _reason_of(restored: Restored) -> str:
    said = [line for line in restored.said.splitlines() if line.startswith("vllm-qualify restore: ")]
    return said[0] if said else ""


def _env(site: Site) -> list[object]:
    pod = site.get("deployment", production.DEPLOYMENT)["spec"]["template"]["spec"]
    return [one for container in pod["containers"] for one in container.get("env", [])]

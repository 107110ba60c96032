"""Judge of real clients: the packages that callers use must understand the server. For suite shape. Pure."""

from __future__ import annotations

from vllm_qualify.client.packages import PackageRun
from vllm_qualify.core.records import Judgement, Observation, Outcome


def understood(run: PackageRun) -> Judgement:
    """Every step of the package must have gone as it does with OpenAI's own service.

    Args:
        run: what the package made of the server.
    """
    if run.missing:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=run.missing)
    if run.broken:
        return Judgement(outcome=Outcome.BROKEN, message=run.broken)
    wrong = [f"{name}: {said}" for name, said in run.steps.items() if said]
    seen = (Observation(name="version", value=run.version), Observation(name="steps", value=len(run.steps)))
    called = f"{run.package} {run.version}"
    if wrong:
        return Judgement(outcome=Outcome.FAILED, message=f"{called}: {'; '.join(wrong)}", observations=seen)
    message = f"{called} understands {', '.join(run.steps)}"
    return Judgement(outcome=Outcome.PASSED, message=message, observations=seen)

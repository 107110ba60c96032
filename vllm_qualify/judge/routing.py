"""Judge of the route through the proxy. For suite routing. Pure."""

from __future__ import annotations

from vllm_qualify.config.settings import Routing
from vllm_qualify.records import Judgement, Outcome


def configured(routing: Routing | None, *, target: str) -> Judgement:
    """Say why the route is not shown: no proxy is named, or the target puts none before the candidate.

    Args:
        routing: the proxy of the settings, if any.
        target: what the candidate runs on.
    """
    if routing is None:
        said = "no proxy is configured: qualify.toml has no [routing]"
    else:
        said = f"on the {target} target no proxy stands before the candidate, so {routing.proxy} was not asked"
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=said)

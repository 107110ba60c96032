"""Which node a run was made on, so that runs of several nodes and nights can stand side by side. Pure.

A cluster names its node, or is named itself. Elsewhere no run records a host name, which is another in every container:
a machine is known by its GPUs as they were seen while an engine served, else by their names, else by its processor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vllm_qualify.checks.comparison import stored
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import text

_DRIVER = re.compile(r", driver [^;]*")


def names(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """The node of each run, with its target: what a CPU build shows on a machine is no word on its GPU.

    A run in which no engine served does not know its card; it belongs to the only card of that kind, if there is one.
    """
    places = [(f"{_place(run)} ({text.one_line(run.target)})", _card(run)) for run in runs]
    cards = {place: {card for where, card in places if where == place and card} for place, _ in places}
    return tuple(_named(place, card or (min(cards[place]) if len(cards[place]) == 1 else "")) for place, card in places)


def _named(place: str, card: str) -> str:
    return f"{card} {place[place.rindex('(') :]}" if card else place


def _place(run: RunRecord) -> str:
    """The node as far as the run knows it from its beginning."""
    cluster = run.facts.get("context") or (run.cluster if run.takes_production_away else "")
    if named := "/".join(filter(None, (cluster, run.facts.get("node")))):
        return named
    gpu = run.facts.get("GPU") or run.facts.get("gpu") or ""
    return _DRIVER.sub("", gpu) if _DRIVER.search(gpu) else run.facts.get("processor") or "unknown"


def _card(run: RunRecord) -> str:
    """The GPUs that were seen while an engine served, drivers left out; ``""`` on a cluster, which is known by name."""
    if run.facts.get("context") or run.cluster or run.facts.get("node"):
        return ""
    turns = (*run.candidates, *filter(None, (run.baseline,)))
    seen = next((turn.facts[stored.RAN_ON] for turn in turns if turn.facts.get(stored.RAN_ON)), "")
    return _DRIVER.sub("", seen)

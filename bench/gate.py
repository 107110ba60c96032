"""How often the gate is right: losses of a known size, planted under a known noise, and what it says of them.

Each run is as many requests as a default run measures, in three turns: the baseline, the candidate, the baseline again.
The noise of a request is Gaussian; in the second half of the table each turn also has a level of its own, as servers
have that were started anew. What is asked is the product's own code. A loss of another size only shifts the logarithm
of every ratio, so one draw serves all losses.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator

from bench.figure import Figure
from vllm_qualify.checks import prompts
from vllm_qualify.checks.comparison import gate
from vllm_qualify.config.settings import BaselineSettings, ThroughputSettings
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.stats import Bounds

RUNS = 1000
LOSSES = (0.0, 0.03, 0.05, 0.08, 0.15)
NOISE = (0.005, 0.02, 0.05)
DRIFTS = (0.0, 0.01)
TOLD = (Outcome.PASSED, Outcome.WARNED, Outcome.INCONCLUSIVE, Outcome.FAILED)
_LIMIT = BaselineSettings().regression
_REQUESTS = ThroughputSettings().rounds * prompts.REQUESTS


def figures() -> Iterator[Figure]:
    """The two figures that the gate was made for, then the share of each verdict in each cell, all in per cent."""
    tables = {(cv, drift): _table(cv, drift) for cv, drift in itertools.product(NOISE, DRIFTS)}
    wanted = tables[0.02, 0.0]
    yield Figure(name="gate.false_alarms.cv2", value=_share(wanted, 0.0, Outcome.FAILED), unit="%")
    yield Figure(name="gate.found_8pct.cv2", value=_share(wanted, 0.08, Outcome.FAILED), unit="%")
    for (cv, drift), table in tables.items():
        for loss, outcome in itertools.product(LOSSES, TOLD):
            name = f"gate.cv{100 * cv:g}.drift{100 * drift:g}.loss{100 * loss:g}.{outcome.value}"
            yield Figure(name=name, value=_share(table, loss, outcome), unit="%")


def _share(table: Counter[tuple[float, Outcome]], loss: float, outcome: Outcome) -> float:
    return 100 * table[loss, outcome] / RUNS


def _table(cv: float, drift: float) -> Counter[tuple[float, Outcome]]:
    """How often each loss came to each verdict under one noise."""
    draw = random.Random(f"{cv} {drift}")
    table: Counter[tuple[float, Outcome]] = Counter()
    for _ in range(RUNS):
        before, candidate, again = (_turn(draw, cv, drift) for _ in range(3))
        none_planted = [gate.loss(baseline, candidate) for baseline in (before, again)]
        for loss in LOSSES:
            table[loss, gate.decide([_planted(one, loss) for one in none_planted], limit=_LIMIT).outcome] += 1
    return table


def _turn(draw: random.Random, cv: float, drift: float) -> list[float]:
    level = 1 + draw.gauss(0, drift)
    return [level * (1 + draw.gauss(0, cv)) for _ in range(_REQUESTS)]


def _planted(seen: Bounds, loss: float) -> Bounds:
    """The loss that is seen where every rate of the candidate is smaller by a share."""
    low, nominal, high = (1 - (1 - end) * (1 - loss) for end in seen)
    return Bounds(low=low, nominal=nominal, high=high)


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:48} {figure.value:6.1f} {figure.unit}")

"""The requests before the decode rate is measured: asked until the rate has settled. Works on any client; no clock.

A server that has just started is slower at first: on an H200 in eager mode the first requests ran at 63, 48, 63, 44
and 55 tokens/s, later ones at 71, 72 and 74. So the warm-up has no fixed length; used by ``targets.candidate``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from vllm_qualify.checks import prompts
from vllm_qualify.checks.prompts import PromptClient, Workload
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.core import stats

LAST = 3
"""So many rates in a row must lie close together; the window of perf_analyzer is as long."""
WITHIN = 0.05
"""How close: as close as the measured requests must be to be judged, see ``checks.throughput.MAX_CV``."""
MOST = 12
"""Requests after which the warm-up is given up; some 40 s at 40 tokens/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """What came before the measured requests.

    Attributes:
        requests: how many were asked.
        settled: the last rates lay close together.
    """

    requests: int
    settled: bool = False


def warm_up(client: PromptClient, work: Workload, *, model: str) -> tuple[WarmUp, Iterator[ChatRequest]]:
    """Ask until the last ``LAST`` rates lie within ``WITHIN`` of each other, at most ``MOST`` times.

    A stream without a rate ends it: what is wrong with the server shows in what is measured then.

    Returns:
        What was asked, and the requests to go on with: unsalted where the server refuses the salt.
    """
    requests = prompts.measured(work, model=model)
    rates: list[float] = []
    asked = 0
    while asked < MOST and not stats.settled(rates, last=LAST, within=WITHIN):
        sample = client.stream(next(requests))
        asked += 1
        if asked == 1 and sample.status in _REFUSALS:
            # As vLLM 0.10.2 does where its V0 engine runs; releases without the parameter ignore it.
            requests = prompts.measured(work, model=model, salted=False)
            continue
        if sample.decode_rate is None:
            break
        rates.append(sample.decode_rate)
    return WarmUp(requests=asked, settled=stats.settled(rates, last=LAST, within=WITHIN)), requests


_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})

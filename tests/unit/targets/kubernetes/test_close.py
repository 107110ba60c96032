"""The end of a run: nothing keeps production from coming back, and what goes wrong on the way is told."""

from __future__ import annotations

import signal

import pytest

from tests.unit.targets.home import Home
from vllm_qualify.kube import lease
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.system.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_no_signal_interrupts_the_way_back(home: Home, number: signal.Signals) -> None:
    """Not even the first; afterwards only reports are left to be written, so none ends the run then."""
    signals = Signals(home.said.append)
    run = home.production(signals=signals)
    home.run(run)
    for position in range(len(home.api.requests) + 1, len(home.api.requests) + 20):
        home.api.before[position] = lambda: signals._take(number, None)

    assert run.close().restoration.complete
    assert home.problems() == []
    assert home.said.count(f"{number.name}: production is being put back; this is not interrupted") == 19


@pytest.mark.parametrize(("seconds", "back"), [(200, True), (3 * 3600, True), (7 * 3600, False)])
def test_the_way_back_waits_for_the_cluster(home: Home, seconds: int, *, back: bool) -> None:
    """For hours: giving up leaves production away, and then says so."""
    run = home.production()
    home.run(run)
    home.api.outage_until = home.api.clock.now + seconds

    ended = run.close()

    assert ended.restoration.complete is back
    assert (home.problems() == []) is back


REFUSALS = {
    "unauthorized": "error: You must be logged in to the server (Unauthorized)",
    "forbidden": 'Error from server (Forbidden): x is forbidden: User "x" cannot: RBAC: clusterrole "x" not found',
    "webhook": 'Error from server: admission webhook "x" denied the request: not yet',
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_the_way_back_is_not_ended_by_a_refusal(home: Home, refusal: str) -> None:
    """An API server that just started says so for a while, of any of its requests; a line a minute tells."""
    run = home.production()
    home.run(run)
    home.api.outage_says, home.api.outage_until = refusal, home.api.clock.now + 600

    ended = run.close()

    assert ended.restoration.complete
    assert home.problems() == []
    assert 8 <= sum("retrying for up to" in line for line in home.said) <= 10


def test_before_production_is_touched_a_refusal_ends_a_run(home: Home) -> None:
    """Nothing is away, so nobody waits for hours."""
    home.api.outage_says, home.api.outage_until = REFUSALS["forbidden"], home.api.clock.now + 600
    began = home.api.clock.now

    with pytest.raises(Refused):
        home.production().begin()

    assert home.api.clock.now - began < 10.0


def test_what_goes_wrong_on_the_way_back_is_told(home: Home) -> None:
    """Never a traceback: a problem, with what to do, once patience is at its end."""
    run = home.production()
    home.run(run)
    home.api.denied.add(("delete", "Secret"))

    ended = run.close()

    assert "is forbidden" in ended.restoration.problems[0]
    assert "`vllm-qualify restore --context home --namespace ml`" in ended.hint
    assert "Service vllm-api" in ended.hint
    assert home.api.find("Lease", lease.NAME) is not None

"""Says what a run would do, in the place of doing it, from the very options that it would have."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.config import lookup
from vllm_qualify.core import redaction
from vllm_qualify.plugin import cases, check_lines, order, user_errors, wiring
from vllm_qualify.plugin.check_lines import CaseCosts
from vllm_qualify.plugin.options import OPTIONS

TAKER = "vllm-qualify check"
"""The plugin by which the command of that name takes what a run would do, to show it itself."""


class CheckHooks:
    """Shows what a run would do in the place of its cases."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Print it, and run nothing."""
        config = session.config
        options = config.stash[OPTIONS]
        named = config.option.config
        path = Path(named) if named else lookup.find(config.invocation_params.dir)
        made = check_lines.document(options, source=path, costs=_costs(session), asked=config.option.ask_target)
        if (taker := config.pluginmanager.getplugin(TAKER)) is not None:
            taker.document = made
            return True
        reporter = config.pluginmanager.getplugin("terminalreporter")
        for line in check_lines.lines(made):
            reporter.write_line(redaction.shown(line))
        return True


def begin(config: pytest.Config) -> None:
    """Take the place of the cases.

    Raises:
        pytest.UsageError: the reports could not be written.
    """
    with user_errors.shown():
        check_lines.writable(config.stash[OPTIONS].reports)
    config.pluginmanager.register(CheckHooks(), "vllm-qualify-check")


def _costs(session: pytest.Session) -> CaseCosts:
    """What the cases of this run take, turn by turn."""
    options = session.config.stash[OPTIONS]
    asked = [
        item
        for item in session.items
        if cases.requirement_of(item) and cases.image_of(item) != wiring.NO_IMAGE and not order.pointless(item, options)
    ]
    costs = (marker.args[0] for item in asked if (marker := item.get_closest_marker("cost")) is not None)
    return CaseCosts(cases=len({cases.id_of(item) for item in asked}), seconds=sum(map(float, costs)))

"""The pytest plugin: its options, and who else must know of a run.

A qualification is a pytest run that asks for suites. Every other run in an environment where the harness is installed
meets nothing of this but the options, so that is all that is loaded for it.
"""

from __future__ import annotations

import pytest

from vllm_qualify.plugin import asked, option_table

_MARKERS = (
    "requirement(id): the requirement that a case belongs to",
    "only_with(option): a case that only runs where this option is given",
    "beside(once=False): a case that the baseline is asked as well, before and after",
    "level(name): how deep a run must look to ask it: quick, default or full",
    "cost(seconds): what the case takes on a GPU, roughly",
    "gpu_mode: a case that only runs with the operator's own command, [gpu_mode]",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    option_table.register(parser.getgroup("vllm-qualify", "qualification of vLLM images"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin a qualification, if this is one.

    First, because allure-pytest decides in its own turn whether to record.
    """
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    asked.settle_paths(config)
    if asked.for_suites(config):
        from vllm_qualify.plugin import wiring  # noqa: PLC0415 - all of the harness; other runs wait for none of it.

        config.pluginmanager.register(wiring, "vllm-qualify-wiring")
        wiring.begin(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Tell whoever started plain pytest beside settings how a qualification is started."""
    return [asked.HINT] if asked.overlooked(config) else []

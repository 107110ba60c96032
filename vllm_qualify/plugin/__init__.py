"""The pytest plugin: options in, one object that records out. Wires, decides nothing.

A qualification is a pytest run that asks for the folder ``suites``. Every other run, that of the harness's own tests
above all, meets nothing of this but the options.
"""

from __future__ import annotations

import functools

import pytest

from vllm_qualify.plugin import cases, levels, option_table, options, order, progress, targets, user_errors
from vllm_qualify.plugin.baseline_choice import BaselineSource
from vllm_qualify.plugin.disk import DiskHooks
from vllm_qualify.plugin.ending import EndingHooks
from vllm_qualify.plugin.hooks import Hooks
from vllm_qualify.plugin.options import OPTIONS
from vllm_qualify.plugin.production import ProductionHooks
from vllm_qualify.plugin.recorder import RECORDER, Recorder
from vllm_qualify.plugin.search import PickHooks
from vllm_qualify.plugin.targets import TARGET
from vllm_qualify.plugin.turn_taking import ServingHooks
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.base import ProductionTarget

NO_IMAGE = "no-image"
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
    """Read everything that can be wrong before anything is done; start recording if suites are asked for.

    First, because allure-pytest decides in its own turn whether to record.
    """
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if not options.asks_for_suites(config):
        return
    with user_errors.shown():
        config.stash[OPTIONS] = options.read(config)
        config.pluginmanager.register(levels.LevelHooks(), "vllm-qualify-levels")
        if config.option.list_checks:
            config.pluginmanager.register(levels.ListHooks(), "vllm-qualify-list")
        if options.only_looks(config):
            return
        recorder = Recorder(config.stash[OPTIONS])
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(Hooks(recorder), "vllm-qualify-hooks")
    if config.stash[OPTIONS].pick:
        config.pluginmanager.register(PickHooks(recorder), "vllm-qualify-pick")
    config.option.allure_report_dir = config.option.allure_report_dir or str(recorder.folder.path / "allure-results")
    config.option.verbose = max(config.option.verbose, 1)
    # The matrix tells every failure once, at the end; tracebacks of our own faults are kept as evidence.
    config.option.reportchars = ""
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "no"
    signals = Signals(functools.partial(progress.say, config))
    signals.install()
    config.stash[TARGET] = target = targets.made(config, recorder, signals)
    if isinstance(target, ProductionTarget):
        config.pluginmanager.register(ProductionHooks(recorder, target), "vllm-qualify-production")
        if config.stash[OPTIONS].baseline.source is BaselineSource.CURRENT:
            config.pluginmanager.register(ServingHooks(recorder, target), "vllm-qualify-serving")
    # The last to be registered is the outermost.
    config.pluginmanager.register(DiskHooks(recorder), "vllm-qualify-disk")
    config.pluginmanager.register(EndingHooks(signals), "vllm-qualify-ending")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize over turns, with session scope: one image is deployed, all its cases run, then the next."""
    chosen = metafunc.config.stash.get(OPTIONS, None)
    if chosen is not None and "image" in metafunc.fixturenames:
        images, ids = order.images_of(
            chosen,
            looks=cases.looks(metafunc.definition),
            otherwise=NO_IMAGE,
        )
        metafunc.parametrize("image", images, ids=ids, scope="session")

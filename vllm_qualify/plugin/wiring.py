"""Wires a qualification up: options in, one object that records out. Decides nothing; loaded for no other run."""

from __future__ import annotations

import functools

import pytest

from vllm_qualify.core import shipped
from vllm_qualify.plugin import cases, levels, options, order, progress, targets, user_errors
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
_FIXTURES = ("candidates", "recording")


def begin(config: pytest.Config) -> None:
    """Read everything that can be wrong before anything is done, and start recording."""
    for name in _FIXTURES:
        config.pluginmanager.import_plugin(f"{shipped.FIXTURES}.{name}")
    # An operator's tests may have names of ours.
    config.option.importmode = "importlib"
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

"""Wires up a run that tries something: options in, one object that records out. Decides nothing."""

from __future__ import annotations

import functools

import pytest

from vllm_qualify.plugin import live_line, progress, targets, user_errors
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


def begin(config: pytest.Config) -> None:
    """Start recording, and take the target."""
    with user_errors.shown():
        recorder = Recorder(config.stash[OPTIONS])
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(Hooks(recorder), "vllm-qualify-hooks")
    if config.stash[OPTIONS].pick:
        config.pluginmanager.register(PickHooks(recorder), "vllm-qualify-pick")
    config.option.allure_report_dir = config.option.allure_report_dir or str(recorder.folder.path / "allure-results")
    # Each case on a line of its own, unless only the result is wanted.
    config.option.verbose = config.option.verbose or 1
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
    config.pluginmanager.register(live_line.LiveStart(), "vllm-qualify-live-start")
    # The last to be registered is the outermost.
    config.pluginmanager.register(DiskHooks(recorder), "vllm-qualify-disk")
    config.pluginmanager.register(EndingHooks(signals), "vllm-qualify-ending")

"""Makes the target of a run from its options."""

from __future__ import annotations

import functools

import pytest

from vllm_qualify.plugin import progress
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.base import Target
from vllm_qualify.targets.kind import TargetRun

TARGET: pytest.StashKey[Target] = pytest.StashKey()


def made(config: pytest.Config, recorder: Recorder, signals: Signals) -> Target:
    """What the candidates of a run are tried on."""
    options = recorder.options
    run = TargetRun(
        name=recorder.folder.path.name,
        images=tuple(dict.fromkeys(filter(None, (options.baseline.image, *options.images)))),
        wishes=options.wishes,
        journal=recorder.write,
        say=functools.partial(progress.step, config),
        signals=signals,
        hide=recorder.folder.hide,
        at_end=config.add_cleanup,
    )
    return options.kind.make(options.settings, run)

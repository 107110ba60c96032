"""Wires a qualification up, as far as a collection goes; ``trying`` does the rest. Loaded for no other run."""

from __future__ import annotations

import pytest

from vllm_qualify.core import shipped
from vllm_qualify.plugin import cases, levels, options, order, own_suites, user_errors
from vllm_qualify.plugin.options import OPTIONS

NO_IMAGE = "no-image"
LISTED = 25
"""How many candidates a list shows: all have the same cases, and pytest takes a second for some ten thousand lines."""
_FIXTURES = ("candidates", "recording")


def begin(config: pytest.Config) -> None:
    """Read everything that can be wrong before anything is done, and start recording."""
    for name in _FIXTURES:
        config.pluginmanager.import_plugin(f"{shipped.FIXTURES}.{name}")
    # An operator's tests may have names of ours.
    config.option.importmode = "importlib"
    with user_errors.shown():
        config.stash[OPTIONS] = chosen = options.read(config)
        config.pluginmanager.register(levels.LevelHooks(), "vllm-qualify-levels")
        if config.option.list_checks:
            config.pluginmanager.register(levels.ListHooks(chosen.requirements), "vllm-qualify-list")
        if chosen.suites:
            own_suites.ask_for(config, chosen.suites)
            hooks = own_suites.OwnSuiteHooks(chosen.suites, chosen.requirements)
            config.pluginmanager.register(hooks, "vllm-qualify-own-suites")
        if options.only_looks(config):
            return
        if config.option.check:
            from vllm_qualify.plugin import checking  # noqa: PLC0415 - for this alone.

            checking.begin(config)
            return
    from vllm_qualify.plugin import trying  # noqa: PLC0415 - all of the harness; a collection waits for none of it.

    trying.begin(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize over turns, with session scope: one image is deployed, all its cases run, then the next."""
    chosen = metafunc.config.stash.get(OPTIONS, None)
    if chosen is not None and "image" in metafunc.fixturenames:
        images, ids = order.images_of(
            chosen,
            looks=cases.looks(metafunc.definition),
            otherwise=NO_IMAGE,
            most=LISTED if options.only_looks(metafunc.config) else None,
        )
        metafunc.parametrize("image", images, ids=ids, scope="session")


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say what a list leaves out."""
    further = len(config.stash[OPTIONS].images) - LISTED
    if further <= 0 or not options.only_looks(config):
        return []
    return [f"of {LISTED + further} candidates the first {LISTED} are listed; the others have the same cases"]

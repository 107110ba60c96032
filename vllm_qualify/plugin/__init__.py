"""The pytest plugin: options in, one object that records out. Wires, decides nothing.

A qualification is a pytest run that asks for the folder ``suites``. Every other run, that of the harness's own tests
above all, meets nothing of this but the options.
"""

from __future__ import annotations

import functools

import pytest

from vllm_qualify.core import option_types
from vllm_qualify.plugin import candidates, options, progress, targets, user_errors
from vllm_qualify.plugin.cluster import ClusterHooks
from vllm_qualify.plugin.hooks import Hooks
from vllm_qualify.plugin.options import OPTIONS
from vllm_qualify.plugin.recorder import RECORDER, Recorder
from vllm_qualify.plugin.search import PickHooks
from vllm_qualify.plugin.targets import CLUSTER
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.kubernetes import restore

NO_IMAGE = "no-image"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    group = parser.getgroup("vllm-qualify", "qualification of vLLM images")
    candidates.options(group)
    group.addoption(
        "--config", metavar="FILE", help="settings (default: ./qualify.toml, else the built-in canary profile)"
    )
    group.addoption(
        "--target", choices=options.TARGETS, help="what candidates run on; takes precedence over the settings"
    )
    group.addoption("--reports-dir", metavar="DIR", default="reports", help="folder for reports (default: reports)")
    group.addoption(
        "--max-downtime",
        metavar="SECONDS",
        type=option_types.seconds,
        help="how long production may be down on the cluster; takes precedence over the settings",
    )
    group.addoption(
        "--restore-patience",
        metavar="SECONDS",
        type=option_types.seconds,
        help="how long to retry a cluster that refuses or does not answer while production is put back "
        f"(default: {restore.PATIENCE_SECONDS:g})",
    )
    group.addoption(
        "--cold-cache", action="store_true", help="on the cluster, also load each model from an empty cache"
    )
    group.addoption(
        "--pause-gitops",
        action="store_true",
        help="on the cluster, pause the Argo CD or Flux object that would write production back, during the run",
    )
    group.addoption(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="on the cluster, set a variable for the candidates, overriding the manifests; may be repeated",
    )
    group.addoption(
        "--dry-run", action="store_true", help="print what would be done on the cluster, and change nothing"
    )
    group.addoption("--offline", action="store_true", help="download nothing; use what is cached")
    group.addoption("--local-port", metavar="PORT", type=option_types.port, default=0, help="port of local engines")
    group.addoption("--local-dtype", choices=options.DTYPES, help="number format of local engines")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read everything that can be wrong before anything is done; start recording if suites are asked for.

    First, because allure-pytest decides in its own turn whether to record.
    """
    config.addinivalue_line("markers", "requirement(id): the requirement that a case belongs to")
    config.addinivalue_line("markers", "cold_cache: a case that only runs with --cold-cache")
    config.addinivalue_line("markers", "gpu_mode: a case that only runs with the operator's own command, [gpu_mode]")
    if not options.asks_for_suites(config):
        return
    with user_errors.shown():
        config.stash[OPTIONS] = options.read(config)
        if config.option.collectonly:
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
    if (target := targets.on_cluster(config, recorder, signals)) is not None:
        config.stash[CLUSTER] = target
        config.pluginmanager.register(ClusterHooks(recorder, target), "vllm-qualify-cluster")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize over images, with session scope: one image is deployed, all its cases run, then the next."""
    chosen = metafunc.config.stash.get(OPTIONS, None)
    if chosen is not None and "image" in metafunc.fixturenames:
        # Where none is tried there is still something to list, and to tell of why.
        images = [str(image) for image in chosen.images] or [NO_IMAGE]
        ids = [image.short for image in chosen.images] or [NO_IMAGE]
        metafunc.parametrize("image", images, ids=ids, scope="session")

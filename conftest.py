"""Says what to do where the suites are run without what they are made for."""

import pytest

PLUGIN = "vllm_qualify.plugin"


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to collect suites whose fixtures nobody brings.

    Raises:
        pytest.UsageError: the plugin is not loaded.
    """
    if not config.pluginmanager.hasplugin(PLUGIN):
        raise pytest.UsageError(f"the harness is not installed here: start script/qualify, or pytest with -p {PLUGIN}")

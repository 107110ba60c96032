"""Lines of progress, shown while pytest captures everything else."""

from __future__ import annotations

import pytest

from vllm_qualify.plugin import live_line


def step(config: pytest.Config, line: str) -> None:
    """Show what is done, unless only the result is wanted (``--quiet``)."""
    if config.option.verbose >= 0:
        say(config, line)


def say(config: pytest.Config, line: str) -> None:
    """Show a line between the lines of the cases."""
    from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly; a collection shows nothing.

    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    if reporter is None or capture is None:
        return
    live = config.pluginmanager.getplugin(live_line.NAME)
    if live is not None:
        live.erase()
    with capture.global_and_fixture_disabled():
        reporter.ensure_newline()
        reporter.write_line(f"  {redaction.clean(line)}", cyan=True)

"""Lines of progress, shown while pytest captures everything else."""

from __future__ import annotations

import pytest

from vllm_qualify.core import redaction


def say(config: pytest.Config, line: str) -> None:
    """Show a line between the lines of the cases."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    if reporter is None or capture is None:
        return
    with capture.global_and_fixture_disabled():
        reporter.ensure_newline()
        reporter.write_line(f"  {redaction.clean(line)}", cyan=True)

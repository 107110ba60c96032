"""Lines of progress, shown while pytest captures everything else."""

from __future__ import annotations

import pytest


def say(config: pytest.Config, line: str) -> None:
    """Show a line between the lines of the cases."""
    from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly; a collection shows nothing.

    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    if reporter is None or capture is None:
        return
    with capture.global_and_fixture_disabled():
        reporter.ensure_newline()
        reporter.write_line(f"  {redaction.clean(line)}", cyan=True)

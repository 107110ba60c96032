"""Lines of progress are safe to show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from vllm_qualify.plugin import progress


def test_a_line_steers_no_terminal() -> None:
    """What a pod says of itself is shown without the sequences in it."""
    written: list[str] = []
    reporter = SimpleNamespace(ensure_newline=lambda: None, write_line=lambda line, **_: written.append(line))
    capture = SimpleNamespace(global_and_fixture_disabled=_nothing)
    plugins = {"terminalreporter": reporter, "capturemanager": capture}
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(getplugin=plugins.get))

    progress.say(config, "pod \x1b[2J\x1b]52;c;AAAA\x07ended\x9b")

    assert written == ["  pod ended\ufffd"]


class _nothing:  # noqa: N801 - it stands in for a function.
    def __enter__(self) -> None:
        """Nothing is captured here."""

    def __exit__(self, *_: object) -> None:
        """Nothing is captured again."""

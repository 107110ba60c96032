"""Which release of vLLM wrote a log, as a server or an engine says when it starts. Asked by the reader of a log."""

from __future__ import annotations

import re

from vllm_qualify.diagnosis.logs import Line

_RELEASE = re.compile(
    r"vLLM API server version (?P<server>\d[\w.+]{0,60})"
    r"|Initializing an? (?:V\d )?LLM engine \(v(?P<engine>\d[\w.+]{0,60})\)"
)
_LEVELS = frozenset({"INFO", ""})


def release(line: Line) -> str:
    """The release that a line names as the one that starts; ``""`` for nearly every line."""
    # Every line that is read comes by, so the plain words come first.
    if ("ersion " not in line.text and "engine (v" not in line.text) or line.level not in _LEVELS:
        return ""
    found = _RELEASE.search(line.text)
    return (found["server"] or found["engine"]) if found else ""

"""Servers that answered, refused what they must and ended because they were asked to died of nothing.

The logs are whole and real: ``tests/local/healthy.py`` says how they were made and makes them again; those of an H200
are the server logs of qualifications.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from vllm_qualify.diagnosis import diagnose

LOGS = sorted((Path(__file__).parent / "logs" / "healthy").glob("*.log.gz"))
ENOUGH = 30
RELEASES = 4
ANSWERED = '" 200'
"""What the access log says of an answer, whatever its form."""


def lines(log: Path) -> list[str]:
    """What the server printed."""
    return gzip.decompress(log.read_bytes()).decode().splitlines()


@pytest.mark.parametrize("exit_code", [None, 0], ids=["log-alone", "with-exit-code"])
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name.removesuffix(".log.gz"))
def test_a_server_that_lived_died_of_nothing(log: Path, exit_code: int | None) -> None:
    """No cause is named, whatever tracebacks of refused requests or of an orderly end the log holds."""
    found = diagnose(lines(log), exit_code=exit_code)

    assert found is None, found


def test_the_corpus_is_large_enough() -> None:
    """At least thirty logs of at least four releases, and but for those without an access log each shows answers."""
    releases = {match.group() for log in LOGS if (match := re.match(r"v\d+\.\d+\.\d+", log.name))}
    silent = [log for log in LOGS if not any(ANSWERED in line for line in lines(log))]

    assert len(LOGS) >= ENOUGH
    assert len(releases) >= RELEASES
    assert all("-silent" in log.name for log in silent)


def test_a_death_at_the_end_is_seen() -> None:
    """The same log with an engine that dies at its end has a cause: it is not the calm before that is believed."""
    died = [
        "(EngineCore pid=9) ERROR 11-26 13:30:42 [core.py:1100] EngineCore encountered a fatal error.",
        "(EngineCore pid=9) ERROR 11-26 13:30:42 [core.py:1100] Traceback (most recent call last):",
        '(EngineCore pid=9) ERROR 11-26 13:30:42 [core.py:1100]   File "core.py", line 1, in run',
        "(EngineCore pid=9) ERROR 11-26 13:30:42 [core.py:1100] ValueError: logits must be of type float32",
    ]
    for log in LOGS:
        whole = lines(log)
        serving = whole[: max((number for number, line in enumerate(whole) if ANSWERED in line), default=0) + 1]

        found = diagnose([*serving, *died])

        assert found is not None, log.name
        assert found.cause == "E58", (log.name, found)

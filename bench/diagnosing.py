"""How long a log of 100 MB takes to diagnose, process start included, and how much memory, beside ``grep -c``.

A server that only works, one that handles an error every few lines, and logs of nothing but the words of symptoms: in
warnings, in errors of the server that it survives, in errors of its engine, in JSON. Each dies of error 804 in its last
lines. What ``grep`` takes for one word of the same file is measured in turn with it; the least and the median of
``RUNS`` are given.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import command
from bench.figure import Figure

SIZE = 100 * 1024 * 1024
ALLOWED_SECONDS = 3.0
RUNS = 5
_DEATH = """\
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] EngineCore failed to start.
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] Traceback (most recent call last):
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700]   File "core.py", line 1, in run
(EngineCore_DP0 pid=88) ERROR 11-23 10:00:01 [core.py:700] RuntimeError: Unexpected error from cudaGetDeviceCount(). \
Error 804: forward compatibility was attempted on non supported HW
"""
_SERVED = '(APIServer pid=1) INFO:     127.0.0.1:{0} - "POST /v1/chat/completions HTTP/1.1" 200 OK\n'
_STATS = (
    "(APIServer pid=1) INFO 11-23 14:45:{1:02} [loggers.py:236] Engine 000: Avg prompt throughput: {0}.1 tokens/s, "
    "Running: 1 reqs, Waiting: 0 reqs, GPU KV cache usage: 0.1%, Prefix cache hit rate: 0.0%\n"
)
_HANDLED = """\
(APIServer pid=1) ERROR 11-23 14:45:{1:02} [serving_chat.py:200] Error in preprocessing prompt inputs
(APIServer pid=1) ERROR 11-23 14:45:{1:02} [serving_chat.py:200] Traceback (most recent call last):
(APIServer pid=1) ERROR 11-23 14:45:{1:02} [serving_chat.py:200]   File "serving_chat.py", line {0}, in create
(APIServer pid=1) ERROR 11-23 14:45:{1:02} [serving_chat.py:200] ValueError: request {0} is too odd
"""
_WARNED = "(EngineCore_DP0 pid=88) WARNING 11-23 14:45:{1:02} [x.py:{0}] No available memory for the cache blocks\n"
_REFUSED = "(APIServer pid=1) ERROR 11-23 14:45:{1:02} [x.py:{0}] This model's maximum context length is {0} tokens\n"
_FULL = "(EngineCore_DP0 pid=88) ERROR 11-23 14:45:{1:02} [x.py:{0}] No available shared memory broadcast block found\n"
_JSON = '{{"level": "info", "ts": 17{0}{1:02}, "message": "No available memory for the cache blocks"}}\n'
LOGS = {
    "a server at work": (_SERVED, _STATS),
    "errors that it survives": (_SERVED, _STATS, _HANDLED),
    "warnings of known words": (_WARNED,),
    "known errors that it survives": (_REFUSED, _SERVED),
    "an engine that repeats itself": (_FULL,),
    "JSON": (_JSON,),
}


def figures() -> Iterator[Figure]:
    """Seconds, MiB at the peak, and seconds of grep, for each of the logs; 3 s are allowed."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        for name, lines in LOGS.items():
            _write(log, lines)
            yield from _measured(f"diagnose 100 MB, {name}", log)


def _measured(name: str, log: Path) -> Iterator[Figure]:
    diagnosed, counted = [], []
    for _ in range(RUNS):
        counted.append(command.run(("grep", "-c", "Traceback", str(log))).seconds)
        diagnosed.append(_diagnosed(log))
    seconds = [one.seconds for one in diagnosed]
    yield Figure(name=f"{name}: least, of {ALLOWED_SECONDS:g} s allowed", value=min(seconds), unit="s")
    yield Figure(name=f"{name}: median", value=statistics.median(seconds), unit="s")
    yield Figure(name=f"{name}: peak", value=max(one.peak_mib for one in diagnosed), unit="MiB")
    yield Figure(name=f"{name}: grep -c, median", value=statistics.median(counted), unit="s")


def _write(log: Path, lines: Sequence[str]) -> None:
    """A log of that size, no two parts of which are alike."""
    rng = random.Random(1)
    with log.open("w", encoding="utf-8") as file:
        while file.tell() < SIZE:
            some = (rng.choice(lines).format(rng.randrange(10_000, 60_000), rng.randrange(60)) for _ in range(1000))
            file.write("".join(some))
        file.write(_DEATH)


def _diagnosed(log: Path) -> command.Spent:
    spent = command.run((sys.executable, "-m", "vllm_qualify", "diagnose", str(log)))
    if b"E01" not in spent.said:
        raise RuntimeError(f"{log} was diagnosed as {spent.said.decode()!r}, and it died of E01")
    return spent


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")

"""What the clients of the benchmark stamped, held against when the server sent it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bench import client_runs, other_clients
from bench.client_runs import Stamped

SENDS = [[1.0, 2.0, 3.0], [1.5, 2.5, 3.5]]


def test_each_stamp_is_held_against_the_send_of_its_own_request() -> None:
    """The text says which request of the server a stream was, in whatever order the client sent."""
    streams = [
        Stamped(text="00001 " * 3, sent=0.5, stamps=[1.625, 2.75, 3.5]),
        Stamped(text="00000 " * 3, sent=0.5, stamps=[1.0, 3.25], first_and_last=True),
    ]

    assert client_runs.lags(streams, SENDS) == [0.125, 0.25, 0.0, 0.0, 0.25]


def test_a_client_that_lost_a_token_is_not_measured() -> None:
    """Its other stamps would be held against the wrong sends."""
    with pytest.raises(ValueError, match="zip"):
        client_runs.lags([Stamped(text="00000 " * 2, sent=0.5, stamps=[1.0, 2.0])], SENDS)


def test_figures_are_those_of_their_formulas() -> None:
    """TTFT and TPOT as medians in milliseconds, throughput over the whole time."""
    streams = [Stamped(text="00000 " * 3, sent=0.5, stamps=[1.0, 2.0, 3.0])] * 2

    assert client_runs.first_token_ms(streams) == 500.0
    assert client_runs.per_token_ms(streams) == 1000.0
    assert client_runs.throughput(streams) == 6 / 2.5


def test_the_result_of_vllm_is_read(tmp_path: Path) -> None:
    """The start, the first token after it, and each gap."""
    kept = {"generated_texts": ["00001 " * 3], "start_times": [1.0], "ttfts": [0.5], "itls": [[1.0, 1.25]]}
    (tmp_path / "result.json").write_text(json.dumps(kept))

    (stream,) = other_clients.result(tmp_path / "result.json")

    assert (stream.request, stream.tokens, stream.sent, stream.stamps) == (1, 3, 1.0, [1.5, 2.5, 3.75])


def test_the_result_of_guidellm_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its wall-clock times are put on the clock of the others; only the first and the last token are known."""
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 10.0)
    timings = {"request_start": 991.0, "first_token_iteration": 991.5, "last_token_iteration": 993.5}
    one = {"output": "00000 " * 3, "info": {"timings": timings}}
    kept = {"benchmarks": [{"requests": {"successful": [one]}}]}
    (tmp_path / "result.json").write_text(json.dumps(kept))

    (stream,) = other_clients.result(tmp_path / "result.json")

    assert (stream.sent, stream.stamps, stream.first_and_last) == (1.0, [1.5, 3.5], True)


def test_what_we_write_is_read_again(tmp_path: Path) -> None:
    """Our own result file is a list of streams."""
    stream = Stamped(text="00000 ", sent=0.5, stamps=[1.0])
    (tmp_path / "result.json").write_text(json.dumps([stream.as_json()]))

    assert other_clients.result(tmp_path / "result.json") == [stream]

"""Our client as ``bench.client`` measures it: a process that asks, and writes what each stream was stamped with."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.client_runs import Stamped
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.openai import OpenAiClient, new_http_client


class _Clock:
    """The clock of the processes of this machine; it remembers the first look, with which a batch begins."""

    def __init__(self) -> None:
        self.started = 0.0

    def __call__(self) -> float:
        now = time.perf_counter()
        self.started = self.started or now
        return now


def main() -> None:
    """Ask: URL, requests, streams, tokens and the file to write follow."""
    url, requests, streams, tokens, file = sys.argv[1:]
    ask = ChatRequest(model="ml", prompt="Say something. " * 30, max_tokens=int(tokens), ignore_eos=True)
    with new_http_client() as http:
        clock = _Clock()
        client = OpenAiClient(url, client=http, clock=clock)
        samples = client.many([ask] * int(requests), streams=int(streams))
    if faulty := [sample.problems for sample in samples if sample.problems]:
        raise SystemExit(f"{len(faulty)} of {len(samples)} streams were faulty: {faulty[0]}")
    found = [
        Stamped(
            text=sample.content,
            sent=clock.started + sample.sent,
            stamps=[clock.started + sample.sent + chunk.at for chunk in sample.token_chunks],
        )
        for sample in samples
    ]
    Path(file).write_text(json.dumps([one.as_json() for one in found]), encoding="utf-8")


if __name__ == "__main__":
    main()

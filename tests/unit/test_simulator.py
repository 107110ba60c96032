"""The simulator: whether what it says is what a server of that kind says."""

from __future__ import annotations

import openai

from tests.simulator import Clock, simulate
from vllm_qualify.client.openai import new_http_client


def test_simulator_speaks_the_protocol() -> None:
    """The official client reads the same answer from the simulator, so both ends are checked by a third."""
    with (
        simulate(clock=Clock(lockstep=False)) as simulator,
        openai.OpenAI(base_url=f"{simulator.url}/v1", api_key="none", http_client=new_http_client()) as official,
    ):
        ask = {"model": "canary", "messages": [{"role": "user", "content": "Say hello."}]}
        whole = official.chat.completions.create(**ask)
        pieces = list(official.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))
        names = [model.id for model in official.models.list()]

    assert names == ["canary"]
    assert whole.choices[0].message.content == "Hello wörld!"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == "Hello wörld!"
    assert pieces[-1].usage.completion_tokens == 4

"""Whether production serves as it did before a run; asked by every target on the way back."""

from __future__ import annotations

from collections.abc import Collection

from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.targets.base import Client

_SHORT = 8


def problem(client: Client, served: Collection[str]) -> str:
    """Why it does not, in one sentence; ``""`` when it does.

    Args:
        client: asks production.
        served: the model names that it served before.
    """
    listed = client.models()
    if listed.problems:
        return f"/v1/models: {'; '.join(listed.problems)}"
    if set(listed.ids) != set(served):
        return f"/v1/models names {', '.join(listed.ids) or 'nothing'}; it named {', '.join(served)} before"
    answer = client.chat(ChatRequest(model=listed.ids[0], prompt="Say yes.", max_tokens=_SHORT))
    return f"a completion: {'; '.join(answer.problems)}" if answer.problems else ""

"""What suites of the operator's own import: the types of the fixtures, requests and judgements. Stable.

What stands in ``__all__`` keeps its name and its meaning, or the changelog says so; every other module is the harness's
own and may change with any release.
"""

from vllm_qualify.checks.comparison.compared import Compared, ComparedCases
from vllm_qualify.checks.figures import held, no_worse
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, HttpReply, StreamSample
from vllm_qualify.config import Settings
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome
from vllm_qualify.plugin.recorder import Conclude
from vllm_qualify.targets.base import Client, Mode
from vllm_qualify.targets.candidate import Candidate

__all__ = [
    "Candidate",
    "ChatReply",
    "ChatRequest",
    "Client",
    "Compared",
    "ComparedCases",
    "Conclude",
    "HttpReply",
    "Judgement",
    "Limit",
    "Mode",
    "Observation",
    "Outcome",
    "Settings",
    "StreamSample",
    "Workload",
    "held",
    "no_worse",
]

"""A plugin that puts a stand-in in the place of the operator's cluster; loaded by the run that is tested alone."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from tests.unit.targets.home import Home
from tests.unit.targets.whole import probed
from vllm_qualify.kube import reachability
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.preflight import node_lookup
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.kubernetes import target
from vllm_qualify.targets.kubernetes.namespace import Namespace

HOME = Home()
HOME.api.logs["vllm-qualify-0-0"] = probed()
HOME.api.executes = lambda *_: CompletedProcess(exit_code=127, stderr="no such program")
_CLOCK: dict[str, Any] = {"clock": HOME.api.clock, "sleep": HOME.api.clock.sleep}
# As early as this, since the plugin of the harness makes its target before any other is configured.
vars(target).update(new_http_client=HOME.client)
for asking in (node_lookup, reachability, target):
    vars(asking).update(Kubectl=functools.partial(Kubectl, run=HOME.api.run, **_CLOCK))
vars(target).update(Namespace=functools.partial(Namespace, **_CLOCK))


def pytest_unconfigure() -> None:
    """Tell whoever started this what is left."""
    Path("left.json").write_text(json.dumps({"written": HOME.api.written, "problems": HOME.problems()}))

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from lab import kubectl
from vllm_qualify.core.shipped import HOME

NIGHTLY = list(yaml.safe_load_all((HOME / "deploy" / "cronjob.yaml").read_text()))


@pytest.mark.parametrize("obj", NIGHTLY, ids=lambda obj: obj["kind"])
def test_the_api_server_takes_what_runs_every_night(cluster: Any, here: Any, obj: dict[str, Any]) -> None:
    """Every field is known and valid, as far as a dry run can tell."""
    mine = obj | {"metadata": obj["metadata"] | {"namespace": here.name}}
    dry = cluster.kubectl_argv("create", "--dry-run=server", "--validate=strict", "-f", "-", "-o", "json")

    made = json.loads(kubectl.call(dry, stdin=json.dumps(mine)))

    assert made["kind"] == obj["kind"]

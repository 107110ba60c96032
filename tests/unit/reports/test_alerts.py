"""The example alerts read what a run writes, and no verdict or label that there is not."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import RunRecord
from vllm_qualify.core.shipped import HOME
from vllm_qualify.reports import prometheus

FILE = HOME / "deploy" / "alerts.yaml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
LABELS = {"image", "target", "node", "verdict"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_reads_only_what_is_written(rule: dict[str, Any]) -> None:
    """Each name of a metric is one of ours, and so are the labels of its text."""
    assert set(re.findall(r"\bvllm_\w+", rule["expr"])) <= set(prometheus.NAMES)
    assert set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) <= LABELS


def test_every_metric_has_an_alert() -> None:
    """One that nothing reads would be watched by nobody."""
    assert {name for name in prometheus.NAMES for rule in RULES if name in rule["expr"]} == set(prometheus.NAMES)


def test_the_verdicts_of_the_rules_are_ones_that_there_are() -> None:
    """A word that no run writes would never match."""
    matched = [one for rule in RULES for one in re.findall(r'verdict=~"([^"]*)"', rule["expr"])]
    named = {word for one in matched for word in one.split("|")}

    assert named
    assert named <= {verdict.value for verdict in Verdict}


def test_the_labels_are_those_of_a_sample(finished: RunRecord) -> None:
    """What the rules join on is in the file of a run."""
    written = prometheus.files(finished)["metrics.prom"].decode()

    assert set(re.findall(r'[{,](\w+)="', written)) == LABELS

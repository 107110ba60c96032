"""The operator's files say by line which metrics they read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.metric_uses import MetricUse, all_of, uses

RULES = """
kind: PrometheusRule
spec:
  groups:
    - name: vllm:no_name
      rules:
        - record: vllm:busy
          expr: sum(vllm:a)
        - alert: Slow
          # vllm:comment
          expr: |
            histogram_quantile(0.9,
              rate(vllm:b_bucket[5m])) > 1
"""
SCRAPE = """kind: ServiceMonitor
spec:
  endpoints:
  - metricRelabelings:
    - sourceLabels: [__name__]
      regex: vllm:(a|b)|go_.*
    - sourceLabels: [pod]
      regex: vllm:c
"""


def found(text: str, *, file: str = "f") -> list[tuple[str, int, bool]]:
    """Name, line, and whether something acts on it."""
    return [(use.name, use.line, use.acts) for use in uses(text, file=file)]


def test_rules_act() -> None:
    """By the line of the expression, in a block too; what a rule records is made there, not read."""
    assert found(RULES) == [("vllm:busy", 7, True), ("vllm:a", 8, True), ("vllm:b_bucket", 13, True)]
    assert [use.name for use in uses(RULES, file="f") if use.defined] == ["vllm:busy"]


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_dashboard_shows(indent: int | str | None) -> None:
    """Panels, variables and annotations of Grafana's JSON, however it is laid out; titles are no expressions."""
    board = {
        "title": "vllm:title",
        "panels": [{"title": "🚀 vllm:no", "targets": [{"expr": 'vllm:a{m="$m"}'}]}],
        "templating": {"list": [{"query": {"query": "label_values(vllm:b, m)"}, "definition": "vllm:c"}]},
    }

    text = json.dumps(board, indent=indent)

    assert [(use.name, use.acts) for use in uses(text, file="f")] == [
        (name, False) for name in ("vllm:a", "vllm:b", "vllm:c")
    ]
    lines = text.split("\n")
    assert all(use.name in lines[use.line - 1] for use in uses(text, file="f"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: ScaledObject\nspec:\n  triggers:\n  - metadata:\n      query: sum(vllm:a)\n", [("vllm:a", 5, True)]),
        ("kind: HorizontalPodAutoscaler\nspec: {metrics: [{pods: {metric: {name: 'vllm:a'}}}]}", [("vllm:a", 2, True)]),
        (
            SCRAPE,
            [("vllm:a", 6, False), ("vllm:b", 6, False)],
        ),
        ('kind: ConfigMap\ndata:\n  d.json: |\n    {\n    "expr": "vllm:a"}\n', [("vllm:a", 5, False)]),
        ("kind: ConfigMap\ndata:\n  r.yml: |\n    - alert: x\n      expr: vllm:a\n", [("vllm:a", 5, True)]),
        ("{{ if }}\n# vllm:no\nkind: ScaledObject\n  query: vllm:a\n", [("vllm:a", 4, True)]),
        ("local board = { expr: 'vllm:a', b: 'x:vllm:b vllm:c:d' };\n{{", [("vllm:a", 1, False)]),
        ("- &x {expr: 'vllm:a'}\n- *x\n", [("vllm:a", 1, False)]),
        ("", []),
    ],
)
def test_each_kind_of_file(text: str, expected: list[tuple[str, int, bool]]) -> None:
    """Autoscalers act, scrapes do not; what is neither YAML nor JSON is read as text; an alias is read once."""
    assert found(text) == expected


@given(text=st.text(alphabet="expr: vllm:a\n-{}[]|&*'\"#\t!", max_size=60))
def test_any_text_is_read(text: str) -> None:
    """A file of whatever language ends in no traceback, and its lines are there."""
    assert all(1 <= use.line <= text.count("\n") + 1 for use in uses(text, file="f"))


def test_files_are_told_by_name() -> None:
    """A place is what an editor takes."""
    both = all_of({"a.yaml": "expr: vllm:a", "b.yaml": "\nexpr: vllm:a"})

    assert both == (MetricUse(name="vllm:a", file="a.yaml", line=1), MetricUse(name="vllm:a", file="b.yaml", line=2))
    assert [use.place for use in both] == ["a.yaml:1", "b.yaml:2"]

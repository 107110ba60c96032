"""The text of /metrics is read into names, types and labels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.metric_exposition import MetricFamily, families

TEXT = """# HELP vllm:a_total vllm:no
# TYPE vllm:a_total counter
vllm:a_total{engine="0",model_name="a}\\" le="} 3.0 1700000000
# TYPE vllm:a_created gauge
vllm:a_created{engine="0"} 1.7e9
# TYPE vllm:b histogram
vllm:b_bucket{le="0.5",model_name="m"} 1
vllm:b_sum{model_name="m"} 1
vllm:b_count{model_name="m"} 1
# TYPE vllm:c gauge
bare 1
not a sample at all {
"""


def test_families() -> None:
    """Parts of a histogram belong to it, labels are named without what Prometheus makes, times of creation are none."""
    assert families(TEXT) == (
        MetricFamily(name="bare"),
        MetricFamily(name="not"),
        MetricFamily(name="vllm:a_total", type="counter", labels=("engine", "model_name")),
        MetricFamily(name="vllm:b", type="histogram", labels=("model_name",)),
        MetricFamily(name="vllm:c", type="gauge"),
    )


def test_what_an_expression_may_read() -> None:
    """Of a histogram its parts, never the bare name."""
    assert [each.samples for each in families(TEXT)[2:4]] == [
        ("vllm:a_total",),
        ("vllm:b_bucket", "vllm:b_sum", "vllm:b_count"),
    ]


@given(
    labels=st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=8), max_size=4),
    name=st.from_regex(r"vllm:[a-z]{1,8}", fullmatch=True),
)
def test_labels_survive_any_value(labels: dict[str, str], name: str) -> None:
    """Braces, quotes and line ends in a value are escaped by the format, and do not end it."""
    escaped = {key: text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') for key, text in labels.items()}
    # Other line ends are not escaped by the format; a reader of lines meets them, as Prometheus' own does not.
    plain = {key: "".join(text.splitlines()) for key, text in escaped.items()}
    written = ",".join(f'{key}="{text}"' for key, text in plain.items())

    assert families(f"{name}{{{written}}} 1") == (MetricFamily(name=name, labels=tuple(sorted(labels))),)

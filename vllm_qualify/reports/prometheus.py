"""The run as metrics: metrics.prom, in Prometheus' text format 0.0.4, as node-exporter's textfile collector reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/. A sample bears no time of its own, which that collector
refuses; when the run was is a metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vllm_qualify.core import fact_names, outcomes
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import production, text
from vllm_qualify.reports.production import ProductionState

VERDICT = "vllm_qualify_verdict"
LAST_RUN = "vllm_qualify_last_run_timestamp_seconds"
RESTORED = "vllm_qualify_production_restored"
NAMES = (LAST_RUN, RESTORED, VERDICT)
"""All metrics, in the order in which they are written."""

# The same in every file: the collector refuses a metric of which two files say different things.
_HELP = {
    LAST_RUN: "When the run ended, or began if it was killed, in seconds since 1970.",
    RESTORED: "1 if production is back after the run, 0 if it is not or nobody knows.",
    VERDICT: "1 for the verdict that the run came to for an image.",
}
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_MOST = 500  # Characters of a label's value: Prometheus keeps each in memory for as long as it keeps the series.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """One line of the file."""

    metric: str
    labels: Mapping[str, str]
    value: int

    def __str__(self) -> str:
        labels = ",".join(f'{name}="{escaped(value)}"' for name, value in self.labels.items())
        return f"{self.metric}{{{labels}}} {self.value}"


def files(run: RunRecord) -> dict[str, bytes]:
    """The metrics of a run, all of them gauges."""
    lines = sorted(dict.fromkeys((one.metric, str(one)) for one in _samples(run)))
    families = (_family(name, [line for metric, line in lines if metric == name]) for name in NAMES)
    return {"metrics.prom": "".join(families).encode()}


def escaped(value: str) -> str:
    """A text as it stands between the quotes of a label's value."""
    return value.translate(_ESCAPED)


def _family(name: str, lines: Iterable[str]) -> str:
    samples = "".join(f"{line}\n" for line in lines)
    return f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n{samples}" if samples else ""


def _samples(run: RunRecord) -> Iterator[_Sample]:
    node = text.short(run.facts.get(fact_names.NODE, ""), _MOST)
    whole = {"target": text.short(run.target, _MOST), "node": node}
    yield _Sample(metric=LAST_RUN, labels=whole, value=int((run.finished or run.started).timestamp()))
    state = production.of(run)
    if state is not None and state.state is not ProductionState.NOT_TAKEN_DOWN:
        yield _Sample(metric=RESTORED, labels=whole, value=int(not state.alarming))
    for candidate in run.candidates:
        verdict = outcomes.verdict(candidate)
        # A search leaves hundreds of releases untried, and nothing was said of them.
        if verdict is not Verdict.NOT_TRIED:
            labels = {"image": text.short(candidate.image, _MOST), **whole, "verdict": verdict.value}
            yield _Sample(metric=VERDICT, labels=labels, value=1)

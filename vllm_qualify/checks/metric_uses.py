"""Where the operator's own files read vLLM's metrics, by line: dashboards, alerts, autoscalers, scrapes. Pure.

For the judges of suite metrics. Known are Grafana's JSON, rule files, PrometheusRule, ServiceMonitor, KEDA's
ScaledObject, a HorizontalPodAutoscaler, and any of them inside a ConfigMap. What is neither YAML nor JSON, such as a
template of Helm, is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import yaml

from vllm_qualify.checks import promql
from vllm_qualify.kube import yamltext

_ACTING_KEYS = frozenset({"alert", "condition", "record"})
_ACTING_KINDS = frozenset(
    {
        "AnalysisTemplate", "ClusterAnalysisTemplate", "HorizontalPodAutoscaler", "MetricTemplate", "PrometheusRule",
        "ScaledJob", "ScaledObject",
    }
)  # fmt: skip
_ACTING_TEXT = re.compile(
    rf"^[ \t-]*+(?:(?:alert|record):|kind:[ \t]*+(?:{'|'.join(sorted(_ACTING_KINDS))})[ \t]*$)", re.MULTILINE
)
_DEEPEST = 3
_EMBEDDED = ("json", ".rules", ".yaml", ".yml")
_EXPRESSIONS = frozenset({"definition", "expr", "expression", "query", "seriesQuery"})
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", re.ASCII)
_IN_TEXT = re.compile(r"(?<![a-zA-Z0-9_:])vllm:[a-zA-Z0-9_]+(?![a-zA-Z0-9_:])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUse:
    """One place that reads a metric.

    Attributes:
        name: of the metric, or a regular expression over names.
        file: as the operator calls it.
        line: counted from 1.
        acts: an alert, a recording rule or an autoscaler, so that something does not happen without the metric;
            elsewhere nothing is shown.
        regex: it is a regular expression.
        defined: a recording rule makes the metric here.
    """

    name: str
    file: str
    line: int
    acts: bool = False
    regex: bool = False
    defined: bool = False

    @property
    def place(self) -> str:
        """File and line, as editors take them."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """Where reading stands: the file, the line its text begins at, and what is around it."""

    file: str
    line: int = 1
    acts: bool = False
    depth: int = 0
    seen: set[int] = field(default_factory=set)

    def used(self, reads: Iterable[promql.Read], node: yaml.ScalarNode) -> Iterator[MetricUse]:
        for read in reads:
            line = _first_line(node, self) + (read.line if node.style == "|" else 0)
            yield MetricUse(name=read.name, file=self.file, line=line, acts=self.acts, regex=read.regex)


def uses(text: str, *, file: str) -> tuple[MetricUse, ...]:
    """Every place of a file that reads a metric of vLLM, or makes one, in the order of the file.

    Args:
        text: of the file.
        file: what messages call it.
    """
    return tuple(_document(text, _At(file=file)))


def all_of(files: Mapping[str, str]) -> tuple[MetricUse, ...]:
    """The places of several files.

    Args:
        files: texts by the name of the file.
    """
    return tuple(use for file, text in files.items() for use in uses(text, file=file))


def _document(text: str, at: _At) -> list[MetricUse]:
    try:
        # JSON may be indented with tabs, and may spell a character as two halves; YAML allows neither.
        readable = _HALF.sub("?", text.replace("\t", " "))
        roots = list(yaml.compose_all(readable, Loader=yamltext.fast_loader(readable)))
        if any(not isinstance(root, yaml.ScalarNode) for root in roots):
            return [use for root in roots for use in _node(root, at)]
    except (yaml.YAMLError, ValueError, RecursionError):
        pass  # A template, or another language.
    return list(_plain(text, at))


def _plain(text: str, at: _At) -> Iterator[MetricUse]:
    acts = at.acts or _ACTING_TEXT.search(text) is not None
    for number, written in enumerate(text.split("\n"), start=at.line):
        if not written.lstrip().startswith("#"):
            for name in _IN_TEXT.findall(written):
                yield MetricUse(name=name, file=at.file, line=number, acts=acts)


def _node(node: yaml.Node, at: _At) -> Iterator[MetricUse]:
    # An alias is the node itself; what it stands for is read once.
    if id(node) in at.seen:
        return
    at.seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _node(each, at)
    elif isinstance(node, yaml.MappingNode):
        yield from _mapping(node, at)


def _mapping(node: yaml.MappingNode, at: _At) -> Iterator[MetricUse]:
    entries = [(key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    known = dict(entries)
    if _ACTING_KEYS & known.keys() or _word(known.get("kind")) in _ACTING_KINDS:
        at = replace(at, acts=True)
    if _of_names(known):
        yield from _relabelling(known.get("regex"), at)
    for key, value in entries:
        if isinstance(value, yaml.ScalarNode):
            yield from _scalar(key, value, at)
        elif key == "metric" and isinstance(value, yaml.MappingNode):
            yield from _autoscaled(value, at)
        else:
            yield from _node(value, at)


def _scalar(key: str, node: yaml.ScalarNode, at: _At) -> Iterator[MetricUse]:
    if key in _EXPRESSIONS:
        yield from at.used(promql.reads(node.value), node)
    elif key == "record":
        yield from (replace(use, defined=True) for use in at.used(promql.reads(node.value), node))
    elif key.endswith(_EMBEDDED) and at.depth < _DEEPEST:
        yield from _document(node.value, replace(at, line=_first_line(node, at), depth=at.depth + 1, seen=set()))


def _of_names(known: dict[str, yaml.Node]) -> bool:
    """The mapping is a rule of relabelling over the names of metrics."""
    sources = known.get("sourceLabels") or known.get("source_labels")
    return isinstance(sources, yaml.SequenceNode) and any(_word(each) == "__name__" for each in sources.value)


def _relabelling(node: yaml.Node | None, at: _At) -> Iterator[MetricUse]:
    if isinstance(node, yaml.ScalarNode):
        yield from at.used(promql.names_matched(node.value), node)


def _autoscaled(node: yaml.MappingNode, at: _At) -> Iterator[MetricUse]:
    for key, value in node.value:
        if _word(key) == "name" and isinstance(value, yaml.ScalarNode):
            yield from at.used(promql.reads(value.value), value)


def _first_line(node: yaml.ScalarNode, at: _At) -> int:
    """The line of the file on which the text of a scalar begins; that of a block begins below its mark."""
    return int(node.start_mark.line) + at.line + (1 if node.style in ("|", ">") else 0)


def _word(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

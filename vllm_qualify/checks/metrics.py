"""Judges of the names at ``/metrics``: those that everybody reads, and those that the operator's own files read.

For suite metrics. Pure. A name that is gone breaks nothing aloud: an alert never fires again, an autoscaler stays where
it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from vllm_qualify import catalogue
from vllm_qualify.catalogue import Release, metric_names
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.metric_exposition import MetricFamily, families
from vllm_qualify.checks.metric_uses import MetricUse
from vllm_qualify.checks.promql import PREFIX
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.core import foreign, images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

KEY = "metrics"
"""Of what is kept for the comparison with production."""

_HIDDEN = "--show-hidden-metrics-for-version"
_NO_FILES = (
    f"no file reads a metric that begins with {PREFIX}; list dashboards, rules and autoscalers in `files` of [metrics]"
)
_MOST_KEPT = 400
_MOST_NAMED = 12
_MOST_PLACES = 5
# Of the Python that the server runs in; they say nothing of vLLM.
_RUNTIME = ("process_", "python_")


def names(reply: HttpReply) -> Judgement:
    """``/metrics`` must answer, in the format of Prometheus, with the names that every release of vLLM has.

    Args:
        reply: of ``/metrics``, after at least one completion.
    """
    shown = families(reply.body)
    problems = list(reply.problems) or [
        f"{name} is missing, which every release since {catalogue.releases()[0].version} has"
        for name in sorted(_everywhere() - {each.name for each in shown})
    ]
    ours = sum(each.name.startswith(PREFIX) for each in shown)
    if not ours and not reply.problems:
        problems = [f"shows no metric whose name begins with {PREFIX}; --disable-log-stats switches them off"]
    kept = {each.name: [each.type, list(each.labels)] for each in shown if not each.name.startswith(_RUNTIME)}
    return Judgement(
        outcome=Outcome.FAILED if problems else Outcome.PASSED,
        message=f"/metrics: {_some(problems)}" if problems else f"/metrics shows {ours} metrics of vLLM",
        observations=(Observation(name="metrics", value=ours, limit=Limit(low=1)),),
        material={KEY: dict(list(kept.items())[:_MOST_KEPT])},
    )


def dashboards(uses: Sequence[MetricUse], reply: HttpReply, image: ImageRef) -> Judgement:
    """Every metric that the operator's files read must be shown by the candidate, or be one that it may show later.

    What acts on a metric that is gone is a failure: an alert, a recording rule, an autoscaler. What only shows it is a
    warning.

    Args:
        uses: what the files read; see `metric_uses.uses`.
        reply: of ``/metrics``.
        image: the candidate, whose release the catalogue may know.
    """
    if reply.problems:
        return Judgement(outcome=Outcome.FAILED, message=f"/metrics: {'; '.join(reply.problems)}")
    made = {use.name for use in uses if use.defined}
    read = [use for use in uses if not use.defined and use.name not in made]
    if not read:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=_NO_FILES)
    about = _Candidate(shown=families(reply.body), release=catalogue.find(image.release) if image.release else None)
    lacking = [use for use in read if not about.shows(use)]
    later = [use for use in lacking if about.may_show(use)]
    gone = [use for use in lacking if use not in later]
    outcome = Outcome.PASSED
    if gone:
        outcome = Outcome.FAILED if any(use.acts for use in gone) else Outcome.WARNED
    parts = [*_told(gone, about), *_not_seen(later)]
    known = f"all {_count(read)} that the files read are known"
    return Judgement(
        outcome=outcome,
        message=_some(parts) if gone else "; ".join((known, *parts)),
        observations=(
            Observation(name="metrics-read", value=len({use.name for use in read})),
            Observation(name="metrics-gone", value=len({use.name for use in gone}), limit=Limit(high=0)),
        ),
    )


def against(cases: ComparedCases) -> Judgement:
    """Hold the candidate's names against the baseline's; one that vanished is a warning, for somebody may read it.

    Args:
        cases: the case ``names`` in each turn; what the baseline's own turns differ in is not held against anybody.
    """
    if cases.candidate is None or not (new := _kept(cases.candidate.material)):
        return cases.unmeasured
    olds = [old for one in cases.baselines if (old := _kept(one.material))]
    if not olds:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=cases.no_baseline or "no baseline: it kept no names")
    release = images.parse(cases.candidate.image).release
    about = _Candidate(shown=tuple(new.values()), release=catalogue.find(release) if release else None)
    old = {name: family for name, family in olds[0].items() if all(name in one for one in olds)}
    missing = sorted(old.keys() - new.keys())
    vanished = [name for name in missing if not metric_names.may_wait(about.release, name)]
    changed = [*map(about.fate, vanished), *(one for one in _changes(olds[0], new) if one in _changes(olds[-1], new))]
    unseen = [f"not seen yet: {name}" for name in missing if name not in vanished]
    added = sorted(new.keys() - {name for one in olds for name in one})
    told = [*changed, *unseen, *([f"new: {_some(added, ', ')}"] if added else [])]
    return Judgement(
        outcome=Outcome.WARNED if changed else Outcome.PASSED,
        message="; ".join(told) or f"the same {len(old)} metrics as the baseline",
        observations=(
            Observation(name="metrics-vanished", value=len(vanished), limit=Limit(high=0)),
            Observation(name="metrics-new", value=len(added)),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """What the candidate shows, and its release where the catalogue knows it."""

    shown: tuple[MetricFamily, ...]
    release: Release | None

    @property
    def samples(self) -> tuple[str, ...]:
        return tuple(name for each in self.shown for name in each.samples)

    def shows(self, use: MetricUse) -> bool:
        if not use.regex:
            return use.name in self.samples
        try:
            pattern = re.compile(use.name)
        except re.error:
            return True  # Prometheus reads what Python does not, such as \pL; nothing is known of it.
        return any(map(pattern.fullmatch, self.samples))

    def may_show(self, use: MetricUse) -> bool:
        return not use.regex and not self._near(use.name) and metric_names.may_wait(self.release, use.name)

    def _near(self, name: str) -> list[str]:
        """What is shown under the name, but for what Prometheus appends."""
        return sorted(each for each in self.samples if metric_names.family(each) == metric_names.family(name))

    def fate(self, name: str) -> str:
        """What became of a name that the candidate does not show."""
        if near := self._near(name):
            return f"{name} is shown as {' and '.join(near)}"
        instead = metric_names.instead(name)
        if instead not in {*self.samples, *(each.name for each in self.shown)}:
            # A counter whose total was left out, as PromQL does not allow.
            instead = " and ".join(self._near(instead)) or instead
        said = f"{name} is not shown"
        if self.release is not None and name in self.release.hidden_metrics:
            said += f" without {_HIDDEN}"
        elif self.release is not None and metric_names.known_to(self.release, name):
            said += f", though vLLM {self.release.version} has it by its sources"
        elif last := next((one for one in reversed(catalogue.releases()) if metric_names.known_to(one, name)), None):
            said += f" any more; vLLM {last.version} was the last to have it"
        return f"{said}; use {instead}" if instead else said


def _everywhere() -> frozenset[str]:
    return frozenset.intersection(*(release.metrics for release in catalogue.releases()))


def _told(gone: Iterable[MetricUse], about: _Candidate) -> Iterator[str]:
    for name, group in groupby(sorted(gone, key=lambda use: (use.name, not use.acts)), key=lambda use: use.name):
        uses = list(group)
        said = f"nothing is shown that matches {name}" if uses[0].regex else about.fate(name)
        places = [use.place for use in uses]
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        yield f"{', '.join(places[:_MOST_PLACES])}{more}: {said}"


def _not_seen(later: Iterable[MetricUse]) -> Iterator[str]:
    listed = sorted({use.name for use in later})
    if listed:
        yield f"not seen yet, they wait for a request or an option: {_some(listed, ', ')}"


def _changes(old: Mapping[str, MetricFamily], new: Mapping[str, MetricFamily]) -> Iterator[str]:
    for name in sorted(old.keys() & new.keys()):
        was, now = old[name], new[name]
        if was.type != now.type:
            yield f"{name} is a {now.type}, it was a {was.type}"
        # Without a sample there are no labels to compare.
        lost = sorted(set(was.labels) - set(now.labels)) if now.labels else []
        if lost:
            yield f"{name} has no label {', '.join(lost)} any more"


def _kept(material: Mapping[str, Any]) -> dict[str, MetricFamily]:
    found = {}
    for name, kept in foreign.mapping(material.get(KEY)).items():
        kind, labels = (*foreign.items(kept), "", "")[:2]
        found[name] = MetricFamily(name=name, type=foreign.text(kind), labels=tuple(map(str, foreign.items(labels))))
    return found


def _count(uses: Iterable[MetricUse]) -> str:
    number = len({use.name for use in uses})
    return f"{number} metrics" if number > 1 else "1 metric"


def _some(parts: Sequence[str], between: str = "; ") -> str:
    more = f"{between}and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
    return between.join(parts[:_MOST_NAMED]) + more

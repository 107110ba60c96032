"""What a run would do, as lines of text, from the same record that the run itself would begin with. Asks nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.config.lookup import BUILT_IN
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.shipped import COMMAND
from vllm_qualify.plugin.baseline_choice import BaselineSource
from vllm_qualify.plugin.options import Options
from vllm_qualify.targets.abilities import Ability

_GUESS = re.compile(r"^[ \t]*[^#\s][^#\n]*# guessed: ", re.MULTILINE)
_TAKES = Ability.TAKES_PRODUCTION_AWAY
_WIDTH = 12
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCosts:
    """What there is to ask.

    Attributes:
        cases: how many different ones.
        seconds: of all of them in all turns, on a GPU, roughly.
    """

    cases: int = 0
    seconds: float = 0.0


def writable(reports: Path) -> None:
    """See that a run could write its reports.

    Raises:
        UserError: it could not.
    """
    there = next(one for one in (reports.absolute(), *reports.absolute().parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"--reports-dir {reports}: {there} cannot be written to; name another folder")


def lines(options: Options, *, source: Path | None, costs: CaseCosts, asked: bool) -> Iterator[str]:
    """What a run with these options would do.

    Args:
        options: of the run.
        source: the settings; ``None``: there are none.
        costs: of the cases that would be asked.
        asked: the target was asked.
    """
    for topic, rows in _topics(options, source, costs).items():
        for number, row in enumerate(rows):
            yield f"{topic if number == 0 else '':{_WIDTH}}{row}"
    away = options.kind.elsewhere(options.settings)
    unasked = f"; {away} was not asked (--ask-target does)" if away and not asked else ""
    steps = f"`{COMMAND} --dry-run` shows each step on production" if options.able(_TAKES) else f"`{COMMAND}` begins"
    yield f"nothing was started or changed{unasked}; {steps}"


def _topics(options: Options, source: Path | None, costs: CaseCosts) -> dict[str, list[str]]:
    settings = options.settings
    return {
        "settings": [*_settings(source)],
        "target": [f"{options.kind.name}{f': {options.why}' if options.why else ''}"],
        "production": [options.kind.production(settings)],
        "candidates": [*_candidates(options)],
        "note": list(options.notes),
        "baseline": [_baseline(options)],
        "asked": [f"{costs.cases} cases of each candidate; {_documents(options)}"],
        "budgets": [*_budgets(options)],
        "time": [_time(options, costs)],
        "reports": [f"{options.reports}, a folder for each run", f"history: {_history(options)}"],
    }


def _settings(source: Path | None) -> Iterator[str]:
    if source is None:
        yield f"{BUILT_IN}, because there is no qualify.toml here; `vllm-qualify init` writes a first one"
        return
    yield str(source)
    text = source.read_text(encoding="utf-8")
    guesses = [str(text.count("\n", 0, one.end()) + 1) for one in _GUESS.finditer(text)]
    if guesses:
        yield f"values that are marked as guesses, in line {', '.join(guesses)}: correct them, or delete the mark"


def _candidates(options: Options) -> Iterator[str]:
    doubts = {finding.subject: finding for finding in options.choice.findings}
    for image in options.choice.images:
        skipped, doubt = options.choice.skipped.get(image), doubts.get(str(image))
        if skipped is not None:
            yield f"{image}: set aside, {skipped.reason}{f'; {skipped.remedy}' if skipped.remedy else ''}"
        elif doubt is not None:
            yield f"{image}: tried; {doubt.title}{f'; {doubt.remedy}' if doubt.remedy else ''}"
        else:
            yield f"{image}: tried"
    if options.pick:
        yield "the newest first, and no further than the first that qualifies"


def _baseline(options: Options) -> str:
    baseline = options.baseline
    if baseline.source is BaselineSource.NONE:
        return "none: candidates are held to the budgets alone"
    before = "measured before the candidates and again after them"
    return f"{baseline.said}{'' if baseline.source is BaselineSource.RUN else f', {before}'}"


def _documents(options: Options) -> str:
    if Ability.ASKS_OWN_DOCUMENTS in options.kind.lacks(options.settings):
        return "the canary and its documents"
    asked = options.settings.classification.documents
    return f"{len(options.work.documents) if options.work else 0} documents of {asked}"


def _budgets(options: Options) -> Iterator[str]:
    budgets = options.settings.budgets
    band = budgets.throughput
    memory = f"{budgets.vram_mib:g} MiB of GPU memory" if budgets.vram_mib else "all memory of the GPU"
    yield f"{budgets.load_seconds:g} s to the first token; {memory}; hung after {budgets.hang_seconds:g} s of silence"
    yield f"{band.low:g} to {band.high:g} tokens/s on {band.gpu}, elsewhere the rate is only shown"
    yield f"{options.settings.classification.label_floor:.0%} of the documents labelled right"


def _time(options: Options, costs: CaseCosts) -> str:
    minutes = max(1, round((costs.seconds + options.soak_seconds * len(options.images)) / _MINUTE))
    about = f"about {minutes} min on a GPU with warm caches, all turns together"
    if Ability.RUNS_ENGINES_HERE in options.kind.lacks(options.settings):
        return f"{about}; images that are not there are pulled first"
    return f"{about}; a release that was never tried here is fetched first, about 3 GB"


def _history(options: Options) -> Path:
    return options.settings.history.file or options.reports / "history.sqlite"

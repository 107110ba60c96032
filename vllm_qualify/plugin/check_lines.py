"""What a run would do, as lines of text, from the same record that the run itself would begin with. Asks nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.config.lookup import BUILT_IN, GUESSED
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.shipped import COMMAND
from vllm_qualify.plugin import remembering
from vllm_qualify.plugin.baseline_choice import BaselineSource
from vllm_qualify.plugin.options import Options
from vllm_qualify.reports.check_json import CheckCandidate, CheckDocument
from vllm_qualify.targets.abilities import Ability

_GUESS = re.compile(rf"^[ \t]*[^#\s][^#\n]*# {GUESSED}", re.MULTILINE)
_TAKES = Ability.TAKES_PRODUCTION_AWAY
_NEW = "a release that was never tried here"
_WITHOUT = f"{BUILT_IN}, because there is no qualify.toml here; `vllm-qualify init` writes a first one"
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


def document(options: Options, *, source: Path | None, costs: CaseCosts, asked: bool) -> CheckDocument:
    """What a run with these options would do.

    Args:
        options: of the run.
        source: the settings; ``None``: there are none.
        costs: of the cases that would be asked.
        asked: the target was asked.
    """
    steps = f"`{COMMAND} --dry-run` shows each step on production" if options.able(_TAKES) else f"`{COMMAND}` begins"
    here = Ability.RUNS_ENGINES_HERE not in options.kind.lacks(options.settings)
    return CheckDocument(
        settings=str(source or ""),
        guesses=tuple(_guesses(source)),
        target=options.kind.name,
        why=options.why,
        production=options.kind.production(options.settings),
        candidates=tuple(_candidates(options)),
        pick=options.pick,
        notes=options.notes,
        baseline=_baseline(options),
        cases=costs.cases,
        documents=_documents(options),
        budgets=tuple(_budgets(options)),
        seconds=costs.seconds + options.soak_seconds * len(options.images),
        fetches=f"{_NEW} is fetched first, about 3 GB" if here else "images that are not there are pulled first",
        reports=str(options.reports),
        history=str(remembering.place(options)),
        unasked="" if asked else options.kind.elsewhere(options.settings),
        following=steps,
    )


def lines(made: CheckDocument, *, brief: bool = False) -> Iterator[str]:
    """The document as people read it.

    Args:
        made: the document.
        brief: only what becomes of production and of the candidates.
    """
    for topic, rows in _topics(made).items():
        if brief and topic not in {"production", "candidates"}:
            continue
        for number, row in enumerate(rows):
            yield f"{topic if number == 0 else '':{_WIDTH}}{row}"
    if not brief:
        unasked = f"; {made.unasked} was not asked (--ask-target does)" if made.unasked else ""
        yield f"nothing was started or changed{unasked}; {made.following}"


def _topics(made: CheckDocument) -> dict[str, list[str]]:
    minutes = max(1, round(made.seconds / _MINUTE))
    guesses = ", ".join(map(str, made.guesses))
    marked = [f"values that are marked as guesses, in line {guesses}: correct them, or delete the mark"]
    further = ["the newest first, and no further than the first that qualifies"] if made.pick else []
    return {
        "settings": [made.settings or _WITHOUT, *(marked if guesses else [])],
        "target": [f"{made.target}{f': {made.why}' if made.why else ''}"],
        "production": [made.production],
        "candidates": [*map(_candidate, made.candidates), *further],
        "note": list(made.notes),
        "baseline": [made.baseline],
        "asked": [f"{made.cases} cases of each candidate; {made.documents}"],
        "budgets": list(made.budgets),
        "time": [f"about {minutes} min on a GPU with warm caches, all turns together; {made.fetches}"],
        "reports": [f"{made.reports}, a folder for each run", f"history: {made.history}"],
    }


def _guesses(source: Path | None) -> Iterator[int]:
    text = source.read_text(encoding="utf-8") if source else ""
    yield from (text.count("\n", 0, one.end()) + 1 for one in _GUESS.finditer(text))


def _candidates(options: Options) -> Iterator[CheckCandidate]:
    doubts = {finding.subject: finding for finding in options.choice.findings}
    for image in options.choice.images:
        skipped, doubt = options.choice.skipped.get(image), doubts.get(str(image))
        why = skipped.reason if skipped else doubt.title if doubt else ""
        remedy = skipped.remedy if skipped else doubt.remedy if doubt else ""
        yield CheckCandidate(image=str(image), tried=skipped is None, said=f"{why}{f'; {remedy}' if remedy else ''}")


def _candidate(one: CheckCandidate) -> str:
    if not one.tried:
        return f"{one.image}: set aside, {one.said}"
    return f"{one.image}: tried{f'; {one.said}' if one.said else ''}"


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

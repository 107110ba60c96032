"""The plan of an upgrade as a page: what changes, the commands in their order, and the way back. Pure.

Called by ``vllm-qualify plan``, which writes it beside the patches and prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vllm_qualify.core import outcomes
from vllm_qualify.core.records import CandidateRecord, RunRecord
from vllm_qualify.reports import advisories, markdown, sentences, text
from vllm_qualify.upgrade import chosen_candidate
from vllm_qualify.upgrade.edits import ModeFile, Upgrade
from vllm_qualify.upgrade.patch import Patch
from vllm_qualify.upgrade.steps import UpgradeStep


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePage:
    """All of a plan.

    Attributes:
        run: the run that it stands on.
        candidate: what becomes production.
        modes: the manifests of the modes.
        upgrade: what changes in the operator's folder.
        patch: the changes.
        there: the steps of the upgrade.
        back: the steps of the way back.
    """

    run: RunRecord
    candidate: CandidateRecord
    modes: tuple[ModeFile, ...]
    upgrade: Upgrade
    patch: Patch
    there: tuple[UpgradeStep, ...]
    back: tuple[UpgradeStep, ...]


def page(plan: UpgradePage) -> str:
    """The plan as Markdown."""
    lines = [f"# Upgrade to {markdown.code(str(plan.upgrade.image))}", "", *_standing(plan), ""]
    warnings = [f"- **{markdown.escape(warning)}**" for warning in _warnings(plan)]
    lines += [*warnings, ""] if warnings else []
    if plan.candidate.advisories:
        lines += ["## What staying costs", "", *advisories.page(plan.candidate.advisories), ""]
    lines += ["## What changes", ""]
    lines += [
        f"- {markdown.code(change.path)}: {markdown.escape(what)}"
        for change in plan.upgrade.changes
        for what in change.what
    ]
    lines += ["", *_fenced(plan.patch.text.replace("\r\n", "\n"), "diff"), ""]
    if plan.upgrade.by_hand:
        by_hand = (f"- {markdown.escape(one)}" for one in plan.upgrade.by_hand)
        lines += ["## To do by hand", "", *by_hand, ""]
    if plan.upgrade.mentions:
        lines += [
            "## What else names the old image",
            "",
            "None of these lines decides what production runs; correct those that are wrong.",
            "",
        ]
        lines += [*(f"- {markdown.code(one)}" for one in plan.upgrade.mentions), ""]
    lines += ["## The upgrade", "", *_listed(plan.there), "## The rollback", "", *_listed(plan.back)]
    return "\n".join(lines).rstrip() + "\n"


def _standing(plan: UpgradePage) -> Iterator[str]:
    """What the plan stands on."""
    candidate = plan.candidate
    yield f"Run {markdown.code(plan.run.run)}: {markdown.escape(sentences.summary(candidate))}."
    if digest := candidate.facts.get("digest"):
        yield f"The tried image is {markdown.code(digest)}; a tag may later mean another image."


def _warnings(plan: UpgradePage) -> Iterator[str]:
    candidate = plan.candidate
    if not outcomes.put_back(plan.run):
        yield "The run did not show that production is back: run vllm-qualify restore first."
    if not chosen_candidate.qualified(candidate):
        yield "This candidate did not qualify; the plan was forced."
    elif candidate.stand_in is not None:
        yield (
            f"The run used {text.one_line(str(candidate.stand_in))}, not the image: qualify on the cluster before you "
            "upgrade."
        )
    for mode in plan.modes:
        then, now = candidate.facts.get(f"arguments of the {mode.mode} mode"), " ".join(mode.serving.command_line)
        if then is not None and then != now and candidate.stand_in is None:
            yield f"The arguments of the {mode.mode} mode have changed since the run, so it proves nothing about them."
    if untried := dict(plan.upgrade.environment.items() - candidate.environment.items()):
        names = text.listing(sorted(untried))
        yield f"No run has tried the image with {names}: apply the patch, then qualify again before you go on."


def _listed(steps: tuple[UpgradeStep, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        lead = f"{number}. **{markdown.escape(step.title)}.**"
        yield f"{lead} {step.text}" if step.text else lead
        yield ""
        if step.commands:
            yield from ("   " + line for line in _fenced("\n".join(step.commands), "sh"))
            yield ""


def _fenced(content: str, language: str) -> list[str]:
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + language, *content.rstrip("\n").split("\n"), fence]

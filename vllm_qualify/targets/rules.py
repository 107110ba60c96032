"""Every rule by its id, from the tables beside their checks: what may be waived, and what the reference lists. Pure.

``python -m vllm_qualify.targets.rules FILE...`` writes the tables anew between the marks of each file of docs/.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify import preflight
from vllm_qualify.core.records import Severity
from vllm_qualify.core.rules import Rule
from vllm_qualify.gpu import mode_status
from vllm_qualify.kube import access, controllers, drift
from vllm_qualify.kube.policy import rules as house_rules
from vllm_qualify.litellm import rules as route_rules
from vllm_qualify.targets import gpu_mode
from vllm_qualify.targets.container import preconditions as containers
from vllm_qualify.targets.kubernetes import preconditions

TABLES: Mapping[str, tuple[Rule, ...]] = {
    "preflight": preflight.RULES,
    "house": house_rules.RULES,
    "cluster": (*access.RULES, *drift.RULES, *preconditions.RULES, *controllers.RULES),
    "container": containers.RULES,
    "route": route_rules.RULES,
    "gpu-mode": (gpu_mode.ANSWERS, mode_status.STALE),
}
"""By what they are about, in the order of the reference."""
RULES: Mapping[str, Rule] = {rule.id: rule for table in TABLES.values() for rule in table}
_WHERE_NOT = {Severity.BLOCK: "stands in the way", Severity.WARN: "a warning", Severity.NOTE: "a note"}


def table(name: str) -> str:
    """One table of the reference, in Markdown.

    Args:
        name: a key of ``TABLES``.
    """
    head = "| rule | what must hold | where it does not, at worst |\n|---|---|---|\n"
    return head + "".join(f"| {_id(one.id)} | {_held(one)} | {_WHERE_NOT[one.severity]} |\n" for one in TABLES[name])


def written(text: str) -> str:
    """A page of the reference with its tables as they are now, each between ``<!-- rules NAME -->`` and an end."""
    for name in TABLES:
        head, mark, rest = text.partition(f"<!-- rules {name} -->\n")
        if mark:
            text = f"{head}{mark}\n{table(name)}\n<!-- /rules -->{rest.partition('<!-- /rules -->')[2]}"
    return text


def _id(name: str) -> str:
    return f"`{name}`" if "/" in name else name


def _held(rule: Rule) -> str:
    return f"{rule.title}: {rule.rationale}" if rule.rationale else rule.title


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")

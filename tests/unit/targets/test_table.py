"""The table of targets is the one place that knows which there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import vllm_qualify
from vllm_qualify.config import Cluster, Settings
from vllm_qualify.core.errors import UserError
from vllm_qualify.targets import table
from vllm_qualify.targets.base import ProductionTarget
from vllm_qualify.targets.kind import Ability
from vllm_qualify.targets.kubernetes.target import KubernetesTarget
from vllm_qualify.targets.local.target import LocalTarget
from vllm_qualify.targets.table import TARGETS

PACKAGE = Path(vllm_qualify.__file__).parent
NAMED = Settings(cluster=Cluster(context="home"))
# The first two are about settings and targets; "local" is a builtin of shells; older journals have the name alone.
KNOW = ("config", "targets", "arguments/shell", "core/journal.py")


@pytest.mark.parametrize(
    ("name", "settings", "chosen"),
    [("auto", Settings(), "local"), ("auto", NAMED, "kubernetes"), ("local", NAMED, "local")],
    ids=["nothing-named", "cluster-named", "asked-for"],
)
def test_what_the_settings_name_is_taken_unless_another_is_asked_for(
    name: str, settings: Settings, chosen: str
) -> None:
    """This machine is taken only where it is asked for, or where nothing else is named."""
    assert table.chosen(name, settings).name == chosen


def test_what_was_passed_over_is_told() -> None:
    """Whoever expected another target reads in one line what it lacks here."""
    said = table.why(TARGETS["local"], Settings())

    assert said.startswith("not kubernetes, because no cluster is named; not container, because ")
    assert table.why(TARGETS["kubernetes"], NAMED) == ""


def test_a_target_that_nobody_described_is_refused() -> None:
    """No cluster is guessed."""
    with pytest.raises(UserError, match=r"^--target kubernetes: no cluster is named"):
        table.chosen("kubernetes", Settings())


@pytest.mark.parametrize(("name", "kind"), [("local", LocalTarget), ("kubernetes", KubernetesTarget)])
def test_the_table_and_the_targets_agree_on_who_takes_production_away(name: str, kind: type) -> None:
    """The plugin lets what the row says away be put back by what the target does."""
    methods = {"open", "close", "rehearse", "secrets"} & vars(ProductionTarget).keys()
    able = Ability.TAKES_PRODUCTION_AWAY not in TARGETS[name].lacks(NAMED)

    assert len(methods) == 4
    assert all(hasattr(kind, method) is able for method in methods)


def test_nobody_else_knows_a_target_by_its_name() -> None:
    """Whoever must tell targets apart asks for an ability, so that a further target is a module and a row."""
    # A container is also a part of a pod, so that word tells nothing.
    names = re.compile(rf"""["']({"|".join(TARGETS.keys() - {"container"})})["']""")
    files = {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in PACKAGE.rglob("*.py")}
    elsewhere = {name for name, text in files.items() if names.search(text) and not name.startswith(KNOW)}

    assert elsewhere == set()

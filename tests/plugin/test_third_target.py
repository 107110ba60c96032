"""A target of which the harness knows nothing but its row in the table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin import forked

IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")
MODULE = """
    from tests.plugin.scripted import ScriptedTarget
    from vllm_qualify.targets import table
    from vllm_qualify.targets.kind import Ability, Lack, TargetKind

    class Toy(TargetKind):
        name = "toy"

        def make(self, settings, run):
            return ScriptedTarget(scripts={}, name=self.name)

        def lacks(self, settings):
            return dict.fromkeys(set(Ability) - {Ability.STARTS_COLD}, Lack(reason="a toy cannot do that"))

    table.TARGETS[Toy.name] = Toy()
"""

Toy = Callable[..., pytest.RunResult]


@pytest.fixture
def toy(checkout: pytest.Pytester) -> Toy:
    """Run pytest where the table has a third row."""
    (checkout.path / "toy_target.py").write_text(textwrap.dedent(MODULE))
    target = ("-p", "toy_target", "--target", "toy")
    return lambda *arguments: forked.run_pytest(checkout.path, *target, *IMAGE, *arguments)


def test_a_module_and_a_row_make_a_target(toy: Toy, matrix: Callable[[], dict[str, Any]]) -> None:
    """A whole qualification runs on it, and every report names it."""
    result = toy()

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["target: toy"])
    assert matrix()["target"] == matrix()["candidates"][0]["target"] == "toy"
    assert matrix()["production"] is None


def test_its_abilities_decide_which_wishes_it_meets(toy: Toy) -> None:
    """What it lacks is refused with its own reason, and the targets that can do it are named."""
    result = toy("--max-downtime", "5", "--cold-cache", "--local-port", "8000")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*--max-downtime: a toy cannot do that; leave it out, or give --target kubernetes",
            "*--local-port: a toy cannot do that; leave it out, or give --target local",
        ]
    )
    result.stderr.no_fnmatch_line("*--cold-cache*")

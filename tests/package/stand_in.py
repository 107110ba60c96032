"""Hands the tests' scripted engine to an installed harness, which knows nothing of the tests."""

from __future__ import annotations

from pathlib import Path

from vllm_qualify.core.shipped import HOME

PLUGIN = "simulated_target"
_MODULE = """
from tests.plugin.scripted import ScriptedTarget
from vllm_qualify.targets import table
from vllm_qualify.targets.kind import Ability, Lack, TargetKind


class Simulated(TargetKind):
    name = "local"

    def make(self, settings, run):
        return ScriptedTarget(scripts={})

    def lacks(self, settings):
        return dict.fromkeys(set(Ability) - {Ability.STARTS_COLD}, Lack(reason="it is simulated"))


table.TARGETS[Simulated.name] = Simulated()
"""


def write(folder: Path) -> dict[str, str]:
    """Lay the plugin and what it needs of the checkout into a folder, without the package itself.

    Returns:
        The variables by which an installed pytest finds them.
    """
    folder.mkdir()
    for name in ("lab", "tests"):
        (folder / name).symlink_to(HOME / name)
    (folder / f"{PLUGIN}.py").write_text(_MODULE)
    return {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}

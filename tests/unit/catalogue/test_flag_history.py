import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from vllm_qualify.arguments.command_line import canonical
from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.catalogue.flag_history import ADDED, REMOVED

REPORTS = sorted((Path(__file__).parents[1] / "data" / "parser").glob("*.json"))


def load(path: Path) -> Any:
    """The stored answer of a real parser."""
    return json.loads(path.read_text())


def test_options_are_spelt_as_they_are_looked_up() -> None:
    """A key that is not in its canonical spelling would never be found."""
    assert all(name == canonical(name) for name in chain(ADDED, REMOVED))


def test_releases_are_releases() -> None:
    """Every change names a release that can be compared."""
    assert all(Version(change.release) > Version("0.5") for change in chain(ADDED.values(), REMOVED.values()))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_no_option_is_there_after_it_went_or_before_it_came(path: Path) -> None:
    """The history agrees with what the parsers of real releases have."""
    facts = ProbeReport.from_json(load(path)).facts
    here = {name for flag in facts.flags for name in flag.options}
    release = Version(facts.version)

    added = {name for name, change in ADDED.items() if Version(change.release) <= Version(release.base_version)}
    gone = {name for name, change in REMOVED.items() if Version(change.release) <= release}
    to_come = {name for name, change in ADDED.items() if Version(change.release) > Version(release.base_version)}

    assert here & (gone | to_come) == set()
    assert added <= here

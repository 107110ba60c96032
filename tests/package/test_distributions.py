"""What the wheel and the sdist hold."""

from __future__ import annotations

import email
import re
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.package import distributions
from tests.package.distributions import DIST_INFO, Distributions
from vllm_qualify import __version__
from vllm_qualify.core.shipped import HOME


def test_the_wheel_holds_what_the_checkout_has_for_a_run(built: Distributions) -> None:
    """Every file of the package and of what it ships, byte by byte; none of the tests, the lab or Python's caches."""
    mapped = {distributions.in_wheel(name): name for name in distributions.tracked()}
    wanted = {place: (HOME / name).read_bytes() for place, name in mapped.items() if place}

    files = distributions.members(built.wheel)

    assert {name for name in files if not name.startswith(f"{DIST_INFO}/")} == set(wanted)
    assert [name for name, content in wanted.items() if files[name] != content] == []


def test_nothing_of_any_kind_is_missing_in_it(built: Distributions) -> None:
    """Types, schemas, releases, lock files, suites, fixtures, documents, weights, an example: one of each."""
    needed = {
        "catalogue/data/messages/vllm.jsonl",
        "config/qualify.schema.json",
        "py.typed",
        "reports/matrix.schema.json",
        "shipped/canary/documents.jsonl",
        "shipped/canary/ml/model.safetensors",
        "shipped/canary/r1/model.safetensors",
        "shipped/examples/home-lab/qualify.toml",
        "shipped/fixtures/candidates.py",
        "shipped/suites/test_deploy.py",
        "targets/local/locks/0.8.5.post2.txt",
    }

    assert {f"vllm_qualify/{name}" for name in needed} - set(distributions.members(built.wheel)) == set()


def test_the_sdist_holds_all_that_the_wheel_is_built_from(built: Distributions) -> None:
    """Sources, lock files, scripts and documents, as they are in the checkout."""
    files = distributions.members(built.sdist)
    wanted = {name for name in distributions.tracked() if distributions.in_wheel(name)}

    changed = [name for name in set(files) - {"PKG-INFO"} if files[name] != (HOME / name).read_bytes()]

    assert wanted | {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", "script/build"} <= set(files)
    assert changed == []


def test_neither_names_a_path_of_the_machine_that_built_it(built: Distributions) -> None:
    """A path of the builder's means nothing to anybody else."""
    paths = {str(path).encode() for path in (HOME, Path(tempfile.gettempdir()) / "pytest-of", Path(sys.prefix))}
    files = distributions.members(built.wheel) | distributions.members(built.sdist)

    assert [name for name, content in files.items() for path in paths if path in content] == []


def test_the_same_sources_give_the_same_bytes(built: Distributions, tmp_path: Path) -> None:
    """Built from the sdist in another folder, with other times, another umask and another zone, both are the same."""
    with tarfile.open(built.sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    [tree] = tmp_path.iterdir()
    for path in tree.rglob("*"):
        path.touch()
        path.chmod(path.stat().st_mode & 0o700)

    again = distributions.build(tmp_path / "again", tree=tree, env=_epoch(built) | {"TZ": "Asia/Tokyo"})

    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def _epoch(built: Distributions) -> dict[str, str]:
    """The sdist knows no commit; its files have the time of it."""
    with tarfile.open(built.sdist) as packed:
        [when] = {entry.mtime for entry in packed}
    return {"SOURCE_DATE_EPOCH": str(int(when))}


def test_a_wheel_of_the_checkout_is_that_of_the_sdist(built: Distributions, tmp_path: Path) -> None:
    """Whichever of the two an installer starts from, the same is installed."""
    distributions.script(HOME, "build", str(tmp_path), "--wheel")

    assert (tmp_path / built.wheel.name).read_bytes() == built.wheel.read_bytes()


def test_the_metadata_say_what_it_is(built: Distributions) -> None:
    """Name, version, licence, Pythons, the command, and the plugin that pytest loads by itself."""
    files = distributions.members(built.wheel)
    told = email.message_from_bytes(files[f"{DIST_INFO}/METADATA"])
    points = files[f"{DIST_INFO}/entry_points.txt"].decode()

    assert (told["Name"], told["Version"], told["Requires-Python"]) == ("vllm-qualify", __version__, ">=3.11")
    assert told["License-Expression"] == "Apache-2.0"
    assert f"{DIST_INFO}/licenses/LICENSE" in files
    assert re.findall(r"^\[(.*)\]$", points, re.MULTILINE) == ["console_scripts", "pytest11"]

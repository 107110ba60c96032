"""The libraries whose exceptions end an engine as vLLM's own do: which version a release runs with, and its sources.

The version is the one that a resolver chooses on the release's day from what the release's own metadata ask for; an
exact pin leaves it no choice, and of a range it takes what an image of that day has.
"""

from __future__ import annotations

import email
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import uv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from catalogue_maker import fetching
from catalogue_maker.source import Source

_DONE = ".done"
# The Python of all platforms is the same, and the wheels for macOS are a tenth of those with CUDA.
_SMALL = ("--only-binary", "--platforms", "macosx_14_0_arm64,macosx_11_0_arm64", "--python-version", "3.12")
_LATER = timedelta(days=2)
"""After its distribution was built, a release's images are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One library.

    Attributes:
        name: on the package index.
        package: that is imported.
        modules: those of its files that run while an engine starts; the others are left out.
        way: how the finder gets a distribution of it.
    """

    name: str
    package: str
    modules: re.Pattern[str]
    way: tuple[str, ...] = fetching.WHEEL


_EVERYTHING = re.compile(r".*")
_KERNELS = re.compile(r"flashinfer/(?:\w+|(?:comm|gemm|mla)/\w+|fused_moe/(?:core|utils)|jit/.*)\.py")
_HUB = re.compile(
    r"huggingface_hub/(?:_snapshot_download|constants|errors|file_download|utils/_(?:errors|headers|http|validators))\.py"
)
_TORCH = re.compile(
    r"torch/(?:_ops|_utils|library|serialization|cuda/(?:__init__|_utils|graphs|memory)|utils/(?:_triton|cpp_extension)"
    r"|distributed/(?:constants|device_mesh|distributed_c10d|rendezvous)"
    r"|_dynamo/(?:backends/\w+|convert_frame|eval_frame|exc)"
    r"|_inductor/(?:async_compile|codecache|compile_fx|cpp_builder|exc|runtime/\w+|standalone_compile|utils))\.py"
)
_TRANSFORMERS = re.compile(
    r"transformers/(?:configuration_utils|dynamic_module_utils|image_processing_(?:base|utils)|modeling_rope_utils"
    r"|modeling_utils|processing_utils|tokenization_\w+|models/auto/(?!modeling)\w+|quantizers/\w+"
    r"|utils/(?:hub|import_utils|quantization_config))\.py"
)
LIBRARIES = (
    Library(name="compressed-tensors", package="compressed_tensors", modules=_EVERYTHING),
    Library(name="flashinfer-python", package="flashinfer", modules=_KERNELS, way=()),
    Library(name="huggingface-hub", package="huggingface_hub", modules=_HUB),
    Library(name="torch", package="torch", modules=_TORCH, way=_SMALL),
    Library(name="transformers", package="transformers", modules=_TRANSFORMERS),
)


def pins(source: Source, *, day: date) -> dict[str, str]:
    """The version of each library that a release of that day runs with, by its name; without those it does not need.

    Args:
        source: the release.
        day: on which it was made.

    Raises:
        Unavailable: no versions fit together, or the index cannot be reached.
    """
    argv = [
        uv.find_uv_bin(), "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--python-version", "3.12",
        "--python-platform", "x86_64-manylinux_2_28", "--exclude-newer", (day + _LATER).isoformat(),
    ]  # fmt: skip
    asked = "\n".join(_needs(source))
    done = subprocess.run(argv, input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise fetching.Unavailable(f"no libraries for vLLM {source.version}: {done.stderr.strip()[-600:]}")
    found = dict(line.split("==") for line in done.stdout.splitlines() if line.count("==") == 1)
    return {one.name: found[one.name] for one in LIBRARIES if one.name in found}


def _needs(source: Source) -> Iterator[str]:
    """What the metadata ask for of the libraries, extras left out: the CPU build's torch is the same Python."""
    file = next(iter([*source.root.glob("PKG-INFO"), *source.root.glob("*.dist-info/METADATA")]))
    wanted = {one.name for one in LIBRARIES}
    stated = email.message_from_string(file.read_text(encoding="utf-8"))
    for text in stated.get_all("Requires-Dist") or ():
        needed = Requirement(text)
        if canonicalize_name(needed.name) in wanted:
            yield f"{needed.name}{str(needed.specifier).replace('+cpu', '')}"


def sources(library: Library, version: str, *, kept: Path) -> Path:
    """The folder that holds the package in this version; it is fetched once.

    Args:
        library: which.
        version: of it.
        kept: the folder in which sources stay.

    Raises:
        Unavailable: the index has no distribution of it.
    """
    place = kept / "libraries" / library.name / version
    if not (place / _DONE).is_file():
        with TemporaryDirectory(prefix="vllm-qualify-catalogue-") as folder:
            archive = fetching.distribution(library.name, version, *library.way, into=Path(folder))
            for name, content in _files(archive, library).items():
                target = place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        place.mkdir(parents=True, exist_ok=True)
        (place / _DONE).touch()
    return place


def _files(archive: Path, library: Library) -> Mapping[str, bytes]:
    """The Python files of the package that count, by their path from it on."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist() if _counts(name, library)}
    with tarfile.open(archive) as sdist:
        members = ((one, one.name.partition("/")[2].removeprefix("src/")) for one in sdist if one.isfile())
        read = ((name, sdist.extractfile(one)) for one, name in members if _counts(name, library))
        return {name: content.read() for name, content in read if content}


def _counts(name: str, library: Library) -> bool:
    inside = name.startswith(f"{library.package}/") and name.endswith(".py") and ".." not in name
    return inside and library.modules.fullmatch(name) is not None

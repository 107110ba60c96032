from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from vllm_qualify.arguments import overlay
from vllm_qualify.core import wheel_hashes
from vllm_qualify.system import caches
from vllm_qualify.system.process_runner import CompletedProcess, Listener

RELEASE = Version("0.12.0")
PYTHON = Path("bin/python")


class Uv:
    """Stands in for uv: unpacks a wheel of the release, or fails with the given words."""

    def __init__(self, *, output: str = "", version: str = "0.12.0") -> None:
        self.output, self.version, self.calls = output, version, list[Sequence[str]]()
        self.locks: list[str] = []

    def __call__(self, argv: list[str], *, listener: Listener, **_rest: object) -> CompletedProcess:
        """Unpack or fail."""
        self.calls.append(argv)
        if list(argv[1:3]) == ["pip", "compile"] and not self.output:
            Path(argv[argv.index("--output-file") + 1]).write_text(f"vllm=={self.version} --hash=sha256:{'7' * 64}\n")
            return CompletedProcess(exit_code=0, stdout="")
        if self.output:
            return CompletedProcess(exit_code=1, stdout=self.output)
        assert list(argv[1:4]) == ["pip", "install", "--no-deps"]
        assert "--require-hashes" in argv
        self.locks.append(Path(argv[argv.index("--requirements") + 1]).read_text())
        listener.heard(b"still fetching the wheel\n+ vllm\n")
        target = Path(argv[argv.index("--target") + 1])
        for name in ("vllm/__init__.py", "vllm/_C.abi3.so", "vllm/rust-bench", "bin/vllm.py", "vllm/a.jinja", ".lock"):
            file = target / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
        metadata = target / f"vllm-{self.version}.dist-info"
        metadata.mkdir()
        (metadata / "RECORD").touch()
        return CompletedProcess(exit_code=0, stdout="")


def files(folder: Path) -> set[str]:
    """Every file below a folder, by its path there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_python_and_metadata_are_kept_and_binaries_are_not(tmp_path: Path) -> None:
    """What a parser needs stays, and nothing else of the half gigabyte that was fetched."""
    made = overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv())

    kept = {"vllm/__init__.py", "vllm/a.jinja", "vllm-0.12.0.dist-info/RECORD", "complete.json"}
    assert (made.version, files(made.path)) == (RELEASE, kept)
    assert [path.name for path in made.path.parent.iterdir()] == ["0.12.0"]


def test_a_made_one_is_used_again_even_offline(tmp_path: Path) -> None:
    """The second call fetches nothing, so it needs no network either."""
    uv = Uv()
    first = overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=uv)

    again = overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, offline=True, run=uv)

    assert (again, len(uv.calls)) == (first, 1)


def test_progress_is_said(tmp_path: Path) -> None:
    """The operator reads what is fetched and that it is still going on, not uv's list of packages."""
    said: list[str] = []

    overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, say=said.append, run=Uv())

    assert said == [
        "downloading the argument parser of vLLM 0.12.0: 300 to 600 MB, about 20 MB of it are kept",
        "still fetching the wheel",
    ]


def test_offline_without_a_cache_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is fetched, and the way out is named."""
    uv = Uv()

    with pytest.raises(overlay.ParserUnavailable, match=r"--offline .* run once without"):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, offline=True, run=uv)

    assert uv.calls == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("No solution found: there is no version of vllm==0.12.0", "check the tag"),
        ("because vllm==0.0.1 has no\n  wheels", "check the tag"),
        ("tcp connect error", "index cannot be reached"),
        ("No space left on device", "the disk is full"),
    ],
)
def test_a_failed_fetch_leaves_nothing_and_says_why(tmp_path: Path, output: str, words: str) -> None:
    """A release that does not exist and a network that does not work are told apart."""
    with pytest.raises(overlay.ParserUnavailable, match=words):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv(output=output))

    assert list((tmp_path / "parsers").iterdir()) == []


def test_another_release_than_the_asked_one_is_refused(tmp_path: Path) -> None:
    """An index that answers with something else must not fill the place of the release."""
    with pytest.raises(overlay.ParserUnavailable, match="is not that release"):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv(version="0.12.1"))

    assert list((tmp_path / "parsers").iterdir()) == []


def test_what_an_interrupted_run_left_is_never_taken_for_good(tmp_path: Path) -> None:
    """A half-made folder, and a folder without its mark of completion, are made again."""
    for name in ("0.12.0", f"0.12.0{caches.PART}"):
        (tmp_path / "parsers" / name / "vllm").mkdir(parents=True)

    made = overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv())

    assert "complete.json" in files(made.path)


def test_a_full_disk_is_seen_before_the_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what is free and what is needed."""
    monkeypatch.setattr(caches, "free_bytes", lambda _path: 1_500_000_000)

    with pytest.raises(overlay.ParserUnavailable, match=r"1\.5 GB are free .* 4 GB are needed"):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv())


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file where the cache folder should be gives one clear message."""
    (tmp_path / "cache").write_text("")

    with pytest.raises(overlay.ParserUnavailable, match="could not be stored"):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path / "cache", run=Uv())


def test_only_one_run_fetches_the_same_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited for the lock finds it made and fetches nothing."""
    answers = iter((False, True))
    monkeypatch.setattr(overlay, "_is_complete", lambda _folder: next(answers))
    uv = Uv(output="fetched twice")

    made = overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=uv)

    assert (made.version, uv.calls) == (RELEASE, [])


def test_the_wheel_of_a_known_release_is_held_to_its_hash(tmp_path: Path) -> None:
    """Those that ship with the harness; the index is not asked which."""
    uv = Uv()

    overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=uv)

    assert uv.locks == [f"{wheel_hashes.line('vllm==0.12.0')}\n"]
    assert "--hash=sha256:" in uv.locks[0]


def test_a_release_that_nobody_pinned_is_trusted_once_and_held_to_it(tmp_path: Path) -> None:
    """It is said, with the place of what is kept; a copy that is fetched again must be the same."""
    said: list[str] = []
    uv, release = Uv(version="9.9.9"), Version("9.9.9")

    made = overlay.overlay(release, python=PYTHON, cache=tmp_path, say=said.append, run=uv)
    (made.path / "complete.json").unlink()
    other = Uv(version="9.9.9")
    overlay.overlay(release, python=PYTHON, cache=tmp_path, run=other)

    assert [line for line in said if str(tmp_path / "pins" / "9.9.9.txt") in line]
    assert [argv[2] for argv in uv.calls] == ["compile", "install"]
    assert [argv[2] for argv in other.calls] == ["install"]
    assert [lock.split() for lock in (*uv.locks, *other.locks)] == [["vllm==9.9.9", f"--hash=sha256:{'7' * 64}"]] * 2


def test_a_wheel_that_differs_is_refused(tmp_path: Path) -> None:
    """Nothing of it is kept, and the index is named as what to look at."""
    with pytest.raises(overlay.ParserUnavailable, match="a file that differs from the locked one"):
        overlay.overlay(RELEASE, python=PYTHON, cache=tmp_path, run=Uv(output="error: Hash mismatch for `vllm`"))

    assert list((tmp_path / "parsers").iterdir()) == []


def test_a_release_that_nobody_has_is_told_as_such(tmp_path: Path) -> None:
    """Also where its hash was asked for first."""
    with pytest.raises(overlay.ParserUnavailable, match="check the tag"):
        overlay.overlay(
            Version("9.9.9"), python=PYTHON, cache=tmp_path, run=Uv(output="No solution found: no version of vllm")
        )

    assert not (tmp_path / "pins").exists()

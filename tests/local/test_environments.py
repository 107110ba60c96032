import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from vllm_qualify.core import images
from vllm_qualify.system import caches
from vllm_qualify.system.caches import Caches
from vllm_qualify.targets.local import cpu_builds, elf, environments
from vllm_qualify.targets.local.cpu_builds import EnginePlan
from vllm_qualify.targets.local.environments import EngineEnvironment, EnvironmentUnavailable

pytestmark = pytest.mark.local

RELEASE = "0.8.5.post1"
IMAGE = f"vllm/vllm-openai:v{RELEASE}"
INSTALL = """
import sys
from pathlib import Path
from vllm_qualify.core import images
from vllm_qualify.system.caches import Caches
from vllm_qualify.targets.local import cpu_builds, environments
plan = cpu_builds.plan_for(images.parse(sys.argv[1]))
environments.ensure(plan, cache=Caches(Path(sys.argv[2])), offline=False, say=lambda line: print(line, flush=True))
"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Caches]:
    """A cache that holds nothing; pytest keeps the folders of three runs, and an environment has 6 GB."""
    yield Caches(tmp_path)
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def plan() -> EnginePlan:
    """The plan of the oldest release, which needs every mend there is."""
    found = cpu_builds.plan_for(images.parse(IMAGE))
    assert isinstance(found, EnginePlan)
    return found


@pytest.fixture(scope="module")
def cache() -> Caches:
    """The user's own cache: an environment is several gigabytes and lasts for many runs."""
    return caches.default()


@pytest.fixture(scope="module")
def environment(plan: EnginePlan, cache: Caches) -> EngineEnvironment:
    """A real environment of that release."""
    return environments.ensure(plan, cache=cache, offline=False, say=print)


def ask(environment: EngineEnvironment, script: str) -> str:
    """What a script prints in the engine's own Python."""
    done = subprocess.run([environment.python, "-I", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_the_engine_says_which_release_it_is(
    environment: EngineEnvironment, plan: EnginePlan, observed: Callable[..., Any]
) -> None:
    """VLLM imports with its compiled part, knows its version, and knows that it runs on a CPU."""
    script = "import vllm, vllm._C, vllm.platforms as p; print(vllm.__version__, p.current_platform.device_type)"

    said = observed("release", lambda: ask(environment, script), releases=[RELEASE])

    assert said == f"{plan.stand_in.version} cpu"


def test_the_engine_has_a_command_line(environment: EngineEnvironment, observed: Callable[..., Any]) -> None:
    """The server's own parser answers, run as a module: scripts of a renamed environment may point nowhere."""

    def see() -> str:
        server = [environment.python, "-m", "vllm.entrypoints.openai.api_server", "--help"]
        return subprocess.run(server, capture_output=True, text=True, check=True).stdout

    assert "--max-model-len" in observed("help", see, releases=[RELEASE])


def test_the_second_time_takes_no_time_and_no_network(
    environment: EngineEnvironment, plan: EnginePlan, cache: Caches
) -> None:
    """A cached environment is found offline within two seconds and without a word."""
    said: list[str] = []
    began = time.monotonic()

    again = environments.ensure(plan, cache=cache, offline=True, say=said.append)

    assert time.monotonic() - began < 2
    assert (again.root, said) == (environment.root, [])


def test_every_extension_finds_what_it_demands_here(environment: EngineEnvironment) -> None:
    """After the install nothing is missing; a mended file is no hard link into uv's cache."""
    maps = 'import ctypes; ctypes.CDLL("libstdc++.so.6"); m = open("/proc/self/maps").read().split()'
    host = elf.provided(Path(ask(environment, f'{maps}; print(next(x for x in m if "/libstdc++.so" in x))')))
    extension = environment.site_packages / "vllm" / "_C.abi3.so"

    assert elf.missing(extension, host) == ()
    if "GLIBCXX_3.4.32" not in host:
        assert extension.stat().st_nlink == 1


def test_offline_and_nothing_cached_is_one_line(
    plan: EnginePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without network and without anything cached, one line says so and what to do."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))

    with pytest.raises(EnvironmentUnavailable, match=r"run once without --offline$") as caught:
        environments.ensure(plan, cache=Caches(tmp_path), offline=True, say=print)

    assert caught.value.detail


def reinstalled(plan: EnginePlan, empty: Caches) -> dict[str, Any]:
    """What an install leaves that was killed in the middle, and what the next one makes of it."""
    child = subprocess.Popen([sys.executable, "-c", INSTALL, IMAGE, str(empty.root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert any(line.startswith("installing ") for line in child.stdout)
    leftovers = psutil.Process(child.pid).children(recursive=True)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    left = [entry.complete for entry in empty.entries() if entry.path.suffix == ".part"]
    made = environments.ensure(plan, cache=empty, offline=False, say=print)
    found = [str(entry.path) for entry in empty.entries() if entry.complete and "engines" in entry.name]
    running = [one.pid for one in psutil.wait_procs(leftovers, timeout=60)[1]]
    return {"left": left, "made": str(made.root), "found": found, "running": running}


@pytest.mark.usefixtures("environment")
def test_an_install_that_was_killed_is_redone(plan: EnginePlan, empty: Caches, observed: Callable[..., Any]) -> None:
    """After SIGKILL in the middle nothing counts as an environment, and the next run makes one from the start."""
    saw = observed("killed-install", lambda: reinstalled(plan, empty), releases=[RELEASE])

    assert saw["left"] == [False]
    assert saw["found"] == [saw["made"]]
    assert saw["running"] == [], "its uv ends by itself once its folder is gone"

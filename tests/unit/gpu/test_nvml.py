"""NVML is asked through the real pynvml; below it stands a library of our own, which answers from a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nvml import fake
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu import reading as gpu
from vllm_qualify.gpu.reading import Gpu, GpuReading

PATIENCE_SECONDS = 120.0
"""A busy machine may take long to start a Python; nothing here waits for it to be over but what says so."""
RTX_3060 = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3060",
    uuid="GPU-3060a1b2-0000-4000-8000-000000000000",
    driver="570.195.03",
    memory_total_mib=12288,
    memory_used_mib=10820,
    compute_capability="8.6",
    clock_mhz=1837,
    throttled=("power limit",),
    busy=0.97,
)


def variables(profile: Path) -> dict[str, str]:
    """The variables under which a process sees the GPUs of a profile; skips where the library cannot be made."""
    try:
        return fake.environment(profile)
    except fake.NoCompiler as error:
        pytest.skip(str(error))


def test_the_gpu_of_the_story_is_read(tmp_path: Path) -> None:
    """All facts of an RTX 3060 pass through pynvml."""
    reading = nvml.read(PATIENCE_SECONDS, environ=variables(fake.profile(tmp_path)))

    assert reading == GpuReading(gpus=(RTX_3060,), source="nvml", cuda="12.8")


def test_the_use_of_now_is_read_each_time(tmp_path: Path) -> None:
    """A second look sees what was released meanwhile."""
    environ = variables(fake.profile(tmp_path))
    first = nvml.read(PATIENCE_SECONDS, environ=environ)
    fake.profile(tmp_path, used_mib=310)

    second = nvml.read(PATIENCE_SECONDS, environ=environ)

    assert [look.gpus[0].memory_used_mib for look in (first, second)] == [10820, 310]


def test_an_older_driver_words_its_clocks_otherwise(tmp_path: Path) -> None:
    """Why a clock is held down was asked for under another name before driver 535."""
    environ = variables(fake.profile(tmp_path, missing="nvmlDeviceGetCurrentClocksEventReasons", held=0x24))

    assert nvml.read(PATIENCE_SECONDS, environ=environ).gpus[0].throttled == ("power limit", "temperature")


def test_several_gpus_are_read(tmp_path: Path) -> None:
    """Each with its own facts."""
    reading = nvml.read(PATIENCE_SECONDS, environ=variables(fake.profile(tmp_path, "two-gpus")))

    assert [(one.index, one.name, one.memory_used_mib) for one in reading.gpus] == [
        (0, "NVIDIA GeForce GT 1030", 1900),
        (1, "NVIDIA GeForce RTX 3060", 10820),
    ]


def test_an_old_driver_lacks_functions(tmp_path: Path) -> None:
    """Then the older form is asked, which counts the driver's own share as used."""
    reading = nvml.read(
        PATIENCE_SECONDS, environ=variables(fake.profile(tmp_path, missing="nvmlDeviceGetMemoryInfo_v2"))
    )

    assert reading.gpus[0].memory_used_mib == 10820 + 262


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("lost", "the GPU is lost"),
        ("mismatch", "driver was updated without a reboot"),
        ("no_device", gpu.NO_DEVICE),
        ("no_permission", "no permission"),
        ("not_loaded", "not loaded"),
        ("not_supported", gpu.NO_MEMORY),
        ("unknown", "daemon-reload"),
    ],
)
def test_each_failure_of_the_driver_has_its_sentence(tmp_path: Path, failure: str, said: str) -> None:
    """As the driver words it in a code, so an operator can read it."""
    reading = nvml.read(PATIENCE_SECONDS, environ=variables(fake.profile(tmp_path, failure=failure)))

    assert said in reading.memory_problem


def test_a_driver_that_hangs_does_not_hang_us(tmp_path: Path) -> None:
    """The look ends with the deadline, and its process with it."""
    environ = variables(fake.profile(tmp_path, failure="hang"))

    reading = nvml.read(0.5, environ=environ)

    assert reading == GpuReading(source="nvml", problem=gpu.TIMEOUT)


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")
def test_a_process_that_cannot_be_killed_does_not_hang_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits inside the driver survives its own clock and SIGKILL, and is left alone."""
    environ = variables(fake.profile(tmp_path, failure="hang"))
    endless = nvml.command(sys.executable, deadline_seconds=20)
    monkeypatch.setattr(nvml, "command", lambda *_, **__: endless)
    kill, left = os.killpg, list[int]()
    monkeypatch.setattr(os, "killpg", lambda group, _number: left.append(group))

    reading = nvml.read(0.5, environ=environ)

    nobody_ended = os.waitpid(left[0], os.WNOHANG) == (0, 0)
    kill(left[0], signal.SIGKILL)
    os.waitpid(left[0], 0)
    assert (reading.problem, nobody_ended) == (gpu.TIMEOUT, True)


def test_in_a_pod_it_ends_itself(tmp_path: Path) -> None:
    """There nobody kills it: it keeps the time on its own, although its thread hangs in the driver."""
    environ = variables(fake.profile(tmp_path, failure="hang"))

    done = subprocess.run(
        nvml.command(sys.executable, deadline_seconds=0.5),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert nvml.parse(done.stdout, done.stderr).problem == gpu.TIMEOUT


def test_in_an_image_the_copy_of_vllm_will_do(tmp_path: Path) -> None:
    """Without pynvml, the copy in vLLM is loaded, and vLLM itself is not: that would take torch along."""
    environ = variables(fake.profile(tmp_path))
    copy = tmp_path / "vllm" / "third_party" / "pynvml.py"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(Path(pynvml_file()).read_bytes())
    (tmp_path / "vllm" / "__init__.py").write_text("raise RuntimeError('nobody asked for vLLM')")
    python, *rest = nvml.command(sys.executable)

    done = _run([python, "-S", *rest], environ | {"PYTHONPATH": str(tmp_path)})

    assert nvml.parse(done.stdout, done.stderr).gpus == (RTX_3060,)


def test_without_any_binding_that_is_said() -> None:
    """A Python with neither pynvml nor vLLM."""
    python, *rest = nvml.command(sys.executable)

    done = _run([python, "-S", *rest], {})

    assert nvml.parse(done.stdout, done.stderr).problem == gpu.NO_BINDING


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("", 'exec: "python3": executable file not found in $PATH', "executable file not found"),
        ("", "", "printed nothing"),
        ("\n{begin}\n[]\n{end}\n", "", "cannot be read"),
        ("\n{begin}\n{{\n{end}\n", "", "cannot be read"),
        ("\n{begin}\n{{}}", "", "could not be used"),
    ],
)
def test_anything_else_than_an_answer_is_a_problem(stdout: str, stderr: str, said: str) -> None:
    """No Python there, nothing printed, another document, a broken one, one that was cut off."""
    text = stdout.format(begin="-----BEGIN VLLM-QUALIFY NVML-----", end="-----END VLLM-QUALIFY NVML-----")

    assert said in nvml.parse(text, stderr).problem


def test_a_python_that_does_not_start_is_a_problem(tmp_path: Path) -> None:
    """The reading says which one it was."""
    assert f"{tmp_path}/python does not start" in nvml.read(python=f"{tmp_path}/python").problem


def test_the_binding_tells_the_truth_of_this_machine() -> None:
    """A reading comes of the machine's own driver or of none, and no error."""
    reading = nvml.read()

    assert bool(reading.gpus) != bool(reading.problem)


def pynvml_file() -> str:
    """Where the binding is that the harness is installed with."""
    code = "import pynvml; print(pynvml.__file__)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _run(argv: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=30)

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify.doctor import findings, machine
from vllm_qualify.doctor.findings import GpuFacts
from vllm_qualify.gpu.reading import NO_MEMORY, Gpu, GpuReading
from vllm_qualify.system import caches

RTX_3060 = Gpu(
    index=0, name="NVIDIA GeForce RTX 3060", driver="570.195.03", memory_total_mib=12288, memory_used_mib=310
)


def test_the_gpus_of_a_reading_are_facts() -> None:
    """Name, memory, capability, driver, and CUDA as its version is written."""
    reading = GpuReading(gpus=(replace(RTX_3060, compute_capability="8.6"),), source="nvml", cuda="12.8")

    found = machine.gpu_facts(reading)

    gpu = findings.MachineGpu(name="NVIDIA GeForce RTX 3060", memory_mib=12288, compute_capability="8.6")
    assert found == GpuFacts(gpus=(gpu,), driver="570.195.03", cuda="12.8")


@pytest.mark.parametrize(
    ("reading", "problem"),
    [
        (GpuReading(problem="no driver"), "no driver"),
        (GpuReading(gpus=(replace(RTX_3060, memory_used_mib=None),)), NO_MEMORY),
    ],
)
def test_without_a_gpu_that_can_be_judged_the_reason_is_told(reading: GpuReading, problem: str) -> None:
    """Nothing to be seen, and a GPU that does not tell its memory."""
    assert machine.gpu_facts(reading) == GpuFacts(problem=problem)


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    """What the host has is no use to a process that may not take it."""
    limit, unlimited, missing = tmp_path / "limit", tmp_path / "max", tmp_path / "missing"
    limit.write_text("1073741824\n")
    unlimited.write_text("max\n")

    assert machine.memory_bytes((missing, limit)) == 1024**3
    assert machine.memory_bytes((unlimited, missing)) > 1024**3


def test_the_processor_is_named(tmp_path: Path) -> None:
    """By the kernel's list, else by its architecture."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: AMD Ryzen 5 5600G\n")

    assert machine.processor_name(cpuinfo) == "AMD Ryzen 5 5600G"
    assert machine.processor_name(tmp_path / "missing")


def test_bad_settings_are_facts_too(tmp_path: Path) -> None:
    """The doctor is what one calls when something is wrong, so it does not stop at a wrong file."""
    path = tmp_path / "qualify.toml"
    path.write_text("targets = 'x'\ntarget = 3")

    found = machine.settings_facts(path)

    assert found.source == str(path)
    assert [problem.removeprefix(str(path)).split(":")[1] for problem in found.problems] == ["1", "2"]


def test_programs_and_cache_are_found_by_the_variables(tmp_path: Path) -> None:
    """PATH for programs, VLLM_QUALIFY_CACHE for the cache; finished and unfinished engines are told apart."""
    allure = tmp_path / "allure"
    allure.write_text("#!/bin/sh\n")
    allure.chmod(0o755)
    (tmp_path / "cache" / "engines" / "0.15.1.part").mkdir(parents=True)

    environ = {"PATH": str(tmp_path), "VLLM_QUALIFY_CACHE": str(tmp_path / "cache")}
    facts = machine.gather(None, environ=environ, read=lambda: GpuReading(gpus=(RTX_3060,)))

    assert facts.gpu.driver == "570.195.03"
    assert facts.allure == str(allure)
    assert facts.disk_free_bytes > 0
    assert [(cache.name, cache.engine, cache.complete) for cache in facts.caches] == [
        ("engines/0.15.1.part", True, False)
    ]


def test_a_run_tells_of_its_machine_without_measuring_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may hold a hundred thousand files, and a run begins with this."""
    monkeypatch.setattr(caches.Caches, "entries", pytest.fail)

    facts = machine.summary(read=lambda: GpuReading(gpus=(RTX_3060,), source="nvml"))

    assert facts["GPU"] == "NVIDIA GeForce RTX 3060, driver 570.195.03"
    assert {"harness", "platform", "python", "processor", "memory"} < facts.keys()


def test_the_doctor_loads_none_of_the_slow_packages() -> None:
    """It answers in well under a second because nothing that takes longer is imported."""
    slow = "{'numpy', 'scipy', 'lief', 'pytest', 'httpx'}"
    code = f"import sys, vllm_qualify.doctor.machine; print(*{slow} & {{*sys.modules}})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []

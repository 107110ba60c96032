from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor.container_facts import CdiSpec, ContainerFacts, EngineInfo
from vllm_qualify.doctor.findings import GIB, CacheFact, ClusterFacts, GpuFacts, MachineGpu, SettingsFacts
from vllm_qualify.doctor.machine_check import CheckStatus, MachineCheck
from vllm_qualify.targets.table import TARGETS

NOTHING = doctor.MachineFacts(
    platform="linux-aarch64",
    python="3.11.2",
    processor="Cortex-A76",
    cpus=4,
    memory_bytes=2 * GIB,
    gpu=GpuFacts(problem="no NVIDIA driver (libnvidia-ml not found)"),
    cluster=ClusterFacts(problem="there is no ~/.kube/config"),
    settings=SettingsFacts(source="the built-in canary profile"),
    uv="",
    allure="",
    cache_folder="~/.cache/vllm-qualify",
    disk_free_bytes=GIB,
)
EVERYTHING = dataclasses.replace(
    NOTHING,
    platform="linux-x86_64",
    memory_bytes=16 * GIB,
    gpu=GpuFacts(
        gpus=(MachineGpu(name="NVIDIA GeForce RTX 3060", memory_mib=12288, compute_capability="8.6"),),
        driver="570.195.03",
        cuda="12.8",
    ),
    containers=ContainerFacts(
        engines=(EngineInfo(program="podman", path="/usr/bin/podman", version="5.4.0"),),
        toolkit="1.17.8",
        specs=(CdiSpec(path="/etc/cdi/nvidia.yaml", driver="570.195.03"),),
    ),
    cluster=ClusterFacts(kubectl="/usr/bin/kubectl", contexts=("home-lab", "work")),
    settings=SettingsFacts(source="qualify.toml", context="home-lab"),
    uv="/usr/bin/uv",
    allure="/usr/bin/allure",
    disk_free_bytes=40 * GIB,
    caches=(CacheFact(name="engines/0.15.1", bytes=6 * GIB, engine=True),),
)


def reported(facts: doctor.MachineFacts) -> tuple[MachineCheck, ...]:
    """What is said of a machine, with what each target of the table lacks there."""
    return doctor.report(facts, {name: kind.missing(facts) for name, kind in TARGETS.items()})


def topics(facts: doctor.MachineFacts, status: CheckStatus) -> set[str]:
    """The topics that came out in one way."""
    return {finding.topic for finding in reported(facts) if finding.status is status}


def text(facts: doctor.MachineFacts, topic: str) -> str:
    """What is said of a topic."""
    return next(finding.text for finding in reported(facts) if finding.topic == topic)


def test_a_bare_machine_is_told_all_that_it_lacks() -> None:
    """Every gap is named, those that hold a target back at the target as well."""
    assert topics(NOTHING, CheckStatus.MISSING) == {
        *("memory", "kubectl", "contexts", "uv", "disk", "allure"),
        *("target local", "target container", "target kubernetes"),
    }
    lacks = "missing: the platform linux-x86_64, uv, 4.0 GiB of memory, 12.0 GiB of free disk"
    assert text(NOTHING, "target local") == f"cannot be used; {lacks}"
    assert doctor.exit_code(reported(NOTHING)) == doctor.EXIT_NOT_READY


def test_a_full_machine_lacks_nothing() -> None:
    """Every target can be used."""
    assert topics(EVERYTHING, CheckStatus.MISSING) == set()
    assert topics(EVERYTHING, CheckStatus.OK) >= {"target local", "target container", "target kubernetes"}
    assert doctor.exit_code(reported(EVERYTHING)) == doctor.EXIT_OK


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"cluster": ClusterFacts(contexts=("home-lab",))}, "kubectl on PATH"),
        ({"settings": SettingsFacts(source="x")}, "a cluster named in qualify.toml"),
        ({"settings": SettingsFacts(source="x", context="gone")}, "the context 'gone' in the kubeconfig"),
        ({"settings": SettingsFacts(source="x", problems=("a", "b"))}, "settings without a problem"),
    ],
)
def test_one_gap_holds_back_the_cluster_alone(change: dict[str, Any], lacks: str) -> None:
    """The local target does not need what the cluster does."""
    facts = dataclasses.replace(EVERYTHING, **change)

    [said] = doctor.lacks_for_kubernetes(facts)

    assert said.startswith(lacks)
    assert doctor.lacks_for_local(facts) == ()


def test_a_machine_with_an_engine_needs_no_room_for_another() -> None:
    """Little disk holds back a first install only; an unfinished engine, or another cache, is none."""
    small = dataclasses.replace(EVERYTHING, disk_free_bytes=GIB)
    unfinished = CacheFact(name="engines/x.part", bytes=GIB, engine=True, complete=False)
    other = CacheFact(name="uv-0.13.9", bytes=GIB)

    assert doctor.lacks_for_local(small) == ()
    assert doctor.lacks_for_local(dataclasses.replace(small, caches=(unfinished, other))) == ("20.0 GiB of free disk",)
    without = dataclasses.replace(small, caches=(), gpu=GpuFacts(problem="no NVIDIA driver"))
    assert doctor.lacks_for_local(without) == ("12.0 GiB of free disk",)


def test_wrong_settings_are_not_ready_whatever_the_machine() -> None:
    """No run starts with them, so each problem is shown and the exit code says so."""
    facts = dataclasses.replace(EVERYTHING, settings=SettingsFacts(source="x", problems=("x:1: a", "x:2: b")))

    findings = reported(facts)

    told = [finding for finding in findings if finding.topic == "settings"]
    assert [finding.text for finding in told] == ["x:1: a", "x:2: b"]
    assert {finding.status for finding in told} == {CheckStatus.WRONG}
    assert [finding.remedy for finding in told] == ["", "fix this; no run starts before that"]
    assert doctor.exit_code(findings) == doctor.EXIT_NOT_READY


def test_without_a_driver_it_is_said_what_that_means() -> None:
    """The reason, and its consequence for the requirements."""
    said = text(NOTHING, "gpu")

    assert said.startswith("no NVIDIA driver (libnvidia-ml not found)")
    assert "requirements that need a GPU cannot be shown on the local target" in said


def test_containers_need_an_engine_and_right_settings() -> None:
    """What holds containers back is told of their target alone."""
    wrong = dataclasses.replace(EVERYTHING, settings=SettingsFacts(source="x", problems=("x:1: a",)))

    assert doctor.lacks_for_container(EVERYTHING) == ()
    assert doctor.lacks_for_container(NOTHING) == ("a container engine that answers",)
    assert doctor.lacks_for_container(wrong) == ("settings without a problem",)


def test_the_gpu_is_shown_with_driver_and_cuda() -> None:
    """These are the facts on which an image's CUDA version is judged."""
    said = text(EVERYTHING, "gpu")

    assert "NVIDIA GeForce RTX 3060 (12288 MiB, 8.6), driver 570.195.03, CUDA up to 12.8" in said


def test_the_report_is_plain_text_with_remedies_below() -> None:
    """A finding a line, and what to do about it under it."""
    lines = doctor.render(reported(NOTHING)).splitlines()

    place = next(place for place, line in enumerate(lines) if line.startswith("missing  kubectl"))
    assert lines[place] == "missing  kubectl            not found on PATH"
    assert lines[place + 1] == "                            -> install kubectl; only the kubernetes target needs it"


def test_a_machine_is_not_ready_for_settings_whose_target_it_lacks() -> None:
    """It may be able to run something else, which no run with these settings does."""
    findings = reported(dataclasses.replace(EVERYTHING, cluster=ClusterFacts(kubectl="/usr/bin/kubectl")))

    assert doctor.exit_code(findings, wanted="kubernetes") == doctor.EXIT_NOT_READY
    assert doctor.exit_code(findings, wanted="local") == doctor.exit_code(findings) == doctor.EXIT_OK


def test_a_cache_that_cannot_be_written_is_missing() -> None:
    """However much room there is."""
    facts = dataclasses.replace(EVERYTHING, cache_writable=False)

    assert text(facts, "disk") == "no permission to write in ~/.cache/vllm-qualify"
    assert doctor.lacks_for_local(facts) == ("a cache folder that can be written",)

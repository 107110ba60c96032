"""`gpu_facts`: that there is no GPU is known, that nobody can look is not, and cards are told by their UUIDs."""

from __future__ import annotations

from vllm_qualify import preflight
from vllm_qualify.core.fact_names import DRIVER, GPUS, TOOLKIT
from vllm_qualify.core.verdict_facts import NONE
from vllm_qualify.gpu import reading
from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.targets import gpu_facts

CARD = Gpu(index=0, name="NVIDIA H200", uuid="GPU-1", driver="570.195.03")


def seen(*gpus: Gpu, problem: str = "") -> GpuReading:
    """One look at the GPUs of a machine."""
    return GpuReading(gpus=gpus, problem=problem)


def test_cards_are_told_with_their_uuids_and_one_driver() -> None:
    """Another card of the same name is another GPU."""
    found = gpu_facts.of_machine(seen(CARD, CARD), toolkit=lambda: "1.18.0")

    assert found.known == {GPUS: "NVIDIA H200 GPU-1; NVIDIA H200 GPU-1", DRIVER: "570.195.03", TOOLKIT: "1.18.0"}


def test_a_machine_without_a_gpu_is_known_to_have_none() -> None:
    """And nobody asks for its toolkit."""

    def never() -> str:
        raise AssertionError("a machine without a GPU was asked for its toolkit")

    found = gpu_facts.of_machine(seen(problem=reading.NO_DRIVER), toolkit=never)

    assert found.known == {GPUS: NONE, DRIVER: NONE, TOOLKIT: NONE}


def test_a_driver_that_does_not_answer_leaves_all_of_it_open() -> None:
    """With its own words."""
    found = gpu_facts.of_machine(seen(problem=reading.TIMEOUT), toolkit=str)

    assert found.known == {}
    assert found.unknown == dict.fromkeys((GPUS, DRIVER, TOOLKIT), reading.TIMEOUT)


def test_a_toolkit_without_a_version_is_unknown_and_none_is_none() -> None:
    """The doctor's question mark is no version."""
    unsaid = gpu_facts.of_machine(seen(CARD), toolkit=lambda: "?")
    missing = gpu_facts.of_machine(seen(CARD), toolkit=lambda: "")

    assert (TOOLKIT in unsaid.known, TOOLKIT in unsaid.unknown) == (False, True)
    assert missing.known[TOOLKIT] == NONE


def test_a_node_tells_what_its_labels_have() -> None:
    """The toolkit comes from the settings; for the rest the reader hears why it is not known."""
    whole = gpu_facts.of_node(preflight.node(gpu="RTX 3060", driver="570"), toolkit="1.18.0", why="")
    bare = gpu_facts.of_node(preflight.node(), toolkit="", why="no label")

    assert whole.known == {GPUS: "1 x RTX 3060", DRIVER: "570", TOOLKIT: "1.18.0"}
    assert (bare.known, bare.unknown) == ({}, dict.fromkeys((GPUS, DRIVER, TOOLKIT), "no label"))

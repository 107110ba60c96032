"""What a name says of a GPU."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import preflight
from vllm_qualify.catalogue import gpu_models


@pytest.mark.parametrize(
    ("name", "card", "capability", "memory", "kind"),
    [
        ("NVIDIA GeForce RTX 3060", "rtx 3060", (8, 6), 12288, "geforce"),
        ("NVIDIA-GeForce-RTX-3060", "rtx 3060", (8, 6), 12288, "geforce"),
        ("rtx3060", "rtx 3060", (8, 6), 12288, "geforce"),
        ("3060", "rtx 3060", (8, 6), 12288, "geforce"),
        ("RTX 3060 Ti", "rtx 3060 ti", (8, 6), 8192, "geforce"),
        ("rtx3060ti", "rtx 3060 ti", (8, 6), 8192, "geforce"),
        ("NVIDIA GeForce RTX 3060 Laptop GPU", "rtx 3060 laptop", (8, 6), 6144, "geforce"),
        ("GeForce RTX 2080 Ti", "rtx 2080 ti", (7, 5), 11264, "geforce"),
        ("RTX 4060 Ti 16GB", "rtx 4060 ti", (8, 9), 16384, "geforce"),
        ("NVIDIA GeForce RTX 5090", "rtx 5090", (12, 0), 32607, "geforce"),
        ("Tesla T4", "t4", (7, 5), 15360, "datacenter"),
        ("Tesla V100-SXM2-32GB", "v100", (7, 0), 32768, "datacenter"),
        ("NVIDIA A100-SXM4-80GB", "a100", (8, 0), 81920, "datacenter"),
        ("A100-PCIE-40GB", "a100", (8, 0), 40960, "datacenter"),
        ("NVIDIA A10", "a10", (8, 6), 23028, "datacenter"),
        ("NVIDIA L4", "l4", (8, 9), 23034, "datacenter"),
        ("NVIDIA-L40S", "l40s", (8, 9), 46068, "datacenter"),
        ("NVIDIA H100 80GB HBM3", "h100", (9, 0), 81559, "datacenter"),
        ("NVIDIA H200", "h200", (9, 0), 143771, "datacenter"),
        ("NVIDIA RTX A6000", "rtx a6000", (8, 6), 49140, "workstation"),
        ("A6000", "rtx a6000", (8, 6), 49140, "workstation"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx 6000 ada", (8, 9), 49140, "workstation"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx pro 6000", (12, 0), 97887, "workstation"),
        ("NVIDIA TITAN RTX", "titan rtx", (7, 5), 24576, "titan"),
    ],
)
def test_names(name: str, card: str, capability: tuple[int, int], memory: int, kind: str) -> None:
    """The name is understood as NVML, a node's label and people write it, with the memory that it tells."""
    found = gpu_models.find(name)

    assert found is not None
    assert (found.name, found.capability, found.memory_mib, found.kind) == (card, capability, memory, kind)


@pytest.mark.parametrize("name", ["", "Radeon RX 7900", "GPU", "RTX", "RTX 9999", "nvidia", "A1000000", "t44"])
def test_unknown_names(name: str) -> None:
    """A card that is not in the table is not guessed."""
    assert gpu_models.find(name) is None


@given(st.text(max_size=300))
def test_any_name_is_survived(name: str) -> None:
    """No name raises, and the node that is made of it is whole."""
    card, node = gpu_models.find(name), preflight.node(gpu=name)

    assert (node.geforce is None) is (card is None)


def test_what_is_told_outranks_the_name() -> None:
    """Measured memory replaces the table's, and only what the name alone tells is called assumed."""
    node = preflight.node(gpu="RTX 3060", memory_mib=11000)

    assert (node.memory_mib, node.compute_capability) == (11000, (8, 6))
    assert node.assumed == {"compute_capability"}


@pytest.mark.parametrize(
    ("text", "number"), [("8.6", (8, 6)), (" 12.0 ", (12, 0)), ("8", None), ("8.6.1", None), ("x", None)]
)
def test_capabilities(text: str, number: tuple[int, int] | None) -> None:
    """A compute capability is two numbers with a dot."""
    assert gpu_models.capability(text) == number

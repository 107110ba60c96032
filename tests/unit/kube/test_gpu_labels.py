"""What labels of a node tell of its GPU."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.parts import GPU_LABELS
from vllm_qualify.kube import gpu_labels

NAMES = st.sampled_from(sorted(GPU_LABELS))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda one: st.lists(one) | st.dictionaries(st.text(max_size=6), one),
    max_leaves=5,
)


def node(**labels: Any) -> dict[str, Any]:
    """A node with the labels of the operator's card; ``gpu_product`` is ``nvidia.com/gpu.product``, None drops one."""
    given = {f"nvidia.com/{name.replace('__', '-').replace('_', '.')}": value for name, value in labels.items()}
    merged = {name: value for name, value in {**GPU_LABELS, **given}.items() if value is not None}
    return {"metadata": {"name": "k3s-gpu-worker", "labels": merged}}


def test_the_operators_card() -> None:
    """All that preflight needs, but the toolkit, stands in the labels of feature discovery."""
    read = gpu_labels.read(node())

    assert (read.node, read.gpu, read.driver) == ("k3s-gpu-worker", "NVIDIA-GeForce-RTX-3060", "570.195.03")
    assert (read.memory_mib, read.compute_capability, read.gpus) == (12288, (8, 6), 1)


def test_the_driver_of_older_releases() -> None:
    """Before there was one label for it, the driver's version had three, by two names."""
    older = {"cuda_driver__version_full": None, "cuda_driver_major": "535", "cuda_driver_rev": "01"}
    newer = {
        f"cuda_driver__version_{part}": word for part, word in (("major", "550"), ("minor", "54"), ("revision", "15"))
    }

    assert gpu_labels.read(node(**older)).driver == "535.195.01"
    assert gpu_labels.read(node(**older, **newer)).driver == "550.54.15"
    assert gpu_labels.read(node(**older | {"cuda_driver_minor": None})).driver == ""


@pytest.mark.parametrize(
    ("product", "gpu"),
    [
        ("NVIDIA-GeForce-RTX-3060-SHARED", "NVIDIA-GeForce-RTX-3060"),
        ("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb", "NVIDIA-A100-SXM4-40GB"),
        ("NVIDIA-A100-SXM4-40GB-MIG-1g.5gb-SHARED", "NVIDIA-A100-SXM4-40GB"),
    ],
)
def test_shared_and_parted_gpus(product: str, gpu: str) -> None:
    """What the device plugin adds to the name is no part of it."""
    assert gpu_labels.read(node(gpu_product=product)).gpu == gpu


@given(st.dictionaries(NAMES, JSON), JSON)
def test_nothing_that_labels_hold_is_an_error(labels: dict[str, Any], other: Any) -> None:
    """Labels of any form, or none at all, are read without an error."""
    for document in ({"metadata": {"labels": labels}}, {"metadata": other}, {"metadata": {"labels": other}}, {}):
        read = gpu_labels.read(document)

        assert read.memory_mib is None or read.memory_mib > 0
        assert read.gpus > 0

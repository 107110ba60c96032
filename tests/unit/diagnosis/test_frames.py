"""The frames of a traceback tell which part of the engine raised it, and when."""

from __future__ import annotations

import pytest

from vllm_qualify.diagnosis import frames
from vllm_qualify.diagnosis.exceptions import Frame
from vllm_qualify.diagnosis.parts import PARTS, EnginePart

PACKAGES = "/usr/local/lib/python3.12/dist-packages/"


def frame(file: str, function: str = "run") -> Frame:
    """A frame of an installed package."""
    return Frame(file=file if file.startswith("/") else f"{PACKAGES}{file}", line=1, function=function)


@pytest.mark.parametrize(
    ("innermost", "part"),
    [
        (frame("flashinfer/jit/cpp_ext.py"), "compiling kernels just in time"),
        (frame("triton/compiler/compiler.py"), "compiling kernels just in time"),
        (frame("torch/_inductor/codecache.py"), "torch.compile"),
        (frame("vllm/v1/attention/backends/mla/triton_mla.py"), "the attention backend"),
        (frame("vllm/model_executor/model_loader/weight_utils.py"), "loading the weights"),
        (frame("vllm/model_executor/models/llama.py", "load_weights"), "loading the weights"),
        (frame("vllm/model_executor/models/llama.py"), "the code of the model's architecture"),
        (frame("vllm/model_executor/layers/quantization/fp8.py"), "quantization"),
        (frame("vllm/config/parallel.py"), "checking the configuration"),
        (frame("vllm/config/model.py"), "the model's configuration"),
        (frame("transformers/models/auto/tokenization_auto.py"), "the tokenizer"),
        (frame("vllm/distributed/device_communicators/pynccl.py"), "communication between GPUs"),
        (frame("vllm/v1/core/kv_cache_utils.py"), "the KV cache"),
        (frame("vllm/utils/argparse_utils.py"), "the command line"),
        (frame("/root/.cache/huggingface/modules/transformers_modules/m/a.py"), "the model's own code"),
        (frame("/src/vllm/vllm/lora/models.py"), "LoRA"),
    ],
)
def test_part(innermost: Frame, part: str) -> None:
    """The innermost frame that belongs to a part names it; the standard library's frames below it do not count."""
    below = Frame(file="/usr/lib/python3.12/subprocess.py", line=9, function="run")

    found = frames.raised([frame("vllm/v1/engine/core.py"), innermost, below])

    assert found.frame is innermost
    assert found.part is not None
    assert found.part.name == part


@pytest.mark.parametrize(
    ("functions", "phase"),
    [
        (["main", "create_engine_config"], "reading the configuration"),
        (["init", "load_model"], "loading the model"),
        (["determine_available_memory", "profile_run", "execute_model"], "measuring memory with a trial run"),
        (["run_busy_loop", "execute_model"], "working on requests"),
        (["compile_or_warm_up_model", "capture_model"], "capturing CUDA graphs"),
        (["main"], ""),
    ],
)
def test_phase(functions: list[str], phase: str) -> None:
    """The innermost function that stands for a phase names it; a trial run works on a request too."""
    assert frames.raised([], functions).phase == phase


def test_unknown_files_are_named_as_they_are() -> None:
    """Where no part is known the file itself is told, without the folders above the package."""
    found = frames.raised([frame("/app/start.py"), frame("unheard_of/a.py", "work")])

    assert found.origin == "raised in unheard_of/a.py, `work`"
    assert frames.raised([]).origin == ""


def test_every_part_can_be_reached() -> None:
    """No part stands behind another one that takes all of its files."""
    reached = {(found := frames.raised([frame(path)]).part) and found.name for part in PARTS for path in part.paths}

    assert reached == {part.name for part in PARTS}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_has_advice(part: EnginePart) -> None:
    """Each says in whole sentences what to look at."""
    assert part.advice.endswith(".")
    assert part.paths

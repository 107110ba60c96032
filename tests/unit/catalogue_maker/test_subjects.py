from collections.abc import Callable, Mapping

import pytest

from catalogue_maker import subjects
from catalogue_maker.source import Source
from catalogue_maker.subjects import Subjects

Release = Callable[[Mapping[str, str]], Source]

ARGUMENTS = """
    class EngineArgs:
        def create_engine_config(self):
            model = ModelConfig(model=self.model, dtype=self.dtype, max_model_len=self.max_model_len)
            cache = CacheConfig(cache_dtype=self.kv_cache_dtype, gpus=self.worked_out)
            return LoRAConfig(max_lora_rank=self.max_lora_rank), CompilationConfig(**self.compilation_config)
"""
DESTS = ("model", "dtype", "max_model_len", "kv_cache_dtype", "max_lora_rank", "compilation_config", "enable_eplb")


@pytest.fixture
def tables(release: Release) -> Subjects:
    """Of a release with a few options."""
    lines = {
        f"--{dest.replace('_', '-')}": [{"dest": dest, "options": [f"--{dest.replace('_', '-')}"]}] for dest in DESTS
    }
    lines["--enable-eplb"][0]["options"].append("--no-enable-eplb")
    lines["model_tag"] = [{"dest": "model_tag", "options": []}]
    return subjects.of_release(release({"vllm/engine/arg_utils.py": ARGUMENTS}), lines, ["VLLM_PORT"])


@pytest.mark.parametrize(
    ("name", "function", "expected"),
    [
        ("--dtype", "", "--dtype"),
        ("--no-enable-eplb", "", "--enable-eplb"),
        ("--upgrade", "", ""),
        ("envs.VLLM_PORT", "", "VLLM_PORT"),
        ("VLLM_PORT", "", "VLLM_PORT"),
        ("HF_TOKEN", "", "HF_TOKEN"),
        ("LIMITS_OF_ALL", "", ""),
        ("module.HF_TOKEN", "", ""),
        ("self.cache_config.cache_dtype", "", "--kv-cache-dtype"),
        ("vllm_config.lora_config.max_lora_rank", "", "--max-lora-rank"),
        ("compilation_config.mode", "", "--compilation-config"),
        ("model_config.dtype", "", "--dtype"),
        ("hf_config.dtype", "", ""),
        ("hf_config.max_model_len", "", ""),
        ("args.dtype", "", "--dtype"),
        ("self.cache_dtype", "CacheConfig._verify", "--kv-cache-dtype"),
        ("self.cache_dtype", "Worker.load", ""),
        ("self.dtype", "EngineArgs.check", "--dtype"),
        ("self.max_model_len", "Worker.load", "--max-model-len"),
        ("max_model_len", "", "--max-model-len"),
        ("dtype", "", ""),
        ("cache_config.gpus", "", ""),
    ],
)
def test_what_a_name_stands_for(name: str, function: str, expected: str, tables: Subjects) -> None:
    """By the tables that the release itself has; a word that may be anything stands for nothing."""
    assert tables.of([name], function=function) == ([expected] if expected else [])


def test_the_model_comes_last(tables: Subjects) -> None:
    """Most texts name it, and are about something else."""
    assert tables.of(["--model", "--dtype", "--model", "VLLM_PORT"]) == ["--dtype", "VLLM_PORT", "--model"]


def test_a_release_without_the_module_has_its_options(release: Release) -> None:
    """Only fields under other names are not known then."""
    tables = subjects.of_release(release({}), {"--a-b": [{"dest": "a_b", "options": ["--a-b"]}]}, [])

    assert tables.of(["args.a_b"]) == ["--a-b"]
